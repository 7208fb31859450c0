"""Who is exempt, for those who teach or answer for the pupil."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, and_, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, PupilGroupMembership, SchoolClass, Subject
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import EXPLAIN, VIEW, Opened, own_class, visible
from plugins.journal.exemptions.exempting import KINDS
from plugins.journal.exemptions.models import APART, JournalExemption
from plugins.journal.lessons.journal_pages import current_years
from plugins.journal.models import JournalPage

MOST = 500


class ExemptionLine(msgspec.Struct, frozen=True, kw_only=True):
    """An exemption as it is listed. `basis` is empty for those who only teach the pupil."""

    id: UUID
    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    pupil_name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    class_name: Annotated[str, Meta(description="Класс: «7А».")]
    subject_id: UUID
    subject: Annotated[str, Meta(description="Название предмета.")]
    kind: Annotated[str, Meta(description="`exempt` – освобождён, `apart` – учится отдельно от класса.")]
    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    reason: Annotated[str, Meta(description="Причина; может быть пусто.")]
    basis: Annotated[
        str, Meta(description="Основание; пусто для тех, кто только ведёт у ученика этот предмет.")
    ]
    withdrawn: Annotated[bool, Meta(description="Отменено: поставлено по ошибке.")]
    may_change: Annotated[bool, Meta(description="Вам можно закончить его раньше или отменить.")]

    @property
    def kind_title(self) -> str:
        """The kind in words."""
        return str(KINDS.get(self.kind, self.kind))


def seen_exemptions(actor: Actor) -> ColumnElement[bool]:
    """Condition on `JournalExemption`: of a class teacher's own class, of pages that the actor may open, or all."""
    inside = within(actor, VIEW, JournalExemption.organization_id)
    if actor.require(VIEW) is not Reach.OWN:
        return inside
    on_page = or_(
        and_(
            JournalPage.pupil_group_id.is_(None),
            JournalPage.school_class_id.in_(
                select(Enrollment.school_class_id)
                .where(Enrollment.person_id == JournalExemption.pupil_id)
                .correlate(JournalExemption)
            ),
        ),
        JournalPage.pupil_group_id.in_(
            select(PupilGroupMembership.pupil_group_id)
            .where(PupilGroupMembership.person_id == JournalExemption.pupil_id)
            .correlate(JournalExemption)
        ),
    )
    taught = (
        select(JournalPage.id)
        .where(
            JournalPage.subject_id == JournalExemption.subject_id,
            JournalPage.academic_year_id == JournalExemption.academic_year_id,
            on_page,
            visible(actor),
        )
        .correlate(JournalExemption)
        .exists()
    )
    return and_(inside, or_(taught, _of_own_class(actor)))


def _of_own_class(actor: Actor) -> ColumnElement[bool]:
    return JournalExemption.pupil_id.in_(
        select(Enrollment.person_id).where(Enrollment.school_class_id == own_class(actor))
    )


def list_exemptions(
    db: Session, actor: Actor, day: date, *, past: bool = False, pupil_id: UUID | None = None
) -> list[ExemptionLine]:
    """Exemptions of the academic year of `day` that hold then or later, by class and name; with `past` all of them.

    One statement. Withdrawn ones are listed with the past ones only.
    """
    reach = actor.reach(EXPLAIN)
    mine = own_class(actor)
    changes = reach is not None and (reach is not Reach.OWN or mine is not None)
    statement = (
        select(
            *JournalExemption.__table__.c,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            Enrollment.school_class_id.label("class_id"),
        )
        .join(Person, Person.id == JournalExemption.pupil_id)
        .join(Subject, Subject.id == JournalExemption.subject_id)
        .outerjoin(
            Enrollment,
            and_(
                Enrollment.person_id == JournalExemption.pupil_id,
                Enrollment.organization_id == JournalExemption.organization_id,
                Enrollment.academic_year_id == JournalExemption.academic_year_id,
                Enrollment.starts_on <= JournalExemption.last_day,
                or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= JournalExemption.last_day),
            ),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            seen_exemptions(actor),
            JournalExemption.academic_year_id == current_years(actor.acting_role.organization_id, day),
        )
        .order_by(
            SchoolClass.name_key,
            Person.name_key,
            Subject.name_key,
            JournalExemption.first_day,
            JournalExemption.id,
        )
        .limit(MOST)
    )
    if not past:
        statement = statement.where(JournalExemption.last_day >= day, JournalExemption.withdrawn_at.is_(None))
    if pupil_id is not None:
        statement = statement.where(JournalExemption.pupil_id == pupil_id)
    return [
        _line(row, changes and (reach is not Reach.OWN or row.class_id == mine))
        for row in db.execute(statement)
    ]


def _line(row: Any, may_change: bool) -> ExemptionLine:
    return ExemptionLine(
        id=row.id,
        pupil=row.pupil_id,
        pupil_name=short_name(row.last_name, row.first_name, row.middle_name),
        class_name=row.class_name or "",
        subject_id=row.subject_id,
        subject=row.subject,
        kind=row.kind,
        first_day=row.first_day,
        last_day=row.last_day,
        reason=row.reason,
        basis=row.basis if may_change else "",
        withdrawn=row.withdrawn_at is not None,
        may_change=may_change and row.withdrawn_at is None,
    )


class PageExemption(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil of a journal page who is exempt from its subject on some days."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    kind: Annotated[str, Meta(description="`exempt` – освобождён, `apart` – учится отдельно от класса.")]
    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    reason: Annotated[str, Meta(description="Причина; может быть пусто.")]


def exemptions_on(
    db: Session, page: Opened, first: date, last: date, pupil_id: UUID | None = None
) -> Sequence[PageExemption]:
    """Exemptions of an opened page's pupils from `first` to `last`; one statement.

    Who is taught apart is exempt on pages of whole classes only: the own group's page is where marks are expected.
    """
    if page.pupil_group_id is not None:
        here = select(PupilGroupMembership.person_id).where(
            PupilGroupMembership.pupil_group_id == page.pupil_group_id,
            in_force(PupilGroupMembership, first, last),
        )
    else:
        here = select(Enrollment.person_id).where(
            Enrollment.school_class_id == page.school_class_id, in_force(Enrollment, first, last)
        )
    statement = (
        select(
            JournalExemption.pupil_id,
            JournalExemption.kind,
            JournalExemption.first_day,
            JournalExemption.last_day,
            JournalExemption.reason,
        )
        .where(
            JournalExemption.organization_id == page.organization_id,
            JournalExemption.academic_year_id == page.academic_year_id,
            JournalExemption.subject_id == page.subject_id,
            JournalExemption.withdrawn_at.is_(None),
            JournalExemption.first_day <= last,
            JournalExemption.last_day >= first,
            JournalExemption.pupil_id.in_(here if pupil_id is None else [pupil_id]),
        )
        .order_by(JournalExemption.first_day, JournalExemption.id)
    )
    if page.pupil_group_id is not None:
        statement = statement.where(JournalExemption.kind != APART)
    return [
        PageExemption(
            pupil=row.pupil_id,
            kind=row.kind,
            first_day=row.first_day,
            last_day=row.last_day,
            reason=row.reason,
        )
        for row in db.execute(statement)
    ]


def exempt_by_pupil(db: Session, actor: Actor, pupil_id: UUID, first: date, last: date) -> Sequence[Any]:
    """The exemptions of one pupil on some days in the acting school, whatever their journal pages; one statement.

    The caller has asked whether the actor may see the pupil.
    """
    statement = (
        select(
            JournalExemption.subject_id,
            Subject.name.label("subject"),
            JournalExemption.kind,
            JournalExemption.first_day,
            JournalExemption.last_day,
            JournalExemption.reason,
        )
        .join(Subject, Subject.id == JournalExemption.subject_id)
        .where(
            JournalExemption.pupil_id == pupil_id,
            JournalExemption.withdrawn_at.is_(None),
            JournalExemption.first_day <= last,
            JournalExemption.last_day >= first,
        )
        .order_by(JournalExemption.first_day, Subject.name_key)
    )
    if actor.role is not None:
        statement = statement.where(JournalExemption.organization_id == actor.organization_id)
    return db.execute(statement).all()
