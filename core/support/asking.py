"""Sending a message to the support: by somebody signed in or not; where it goes, and slowing down floods."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.errors import TooMany, Unavailable
from core.files import Received
from core.identity.sessions import today_in
from core.notifications import notify
from core.organizations.models import Organization
from core.roles.access import require_person
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.support.attached import ANSWER, attach
from core.support.models import SupportMessage
from core.web.i18n import counted, sentence

NEWS = "core.support.message"
SUPPORT = "support"
TOLD = 20
FREE = 5
WINDOW = timedelta(hours=1)
"""So many messages an hour from one person, or from one network address of people who are not signed in."""

ERROR_ID = re.compile(r"[0-9a-f]{8}")
LONGEST_PAGE = 200


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks."""

    subject: Annotated[str, Meta(title="О чём", min_length=3, max_length=120)]
    text: Annotated[
        str,
        Meta(
            title="Что случилось",
            description="Что вы делали и что увидели. Не пишите паролей и данных других людей: если дело в человеке, "
            "поддержка спросит сама.",
            min_length=5,
            max_length=4000,
            extra_json_schema={"rows": 6},
        ),
    ]


class StrangersQuestion(Question, frozen=True, kw_only=True):
    """The same of somebody who is not signed in."""

    contact: Annotated[
        str,
        Meta(
            title="Куда ответить", description="Телефон или электронная почта.", min_length=5, max_length=120
        ),
    ]


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What the portal adds by itself: the error's number, the page, the program, the network address."""

    error_id: str = ""
    page: str = ""
    program: str = ""
    address: str = ""


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """Who helps: the organization whose support answers, and its contact in words."""

    organization: Organization | None
    contact: str


def help_for(db: Session, actor: Actor | None) -> Help:
    """Who helps the actor, or a stranger: the nearest organization with a support, else with somebody who may answer.

    The contact is that of the nearest organization that names one, else the installation's.
    """
    line = _line(db, actor)
    contact = next((each.support_contact for each in line if each.support_contact), "")
    helpers = [(each, helpers_of(db, each)) for each in line]
    answering = next((each for each, found in helpers if SUPPORT in found.values()), None)
    answering = answering or next((each for each, found in helpers if found), line[-1] if line else None)
    return Help(organization=answering, contact=contact or db.portal.config.support_contact)


def _line(db: Session, actor: Actor | None) -> Sequence[Organization]:
    """Organizations from the acting role's up; for a stranger the only region there is, and the root."""
    if actor is not None and actor.role is not None:
        ids = [UUID(each) for each in actor.role.organization_path.split("/") if each]
        found = {each.id: each for each in db.scalars(select(Organization).where(Organization.id.in_(ids)))}
        return [found[each] for each in reversed(ids) if each in found]
    regions = db.scalars(select(Organization).where(Organization.kind == "region").limit(2)).all()
    roots = db.scalars(
        select(Organization).where(Organization.parent_id.is_(None)).order_by(Organization.id).limit(1)
    ).all()
    return [*(regions if len(regions) == 1 else ()), *(each for each in roots if each.kind != "region")]


def helpers_of(db: Session, organization: Organization) -> Mapping[UUID, str]:
    """Who may answer there, with the kind of their role."""
    grants = db.portal.grants
    needed = (Reach.ORGANIZATION, Reach.BELOW)
    kinds = [name for name in grants.kinds if grants.of(name, organization.path).get(ANSWER) in needed]
    today = today_in(organization.timezone or db.portal.config.timezone)
    rows = db.execute(
        select(StructuralRole.person_id, StructuralRole.kind)
        .where(
            StructuralRole.organization_id == organization.id,
            StructuralRole.kind.in_(kinds),
            StructuralRole.status == "active",
            in_force(StructuralRole, today),
            StructuralRole.group_id.is_(None),
        )
        .limit(TOLD)
    ).all()
    found: dict[UUID, str] = {}
    for person_id, kind in rows:
        found.setdefault(person_id, kind)
    return found


def told_first(helpers: Mapping[UUID, str]) -> Sequence[UUID]:
    """Of those who may answer the ones who hear of questions: the support, where there is one."""
    return [person_id for person_id, kind in helpers.items() if kind == SUPPORT] or list(helpers)


def ask(
    db: Session,
    actor: Actor | None,
    question: Question,
    known: Circumstances,
    files: Sequence[Received] = (),
) -> SupportMessage:
    """Send a message; those who answer are notified. Files are taken from people who are signed in.

    Raises `TooMany` after so many within an hour, `Unavailable` while the portal has no organization at all.
    """
    place = help_for(db, actor).organization
    if place is None:
        raise Unavailable(
            "Портал ещё не настроен: отвечать некому.", advice="Обратитесь к тому, кто его установил."
        )
    origin = None
    if actor is None or actor.person_id is None:
        origin = hmac.new(db.portal.secret, f"support:{known.address}".encode(), hashlib.sha256).digest()
    _slow_down(db, actor, origin)
    message = SupportMessage(
        id=new_id(),
        organization_id=place.id,
        author_id=actor.person_id if actor else None,
        role=actor.role.kind if actor and actor.role else "",
        contact=question.contact.strip() if isinstance(question, StrangersQuestion) else "",
        subject=question.subject.strip(),
        text=question.text.strip(),
        error_id=known.error_id if ERROR_ID.fullmatch(known.error_id) else "",
        page=known.page[:LONGEST_PAGE] if known.page.startswith("/") else "",
        program=known.program[:300],
        origin=origin,
    )
    db.add(message)
    db.flush()
    if actor is not None and actor.person_id is not None:
        attach(db, actor, message, files)
    notify(
        db,
        told_first(helpers_of(db, place)),
        NEWS,
        sentence("Вопрос в поддержку: %(subject)s", subject=message.subject),
        message.text[:300],
        f"/support/messages/{message.id}",
    )
    return message


def _slow_down(db: Session, actor: Actor | None, origin: bytes | None) -> None:
    mine = (
        SupportMessage.origin == origin
        if origin is not None
        else SupportMessage.author_id == (actor.person_id if actor else None)
    )
    sent, first = db.execute(
        select(func.count(), func.min(SupportMessage.created_at)).where(
            mine, SupportMessage.created_at > now() - WINDOW
        )
    ).one()
    if sent < FREE:
        return
    minutes = max(1, int((first + WINDOW - now()).total_seconds() // 60) + 1)
    raise TooMany(
        "Слишком много вопросов подряд: новый не отправлен.",
        advice=counted(
            "Подождите %(count)s минуту или позвоните.", "Подождите %(count)s минут или позвоните.", minutes
        ),
    )


def own_messages(
    db: Session, actor: Actor, limit: int = 10, before: UUID | None = None
) -> Sequence[SupportMessage]:
    """The actor's questions, the newest first; only those older than the question `before`."""
    mine = select(SupportMessage).where(SupportMessage.author_id == require_person(actor))
    if before is not None:
        mine = mine.where(SupportMessage.id < before)
    return db.scalars(mine.order_by(SupportMessage.id.desc()).limit(limit)).all()
