"""Announcements to the people of a group's organizations: how many get one, and sending it in the background.

Sending goes person by person in the order of their keys and remembers how far it came, so that a task that was
interrupted goes on where it stopped and nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, func, or_, select

from core.audit.record import Change, record
from core.contributions import TaskKind
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.errors import Invalid
from core.identity.sessions import today_in
from core.notifications import ANNOUNCEMENT, notify
from core.organizations.cards import HEADS
from core.organizations.directory import NOT_STAFF
from core.organizations.groups import group_for
from core.organizations.models import (
    Announcement,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
)
from core.roles.access import below
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.tasks.queue import enqueue
from core.tasks.run import TaskRun
from core.web.i18n import counted

ANNOUNCE = "core.groups.announce"
KIND = "core.group.announce"
BATCH = 1000
SHOWN = 10
ROLE = StructuralRole


class AnnouncementForm(msgspec.Struct, kw_only=True):
    """What is said, and to whom."""

    recipients: Annotated[
        list[Literal["heads", "deputies", "administrators", "teachers", "staff"]],
        Meta(
            title="Кому",
            extra_json_schema={
                "titles": {
                    "heads": "Руководителям",
                    "deputies": "Завучам",
                    "administrators": "Администраторам и секретарям",
                    "teachers": "Учителям",
                    "staff": "Всем сотрудникам",
                }
            },
        ),
    ] = []
    title: Annotated[str, Meta(title="Заголовок", min_length=3, max_length=150)]
    body: Annotated[str, Meta(title="Текст", max_length=3000)] = ""


KINDS: Mapping[str, Sequence[str]] = {
    "heads": HEADS,
    "deputies": ("deputy_head",),
    "administrators": ("school_administrator", "secretary"),
    "teachers": ("teacher", "class_teacher"),
}


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How many people of how many organizations an announcement comes to."""

    people: int
    organizations: int


def reach_of(db: Session, group: OrganizationGroup, recipients: Sequence[str]) -> Reach:
    """Whom an announcement would come to now."""
    to = _to(db, group, recipients)
    people = select(func.count(ROLE.person_id.distinct())).join(Organization, _IN).where(to)
    organizations = select(func.count(ROLE.organization_id.distinct())).join(Organization, _IN).where(to)
    return Reach(people=db.scalar(people) or 0, organizations=db.scalar(organizations) or 0)


def announce(db: Session, actor: Actor, group_id: UUID, form: AnnouncementForm) -> Announcement:
    """Queue an announcement. Raises `Invalid` if there is nobody to tell, `Forbidden`, `NotFound`."""
    group = group_for(db, actor, ANNOUNCE, group_id)
    check(db, group, form)
    made = Announcement(
        id=new_id(),
        group_id=group.id,
        author_name=actor.name,
        title=form.title,
        body=form.body,
        recipients=list(form.recipients),
    )
    db.add(made)
    db.flush()
    enqueue(db, KIND, {"announcement": str(made.id)}, key=f"{KIND}:{made.id}", actor=actor)
    change = Change(
        action=KIND,
        subject_type="group",
        subject_id=str(group.id),
        after={"group": group.name, "title": form.title},
    )
    record(db, actor, group.organization_id, change)
    return made


def check(db: Session, group: OrganizationGroup, form: AnnouncementForm) -> Reach:
    """How far the announcement comes. Raises `Invalid` if to nobody."""
    reach = reach_of(db, group, form.recipients) if form.recipients else Reach(people=0, organizations=0)
    if not reach.people:
        raise Invalid(
            "Отправлять некому.",
            advice="Отметьте, кому отправить, или добавьте в группу организации.",
            fields={"recipients": "Отметьте тех, кто есть в организациях группы."},
        )
    return reach


def signed(db: Session, group: OrganizationGroup, body: str) -> str:
    """The text with the name of the organization that speaks."""
    return f"{body}\n\n{db.get_one(Organization, group.organization_id).short_name}".strip()


def announcements_of(db: Session, group: OrganizationGroup) -> Sequence[Announcement]:
    """The last announcements to a group."""
    return db.scalars(
        select(Announcement)
        .where(Announcement.group_id == group.id)
        .order_by(Announcement.id.desc())
        .limit(SHOWN)
    ).all()


_IN = Organization.id == ROLE.organization_id


def _to(db: Session, group: OrganizationGroup, recipients: Sequence[str]) -> Any:
    keeper = db.get_one(Organization, group.organization_id)
    members = select(OrganizationGroupMember.organization_id).where(
        OrganizationGroupMember.group_id == group.id
    )
    named = [kind for each in recipients for kind in KINDS.get(each, ())]
    who = ROLE.kind.not_in(NOT_STAFF) if "staff" in recipients else ROLE.kind.in_(named)
    today = today_in(keeper.timezone or "Europe/Moscow")
    return and_(
        ROLE.organization_id.in_(members),
        below(Organization.path, keeper.path),
        or_(Organization.closed_on.is_(None), Organization.closed_on > today),
        who,
        ROLE.status == "active",
        in_force(ROLE, today),
    )


def send(task: TaskRun) -> None:
    """Notify the recipients, a thousand in a transaction."""
    announcement_id = UUID(str(task.payload["announcement"]))
    while not task.cancelled:
        with task.portal.database.transaction() as db:
            found = db.get(Announcement, announcement_id)
            if found is None or found.sent_at is not None:
                return
            _send_some(db, found)
            ended = found.sent_at is not None
            title, count, url = found.title, found.people, f"/organization-groups/{found.group_id}"
        if ended:
            told = counted("Его получил %(count)s человек.", "Его получили %(count)s человек.", count)
            task.tell_starter(title, told, url)


def _send_some(db: Session, announcement: Announcement) -> None:
    group = db.get_one(OrganizationGroup, announcement.group_id)
    people = (
        select(ROLE.person_id)
        .join(Organization, _IN)
        .where(_to(db, group, announcement.recipients))
        .distinct()
        .order_by(ROLE.person_id)
        .limit(BATCH)
    )
    if announcement.last_person_id is not None:
        people = people.where(ROLE.person_id > announcement.last_person_id)
    batch = db.scalars(people).all()
    notify(db, batch, ANNOUNCEMENT, announcement.title, signed(db, group, announcement.body))
    announcement.people += len(batch)
    if batch:
        announcement.last_person_id = batch[-1]
    if len(batch) < BATCH:
        announcement.sent_at = now()


ANNOUNCEMENT_TASKS = (TaskKind(name=KIND, run=send),)
