"""What the school answers to announced absences, and who sees them: the family, the class teacher, the deputy head."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, and_, func, or_, select

from core.database.base import in_force, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.files import StoredFile
from core.identity.families import OWN_ACCOUNT_YEARS, tied
from core.identity.models import Guardianship, Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, SchoolClass
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import counted, lazy, sentence
from plugins.journal.access import ANNOUNCE, EXPLAIN, VIEW_OWN, own_class
from plugins.journal.attendance.announcing import days_words, note, papers_of, tell_family
from plugins.journal.attendance.models import JournalAbsence, JournalRecodedCell, JournalRecoding
from plugins.journal.attendance.reach import require_pupil
from plugins.journal.attendance.recoding import Period, recode
from plugins.journal.settings import settings_of

LONGEST_ANSWER = 500
SHOWN = 100
STATES = {
    "announced": lazy("Ждёт ответа"),
    "confirmed": lazy("Подтверждено"),
    "refused": lazy("Отклонено"),
    "withdrawn": lazy("Отозвано"),
}
TONES = {"announced": "warning", "confirmed": "positive", "refused": "danger", "withdrawn": ""}


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with an announcement."""

    id: UUID
    name: Annotated[str, Meta(description="Имя файла.")]


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """An announced absence as its reader sees it."""

    id: UUID
    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    pupil_name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    class_name: Annotated[str, Meta(description="Класс в эти дни; пусто, если ученик не в классе.")]
    first_day: Annotated[date, Meta(description="Первый день пропуска.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    code: Annotated[str, Meta(description="Код причины: «б», «уп».")]
    reason: Annotated[str, Meta(description="Причина словами.")]
    comment: Annotated[str, Meta(description="Пояснение семьи; может быть пусто.")]
    state: Annotated[
        str,
        Meta(
            description="announced – ждёт ответа, confirmed – подтверждено, refused – отклонено, "
            "withdrawn – отозвано семьёй."
        ),
    ]
    answer: Annotated[str, Meta(description="Ответ школы; может быть пуст.")]
    created_at: datetime
    decided_at: Annotated[datetime | None, Meta(description="Когда ответили; null, если ещё нет.")]
    papers: Annotated[Sequence[Paper], Meta(description="Приложенные документы.")]

    @property
    def state_title(self) -> str:
        """The state in words."""
        return str(STATES[self.state])

    @property
    def tone(self) -> str:
        """How the state is coloured."""
        return TONES[self.state]


def seen_by_family(actor: Actor) -> ColumnElement[bool]:
    """Condition on `JournalAbsence`: of the actor's own child in this school, or of the pupil of 14 or older."""
    today = school_today(actor)
    children = select(Guardianship.child_id).where(Guardianship.guardian_id == actor.person_id, tied(today))
    old_enough = select(Person.id).where(Person.id == actor.person_id, Person.birth_date <= _born_by(today))
    return and_(
        JournalAbsence.organization_id == actor.organization_id,
        or_(JournalAbsence.pupil_id.in_(children), JournalAbsence.pupil_id.in_(old_enough)),
    )


def _born_by(today: date) -> date:
    """The latest birth date of somebody who is 14 on `today`."""
    try:
        return today.replace(year=today.year - OWN_ACCOUNT_YEARS)
    except ValueError:
        return date(today.year - OWN_ACCOUNT_YEARS, 2, 28)


def seen_by_school(actor: Actor) -> ColumnElement[bool]:
    """Condition on `JournalAbsence`: a class teacher's class of those days, or the whole school."""
    inside = within(actor, EXPLAIN, JournalAbsence.organization_id)
    if actor.reach(EXPLAIN) is not Reach.OWN:
        return inside
    mine = (
        select(Enrollment.id)
        .where(
            Enrollment.person_id == JournalAbsence.pupil_id,
            Enrollment.school_class_id == own_class(actor),
            Enrollment.starts_on <= JournalAbsence.last_day,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on >= JournalAbsence.first_day),
        )
        .exists()
    )
    return and_(inside, mine)


def family_absences(db: Session, actor: Actor) -> list[Absence]:
    """What the family has announced, the latest first. Raises `Forbidden` without the right."""
    actor.require(VIEW_OWN)
    return _read(db, actor, seen_by_family(actor))


def school_absences(db: Session, actor: Actor, *, waiting: bool = False) -> list[Absence]:
    """What families have announced to the class teacher or the school, what waits first, then the latest."""
    actor.require(EXPLAIN)
    seen = seen_by_school(actor)
    return _read(db, actor, and_(seen, JournalAbsence.state == "announced") if waiting else seen)


def waiting_count(db: Session, actor: Actor) -> int:
    """How many announcements wait for the actor's answer."""
    if not actor.can(EXPLAIN) or actor.role is None:
        return 0
    return (
        db.scalar(
            select(func.count(JournalAbsence.id)).where(
                seen_by_school(actor), JournalAbsence.state == "announced"
            )
        )
        or 0
    )


def _read(db: Session, actor: Actor, where: ColumnElement[bool]) -> list[Absence]:
    class_name = (
        select(func.max(SchoolClass.name))
        .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
        .where(
            Enrollment.person_id == JournalAbsence.pupil_id,
            Enrollment.organization_id == JournalAbsence.organization_id,
            in_force(Enrollment, JournalAbsence.first_day),  # pyright: ignore[reportArgumentType]
        )
        .scalar_subquery()
    )
    rows = db.execute(
        select(
            *JournalAbsence.__table__.c,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            class_name.label("class_name"),
        )
        .join(Person, Person.id == JournalAbsence.pupil_id)
        .where(where)
        .order_by(JournalAbsence.state != "announced", JournalAbsence.id.desc())
        .limit(SHOWN)
    ).all()
    papers = papers_of(db, [row.id for row in rows])
    codes = settings_of(db, actor).codes
    return [
        Absence(
            id=row.id,
            pupil=row.pupil_id,
            pupil_name=short_name(row.last_name, row.first_name, row.middle_name),
            class_name=row.class_name or "",
            first_day=row.first_day,
            last_day=row.last_day,
            code=row.code,
            reason=codes[row.code].shown_title if row.code in codes else row.code,
            comment=row.comment,
            state=row.state,
            answer=row.answer,
            created_at=row.created_at,
            decided_at=row.decided_at,
            papers=[Paper(id=file.id, name=file.name) for file in papers.get(row.id, ())],
        )
        for row in rows
    ]


def confirm(db: Session, actor: Actor, absence_id: UUID, answer: str = "") -> int:
    """Confirm an announced absence: absences without a reason get it; returns at how many lessons.

    At lessons to come the code is expected (`expected_codes`). Closed terms stay as they are. Raises `NotFound` for
    another class's pupil, `Conflict` if it has been answered or withdrawn.
    """
    made = _waiting(db, actor, absence_id)
    _answer(made, actor, "confirmed", answer)
    period = Period(pupil=made.pupil_id, first_day=made.first_day, last_day=made.last_day, code=made.code)
    basis = sentence("сообщение семьи")
    recoding = recode(db, actor, period, str(basis), absence_id=made.id, skip_closed=True)
    note(db, actor, made, "journal.absence.confirm")
    title = sentence("Школа подтвердила пропуск: %(days)s", days=days_words(made))
    tell_family(db, made, title, school_today(actor))
    return _recoded(db, recoding)


def _recoded(db: Session, recoding_id: UUID | None) -> int:
    if recoding_id is None:
        return 0
    return (
        db.scalar(
            select(func.count(JournalRecodedCell.id)).where(JournalRecodedCell.recoding_id == recoding_id)
        )
        or 0
    )


def refuse(db: Session, actor: Actor, absence_id: UUID, answer: str) -> None:
    """Refuse an announced absence, with the reason that the family reads.

    Raises `Invalid` without a reason, `NotFound` and `Conflict` as `confirm` does.
    """
    made = _waiting(db, actor, absence_id)
    if not answer.strip():
        words = sentence("Напишите семье, почему.")
        raise Invalid("Ответ не отправлен.", advice=words, fields={"answer": words})
    _answer(made, actor, "refused", answer)
    db.flush()
    note(db, actor, made, "journal.absence.refuse")
    title = sentence("Школа не подтвердила пропуск: %(days)s", days=days_words(made))
    tell_family(db, made, title, school_today(actor))


def _answer(made: JournalAbsence, actor: Actor, state: str, answer: str) -> None:
    answer = answer.replace("\x00", "").strip()
    if len(answer) > LONGEST_ANSWER:
        words = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_ANSWER)
        raise Invalid("Ответ не отправлен: он слишком длинный.", fields={"answer": words})
    made.state, made.answer = state, answer
    made.decided_by, made.decided_at = actor.person_id, now()


def _waiting(db: Session, actor: Actor, absence_id: UUID) -> JournalAbsence:
    actor.require(EXPLAIN)
    made = db.scalar(
        select(JournalAbsence)
        .where(JournalAbsence.id == absence_id, seen_by_school(actor))
        .with_for_update(of=JournalAbsence)
    )
    if made is None:
        raise NotFound("Такого сообщения нет.", advice="Обновите страницу.")
    require_pupil(db, actor, EXPLAIN, made.pupil_id, made.first_day, made.last_day)
    if made.state != "announced":
        raise Conflict(
            sentence("На это сообщение уже ответили: %(state)s.", state=STATES[made.state]),
            advice="Обновите страницу.",
        )
    return made


def may_read_paper(db: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether a paper of an announcement is the actor's to read: the family's and the class teacher's."""
    if actor.role is None:
        return False
    seen: list[ColumnElement[bool]] = []
    if actor.can(VIEW_OWN) or actor.can(ANNOUNCE):
        seen.append(seen_by_family(actor))
    if actor.can(EXPLAIN):
        seen.append(seen_by_school(actor))
    if not seen:
        return False
    wanted = select(JournalAbsence.id).where(JournalAbsence.id == UUID(file.subject), or_(*seen))
    return db.scalar(wanted) is not None


def may_read_basis(db: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether the paper that a recoding rests on is the actor's to read: whoever explains the pupil's absences."""
    made = db.get(JournalRecoding, UUID(file.subject))
    if made is None or not actor.can(EXPLAIN):
        return False
    try:
        require_pupil(db, actor, EXPLAIN, made.pupil_id, made.first_day, made.last_day)
    except NotFound:
        return False
    return True
