"""Exempting a pupil from subjects for some time, ending that earlier, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.audit.record import Change, record
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear, Enrollment, SchoolClass, Subject, Term
from core.roles.access import within
from core.roles.actor import Actor
from core.school_events import PupilExempted
from core.web.i18n import counted, sentence, show_short_day
from core.web.i18n import lazy as _
from plugins.journal.access import EXPLAIN
from plugins.journal.attendance.noting import lock_pages
from plugins.journal.attendance.reach import require_pupil
from plugins.journal.exemptions.models import APART, EXEMPT_KIND, JournalExemption
from plugins.journal.grid.stored_cells import raise_version, tell
from plugins.journal.models import JournalPage
from plugins.journal.pupil_access import pages_of_pupil

EXEMPTION = "journal.exemption"
KINDS = {
    EXEMPT_KIND: _("Освобождён"),
    APART: _("Учится отдельно: на дому, по индивидуальному плану"),
}
LONGEST_REASON = 200
LONGEST_BASIS = 300
MOST_SUBJECTS = 40
DAY = timedelta(days=1)


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """Of what a pupil is to be exempt, and when."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    subjects: Annotated[
        list[UUID], Meta(max_length=MOST_SUBJECTS, description="Ключи предметов: один или несколько.")
    ]
    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    kind: Annotated[
        str,
        Meta(
            max_length=8,
            description="`exempt` – освобождён; `apart` – учится отдельно от класса: на дому или по индивидуальному "
            "плану.",
        ),
    ] = EXEMPT_KIND
    reason: Annotated[
        str,
        Meta(max_length=1000, description="Причина, её видят учителя предмета и семья. До 200 знаков."),
    ] = ""
    basis: Annotated[
        str, Meta(max_length=1000, description="Основание: справка, заявление, приказ. До 300 знаков.")
    ] = ""


def exempt(db: Session, actor: Actor, wanted: Exemption) -> list[UUID]:
    """Exempt a pupil; returns the ids, one for each subject. Marks that stand there already stay.

    Raises `Invalid` for what cannot be, `Conflict` for days of a closed term, an archived year, or days the pupil is
    exempt already, `NotFound` for somebody else's pupil.
    """
    actor.require(EXPLAIN)
    wanted = _checked(wanted)
    require_pupil(db, actor, EXPLAIN, wanted.pupil, wanted.first_day, wanted.last_day)
    year = _year(db, actor, wanted)
    subjects = subjects_of(db, actor, wanted.pupil, wanted.first_day, wanted.last_day)
    if not wanted.subjects or any(each not in subjects for each in wanted.subjects):
        words = sentence("Отметьте предметы, которые ученик изучает в эти дни.")
        raise Invalid("Освобождение не сохранено: не выбран предмет.", fields={"subjects": words})
    pages = _pages(db, actor, wanted.pupil, wanted.subjects, wanted.first_day, wanted.last_day)
    lock_pages(db, pages)
    _refuse_closed(db, actor, wanted.pupil, wanted.first_day, wanted.last_day)
    _refuse_twice(db, actor, wanted, subjects)
    made: list[UUID] = []
    for subject_id in dict.fromkeys(wanted.subjects):
        exemption = JournalExemption(
            id=new_id(),
            organization_id=actor.organization_id,
            academic_year_id=year.id,
            pupil_id=wanted.pupil,
            subject_id=subject_id,
            kind=wanted.kind,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            reason=wanted.reason,
            basis=wanted.basis,
            author_id=actor.person_id,
            created_at=now(),
        )
        db.add(exemption)
        db.flush()
        _record(db, actor, exemption, "journal.exemption.give", "given", None)
        made.append(exemption.id)
    _tell(db, pages)
    return made


def end_exemption(db: Session, actor: Actor, exemption_id: UUID, last_day: date) -> None:
    """Let the pupil take the subject again after `last_day`: earlier than was said.

    Raises `Invalid` for a day outside of the exemption, `Conflict` for days of a closed term, `NotFound` out of reach.
    """
    exemption, pages = _own(db, actor, exemption_id)
    if not exemption.first_day <= last_day < exemption.last_day:
        words = sentence(
            "Выберите день с %(first)s по %(last)s.",
            first=show_short_day(exemption.first_day),
            last=show_short_day(exemption.last_day - DAY),
        )
        raise Invalid("Освобождение не изменено: день не подходит.", fields={"last_day": words})
    _refuse_closed(db, actor, exemption.pupil_id, last_day + DAY, exemption.last_day)
    before = {"last_day": exemption.last_day.isoformat()}
    exemption.last_day = last_day
    db.flush()
    _record(db, actor, exemption, "journal.exemption.end", "ended", before)
    _tell(db, pages)


def withdraw_exemption(db: Session, actor: Actor, exemption_id: UUID) -> None:
    """Take an exemption back as if it had not been; it stays in the list as withdrawn. Raises as `end_exemption`."""
    exemption, pages = _own(db, actor, exemption_id)
    _refuse_closed(
        db,
        actor,
        exemption.pupil_id,
        exemption.first_day,
        exemption.last_day,
        advice=sentence("Закончите освобождение раньше: укажите последний день после закрытого периода."),
    )
    exemption.withdrawn_at = now()
    db.flush()
    _record(db, actor, exemption, "journal.exemption.withdraw", "withdrawn", None)
    _tell(db, pages)


def subjects_of(db: Session, actor: Actor, pupil_id: UUID, first: date, last: date) -> dict[UUID, str]:
    """The subjects of the pupil's journal pages on some days, in the school's order."""
    rows = db.execute(
        select(Subject.id, Subject.name)
        .join(JournalPage, JournalPage.subject_id == Subject.id)
        .where(
            JournalPage.organization_id == actor.organization_id,
            pages_of_pupil(pupil_id, first, last),
            JournalPage.academic_year_id.in_(_years_of(actor, first, last)),
        )
        .order_by(Subject.position, Subject.name_key)
    )
    return {row.id: row.name for row in rows}


def _years_of(actor: Actor, first: date, last: date) -> Any:
    return select(AcademicYear.id).where(
        AcademicYear.organization_id == actor.organization_id,
        AcademicYear.starts_on <= last,
        AcademicYear.ends_on >= first,
    )


def _checked(wanted: Exemption) -> Exemption:
    errors: dict[str, str] = {}
    reason, basis = (text.replace("\x00", "").strip() for text in (wanted.reason, wanted.basis))
    if wanted.kind not in KINDS:
        errors["kind"] = sentence("Выберите из списка.")
    if wanted.last_day < wanted.first_day:
        errors["last_day"] = sentence("Последний день не может быть раньше первого.")
    for name, text, longest in (("reason", reason, LONGEST_REASON), ("basis", basis, LONGEST_BASIS)):
        if len(text) > longest:
            errors[name] = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", longest)
    if not basis:
        errors["basis"] = sentence("Укажите основание: справка, заявление, приказ.")
    if errors:
        raise Invalid("Освобождение не сохранено.", advice="Исправьте отмеченное.", fields=errors)
    return msgspec.structs.replace(wanted, reason=reason, basis=basis)


def _year(db: Session, actor: Actor, wanted: Exemption) -> AcademicYear:
    year = db.scalar(
        select(AcademicYear).where(
            AcademicYear.organization_id == actor.organization_id,
            AcademicYear.starts_on <= wanted.first_day,
            AcademicYear.ends_on >= wanted.last_day,
        )
    )
    if year is None:
        words = sentence("Оба дня должны быть в одном учебном году.")
        raise Invalid("Освобождение не сохранено.", advice="Исправьте дни.", fields={"last_day": words})
    refuse_archived(year)
    return year


def _pages(
    db: Session, actor: Actor, pupil_id: UUID, subjects: Sequence[UUID], first: date, last: date
) -> Sequence[UUID]:
    """The pages where the exemption is seen."""
    return db.scalars(
        select(JournalPage.id)
        .where(
            JournalPage.organization_id == actor.organization_id,
            JournalPage.academic_year_id.in_(_years_of(actor, first, last)),
            JournalPage.subject_id.in_(subjects),
            pages_of_pupil(pupil_id, first, last),
        )
        .order_by(JournalPage.id)
    ).all()


def _refuse_closed(
    db: Session,
    actor: Actor,
    pupil_id: UUID,
    first: date,
    last: date,
    advice: str = "",
) -> None:
    """Raises `Conflict` if some of the days lie in a closed term of the pupil's class."""
    terms = db.scalars(
        select(Term)
        .join(
            SchoolClass,
            (SchoolClass.academic_year_id == Term.academic_year_id) & (SchoolClass.term_kind == Term.kind),
        )
        .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
        .where(
            Enrollment.person_id == pupil_id,
            Enrollment.organization_id == actor.organization_id,
            in_force(Enrollment, first, last),
            Term.starts_on <= last,
            Term.ends_on >= first,
        )
        .order_by(Term.number)
    )
    closed = next((term for term in terms if term.is_closed), None)
    if closed is not None:
        raise Conflict(
            sentence("Период закрыт: %(term)s, до %(day)s.", term=closed.name, day=closed.ends_on),
            advice=advice or sentence("Попросите завуча открыть его или выберите дни после него."),
        )


def _refuse_twice(db: Session, actor: Actor, wanted: Exemption, names: dict[UUID, str]) -> None:
    there = db.scalar(
        select(JournalExemption)
        .where(
            JournalExemption.organization_id == actor.organization_id,
            JournalExemption.pupil_id == wanted.pupil,
            JournalExemption.subject_id.in_(wanted.subjects),
            JournalExemption.withdrawn_at.is_(None),
            JournalExemption.first_day <= wanted.last_day,
            JournalExemption.last_day >= wanted.first_day,
        )
        .order_by(JournalExemption.id)
        .limit(1)
    )
    if there is not None:
        raise Conflict(
            sentence(
                "Ученик уже освобождён: %(subject)s, с %(first)s по %(last)s.",
                subject=names[there.subject_id],
                first=show_short_day(there.first_day),
                last=show_short_day(there.last_day),
            ),
            advice="Выберите другие дни или закончите прежнее освобождение раньше.",
        )


def _own(db: Session, actor: Actor, exemption_id: UUID) -> tuple[JournalExemption, Sequence[UUID]]:
    actor.require(EXPLAIN)
    within_reach = within(actor, EXPLAIN, JournalExemption.organization_id)
    asked = select(JournalExemption).where(JournalExemption.id == exemption_id, within_reach)
    there = db.scalar(asked)
    if there is None:
        raise NotFound("Такого освобождения нет.", advice="Обновите страницу.")
    require_pupil(db, actor, EXPLAIN, there.pupil_id, there.first_day, there.last_day)
    pages = _pages(db, actor, there.pupil_id, [there.subject_id], there.first_day, there.last_day)
    lock_pages(db, pages)
    exemption = db.scalars(asked.with_for_update().execution_options(populate_existing=True)).one()
    if exemption.withdrawn_at is not None:
        raise Conflict("Это освобождение уже отменено.", advice="Обновите страницу.")
    refuse_archived(db.get_one(AcademicYear, exemption.academic_year_id))
    return exemption, pages


def _record(
    db: Session,
    actor: Actor,
    exemption: JournalExemption,
    action: str,
    step: Literal["given", "ended", "withdrawn"],
    before: dict[str, Any] | None,
) -> None:
    record(
        db,
        actor,
        exemption.organization_id,
        Change(
            action=action,
            subject_type=EXEMPTION,
            subject_id=str(exemption.id),
            before=before,
            after={
                "pupil": str(exemption.pupil_id),
                "subject": str(exemption.subject_id),
                "kind": exemption.kind,
                "first_day": exemption.first_day.isoformat(),
                "last_day": exemption.last_day.isoformat(),
                "reason": exemption.reason,
                "basis": exemption.basis,
            },
        ),
    )
    db.publish(
        PupilExempted(
            organization_id=exemption.organization_id,
            exemption_id=exemption.id,
            pupil_id=exemption.pupil_id,
            subject_id=exemption.subject_id,
            first_day=exemption.first_day,
            last_day=exemption.last_day,
            step=step,
        )
    )


def _tell(db: Session, pages: Sequence[UUID]) -> None:
    """Open pages read their table anew: which cells are exempt stands there."""
    for page_id in pages:
        tell(db, page_id, raise_version(db, page_id, lessons=True))
