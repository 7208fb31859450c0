"""Absences that guardians announce: for days past or to come, with a reason and a paper, confirmed by the school."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.attached_files import keep_attached
from core.audit.record import Change, record
from core.database.base import in_force, new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.files import Received, StoredFile
from core.identity.families import Rights
from core.identity.models import Guardianship, Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.notifications import notify
from core.organizations.models import AcademicYear, Enrollment
from core.roles.access import require_person
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.school_events import AbsenceAnnounced, AbsenceDecided
from core.web.i18n import counted, sentence, show_short_day
from plugins.journal.access import ANNOUNCE
from plugins.journal.attendance.models import JournalAbsence
from plugins.journal.attendance.reach import reasons
from plugins.journal.settings import journal_settings, settings_of

ABSENCE = "journal.absence"
ABSENCE_FILES = "journal.absence"
ABSENCE_NEWS = "journal.absence.news"
LONGEST_COMMENT = 500
PAST_DAYS = 30
"""How long afterwards an absence may be explained, in days; a school takes papers for older ones itself."""
AHEAD_DAYS = 180
LONGEST_DAYS = 92
PAPERS = ("application/pdf", "image/*")


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """An absence a guardian tells the school of."""

    pupil: Annotated[UUID, Meta(description="Ключ ребёнка.")]
    first_day: Annotated[date, Meta(description="Первый день отсутствия.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    code: Annotated[str, Meta(max_length=16, description="Код причины из настроек журнала: «б», «уп».")]
    comment: Annotated[str, Meta(max_length=2000, description="Пояснение, до 500 знаков.")] = ""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A child whose absence a guardian may announce."""

    id: UUID
    name: str


def children(db: Session, actor: Actor) -> Sequence[Child]:
    """The guardian's children in the acting school for whom the guardian may act, by name."""
    actor.require(ANNOUNCE)
    today = school_today(actor)
    rows = db.execute(
        select(Person.id, Person.last_name, Person.first_name)
        .where(
            Person.id.in_(
                select(Guardianship.child_id).where(
                    Guardianship.guardian_id == actor.person_id,
                    Guardianship.rights == Rights.FULL,
                    in_force(Guardianship, today),
                )
            ),
            Person.id.in_(
                select(Enrollment.person_id).where(
                    Enrollment.organization_id == actor.organization_id, in_force(Enrollment, today)
                )
            ),
        )
        .order_by(Person.name_key, Person.id)
    )
    return [Child(id=row.id, name=f"{row.first_name} {row.last_name}") for row in rows]


def announce(db: Session, actor: Actor, told: Announcement, files: Sequence[Received] = ()) -> UUID:
    """Tell the school of a child's absence; the class teacher hears of it. Returns the announcement's id.

    Raises `NotFound` for anybody else's child, `Invalid` for days or a reason that cannot be, `Conflict` for days
    that have been announced already.
    """
    actor.require(ANNOUNCE)
    require_person(actor)
    if told.pupil not in {child.id for child in children(db, actor)}:
        raise NotFound(
            "Такого ребёнка среди ваших в этой школе нет.",
            advice="Если ребёнок учится в другой школе, выберите другую роль в шапке.",
        )
    _check(db, actor, told)
    year = db.scalar(
        select(AcademicYear.id)
        .where(
            AcademicYear.organization_id == actor.organization_id,
            AcademicYear.starts_on <= told.first_day,
            AcademicYear.ends_on >= told.last_day,
        )
        .limit(1)
    )
    if year is None:
        words = sentence("Эти дни не лежат в одном учебном году школы.")
        raise Invalid(words, advice="Исправьте дни.", fields={"first_day": words})
    # Of two sent at once the second waits, and then finds the first.
    db.execute(select(Person.id).where(Person.id == told.pupil).with_for_update())
    same = db.scalar(
        select(JournalAbsence.id).where(
            JournalAbsence.organization_id == actor.organization_id,
            JournalAbsence.academic_year_id == year,
            JournalAbsence.pupil_id == told.pupil,
            JournalAbsence.state.in_(("announced", "confirmed")),
            JournalAbsence.first_day <= told.last_day,
            JournalAbsence.last_day >= told.first_day,
        )
    )
    if same is not None:
        raise Conflict(
            "Об этих днях школа уже знает.",
            advice="Проверьте список ниже. Чтобы изменить дни, отзовите прежнее сообщение и отправьте новое.",
        )
    made = JournalAbsence(
        id=new_id(),
        organization_id=actor.organization_id,
        academic_year_id=year,
        pupil_id=told.pupil,
        first_day=told.first_day,
        last_day=told.last_day,
        code=told.code,
        comment=told.comment.replace("\x00", "").strip(),
        author_id=actor.person_id,
    )
    db.add(made)
    db.flush()
    if files:
        keep_attached(
            db,
            actor,
            files,
            purpose=ABSENCE_FILES,
            organization_id=made.organization_id,
            subject=str(made.id),
            had=0,
        )
    note(db, actor, made, "journal.absence.announce")
    _tell_school(db, actor, made, sentence("Сообщение о пропуске: %(pupil)s", pupil=_name(db, made.pupil_id)))
    return made.id


def _check(db: Session, actor: Actor, told: Announcement) -> None:
    today = school_today(actor)
    wrong: dict[str, str] = {}
    if told.last_day < told.first_day:
        wrong["last_day"] = sentence("Последний день не может быть раньше первого.")
    elif (told.last_day - told.first_day).days >= LONGEST_DAYS:
        wrong["last_day"] = counted(
            "Не больше %(count)s дня сразу.", "Не больше %(count)s дней сразу.", LONGEST_DAYS
        )
    if told.first_day < today - timedelta(days=PAST_DAYS):
        wrong["first_day"] = counted(
            "Сообщить можно не позже чем через %(count)s день. Отдайте справку классному руководителю.",
            "Сообщить можно не позже чем через %(count)s дней. Отдайте справку классному руководителю.",
            PAST_DAYS,
        )
    elif told.last_day > today + timedelta(days=AHEAD_DAYS):
        wrong["last_day"] = sentence("Это слишком далеко: проверьте год и месяц.")
    if told.code not in {
        code.code for code in reasons(settings_of(db, actor)) if code.category != "unexcused"
    }:
        wrong["code"] = sentence("Выберите причину из списка.")
    if len(told.comment) > LONGEST_COMMENT:
        wrong["comment"] = counted(
            "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_COMMENT
        )
    if wrong:
        raise Invalid("Сообщение не отправлено.", advice=next(iter(wrong.values())), fields=wrong)


def withdraw(db: Session, actor: Actor, absence_id: UUID) -> None:
    """Take an announcement back that the school has not decided about yet; whoever acts for the child may.

    Raises `NotFound` for anybody else's child, `Conflict` once the school has decided.
    """
    actor.require(ANNOUNCE)
    made = db.scalar(select(JournalAbsence).where(JournalAbsence.id == absence_id).with_for_update())
    if (
        made is None
        or made.organization_id != actor.organization_id
        or not _acts_for(db, actor, made.pupil_id)
    ):
        raise NotFound("Такого сообщения нет.", advice="Обновите страницу.")
    if made.state != "announced":
        raise Conflict(
            "Отозвать уже нельзя: школа ответила.",
            advice="Если ребёнок придёт раньше, напишите классному руководителю.",
        )
    made.state = "withdrawn"
    db.flush()
    note(db, actor, made, "journal.absence.withdraw")


def _acts_for(db: Session, actor: Actor, child_id: UUID) -> bool:
    tie = select(Guardianship.id).where(
        Guardianship.guardian_id == actor.person_id,
        Guardianship.child_id == child_id,
        Guardianship.rights == Rights.FULL,
        in_force(Guardianship, school_today(actor)),
    )
    return db.scalar(tie) is not None


def note(db: Session, actor: Actor, made: JournalAbsence, action: str) -> None:
    """Write a step of an announcement into the history of changes, and tell those who subscribed to it."""
    step: dict[str, Any] = {
        "organization_id": made.organization_id,
        "absence_id": made.id,
        "pupil_id": made.pupil_id,
        "first_day": made.first_day,
        "last_day": made.last_day,
        "state": made.state,
    }
    decided = made.state in ("confirmed", "refused")
    db.publish(AbsenceDecided(**step) if decided else AbsenceAnnounced(**step))
    record(
        db,
        actor,
        made.organization_id,
        Change(
            action=action,
            subject_type=ABSENCE,
            subject_id=str(made.id),
            after={
                "pupil": str(made.pupil_id),
                "first_day": made.first_day.isoformat(),
                "last_day": made.last_day.isoformat(),
                "code": made.code,
                "state": made.state,
                "answer": made.answer,
            },
        ),
    )


def days_words(made: Any) -> Any:
    """The days of an announcement: «3.12» or «3.12–5.12»."""
    if made.first_day == made.last_day:
        return show_short_day(made.first_day)
    return f"{show_short_day(made.first_day)} – {show_short_day(made.last_day)}"


def _tell_school(db: Session, actor: Actor, made: JournalAbsence, title: str) -> None:
    """The class teachers of the pupil's class of those days hear of it."""
    classes = select(Enrollment.school_class_id).where(
        Enrollment.person_id == made.pupil_id,
        Enrollment.organization_id == made.organization_id,
        in_force(Enrollment, made.first_day, made.last_day),
    )
    today = school_today(actor)
    teachers = db.scalars(
        select(StructuralRole.person_id).where(
            StructuralRole.kind == "class_teacher",
            StructuralRole.status == "active",
            StructuralRole.school_class_id.in_(classes),
            in_force(StructuralRole, today),
        )
    ).all()
    known = journal_settings(db, actor.acting_role.organization_path).codes[made.code]
    body = f"{days_words(made)}: {known.title}"
    notify(db, teachers, ABSENCE_NEWS, title, body, f"/journal/absences#a{made.id.hex}")


def tell_family(db: Session, made: JournalAbsence, title: str, today: date) -> None:
    """Everybody who acts for the child hears of the answer, whoever of them has announced."""
    guardians = db.scalars(
        select(Guardianship.guardian_id).where(
            Guardianship.child_id == made.pupil_id,
            Guardianship.rights == Rights.FULL,
            in_force(Guardianship, today),
        )
    ).all()
    notify(db, guardians, ABSENCE_NEWS, title, made.answer, f"/absences#a{made.id.hex}")


def _name(db: Session, person_id: UUID) -> str:
    person = db.get_one(Person, person_id)
    return short_name(person.last_name, person.first_name, person.middle_name)


def papers_of(db: Session, absences: Sequence[UUID]) -> dict[UUID, list[StoredFile]]:
    """The papers of announcements, by their ids."""
    found: dict[UUID, list[StoredFile]] = {}
    for file in db.scalars(
        select(StoredFile)
        .where(StoredFile.purpose == ABSENCE_FILES, StoredFile.subject.in_([str(each) for each in absences]))
        .order_by(StoredFile.id)
    ):
        found.setdefault(UUID(file.subject), []).append(file)
    return found
