"""Giving a pupil's absences of some days their reason at one stroke, and taking that back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, func, select

from core.attached_files import keep_attached
from core.audit.record import Change, record
from core.database.base import in_force, new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.files import Received
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import Enrollment, SchoolClass, Term, closed_by_now
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.web.i18n import counted, sentence
from plugins.journal.access import EXPLAIN, own_class
from plugins.journal.attendance.models import JournalRecodedCell, JournalRecoding
from plugins.journal.attendance.noting import Rewritten, lock_pages, write_codes
from plugins.journal.attendance.reach import absent_codes, require_pupil
from plugins.journal.models import JournalAttendance, JournalCell, JournalLesson
from plugins.journal.settings import JournalSettings, settings_of

RECODING = "journal.recoding"
RECODING_FILES = "journal.recoding"
LONGEST_PERIOD = 366
LONGEST_BASIS = 300
SHOWN = 50


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recoded: a pupil's absences from `first_day` to `last_day`, to `code`.

    With `explained`, those too that have another reason already; else only those without one.
    """

    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    first_day: Annotated[date, Meta(description="Первый день.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    code: Annotated[str, Meta(max_length=16, description="Код причины из настроек журнала: «б», «уп».")]
    explained: Annotated[
        bool, Meta(description="Заменить и те пропуски, у которых уже стоит другая причина.")
    ] = False


class CodeCount(msgspec.Struct, frozen=True, kw_only=True):
    """So many lessons with a code."""

    code: Annotated[str, Meta(description="Код, который стоит сейчас.")]
    lessons: Annotated[int, Meta(description="Сколько уроков.")]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a recoding would change."""

    pupil_name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    code: Annotated[str, Meta(description="Код, который будет стоять.")]
    changes: Annotated[Sequence[CodeCount], Meta(description="Сколько уроков и с каким кодом изменится.")]
    closed: Annotated[int, Meta(description="Сколько из них лежит в закрытом периоде: тогда менять нельзя.")]

    @property
    def lessons(self) -> int:
        """How many lessons would change."""
        return sum(each.lessons for each in self.changes)


class RecodingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A recoding that was done."""

    id: UUID
    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    pupil_name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    first_day: Annotated[date, Meta(description="Первый день пропуска.")]
    last_day: Annotated[date, Meta(description="Последний день, включительно.")]
    code: Annotated[str, Meta(description="Код, который поставлен.")]
    basis: Annotated[str, Meta(description="На каком основании.")]
    lessons: Annotated[int, Meta(description="Сколько уроков изменено.")]
    created_at: datetime
    undone_at: Annotated[datetime | None, Meta(description="Когда отменено; null, если не отменялось.")]
    touched: Annotated[
        int, Meta(description="Сколько из этих клеток с тех пор меняли: тогда отменить нельзя.")
    ]


def preview(db: Session, actor: Actor, period: Period) -> Preview:
    """What recoding the period would change. Raises as `recode` does, but for closed terms."""
    settings = _checked(db, actor, period)
    rows = _found(db, actor, period, settings)
    person = db.get_one(Person, period.pupil)
    counts = Counter(row.code for row in rows)
    return Preview(
        pupil_name=short_name(person.last_name, person.first_name, person.middle_name),
        code=period.code,
        changes=[CodeCount(code=code, lessons=count) for code, count in sorted(counts.items())],
        closed=sum(1 for row in rows if closed_by_now(row.closed_at)),
    )


def recode(
    db: Session,
    actor: Actor,
    period: Period,
    basis: str,
    files: Sequence[Received] = (),
    *,
    absence_id: UUID | None = None,
    skip_closed: bool = False,
) -> UUID | None:
    """Give the pupil's absences of the period their reason; returns the id of the recoding, None if none changed.

    `skip_closed` leaves closed terms as they are. Raises `Invalid` for a period or code that cannot be,
    `Conflict` if a closed term is touched or nothing is there to recode, `NotFound` for somebody else's pupil.
    """
    settings = _checked(db, actor, period)
    basis = basis.replace("\x00", "").strip()
    if len(basis) > LONGEST_BASIS or (not basis and absence_id is None):
        words = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_BASIS)
        raise Invalid(
            "Причина не поставлена: укажите основание.",
            fields={"basis": words if basis else "Укажите основание: справка, заявление, приказ."},
        )
    rows = _found(db, actor, period, settings)
    if skip_closed:
        rows = [row for row in rows if not closed_by_now(row.closed_at)]
    closed = [row for row in rows if closed_by_now(row.closed_at)]
    if closed:
        raise Conflict(
            sentence("Период закрыт: %(term)s, до %(day)s.", term=closed[0].term_name, day=closed[0].ends_on),
            advice="Попросите завуча открыть его или выберите дни после него.",
        )
    if not rows:
        if absence_id is not None:
            return None
        raise Conflict(
            "За эти дни нет пропусков, которым нужна причина.",
            advice="Проверьте дни или отметьте замену и уже указанных причин.",
        )
    made = JournalRecoding(
        id=new_id(),
        organization_id=actor.organization_id,
        academic_year_id=rows[0].academic_year_id,
        pupil_id=period.pupil,
        first_day=period.first_day,
        last_day=period.last_day,
        code=period.code,
        basis=basis,
        absence_id=absence_id,
        author_id=actor.person_id,
        created_at=now(),
    )
    db.add(made)
    db.flush()
    lock_pages(db, [row.page_id for row in rows])
    changed: list[Rewritten] = []
    for day in sorted({row.day for row in rows}):
        places = [(row.page_id, row.lesson_id) for row in rows if row.day == day]
        changed += write_codes(db, actor, EXPLAIN, period.pupil, day, places, period.code)
    db.add_all(
        JournalRecodedCell(
            id=new_id(), recoding_id=made.id, lesson_id=each.lesson_id, code=each.before, changes=each.changes
        )
        for each in changed
    )
    if files:
        keep_attached(
            db,
            actor,
            files,
            purpose=RECODING_FILES,
            organization_id=made.organization_id,
            subject=str(made.id),
            had=0,
        )
    _record(db, actor, made, "journal.recoding.make", len(changed))
    return made.id


def _record(db: Session, actor: Actor, made: JournalRecoding, action: str, lessons: int) -> None:
    record(
        db,
        actor,
        made.organization_id,
        Change(
            action=action,
            subject_type=RECODING,
            subject_id=str(made.id),
            after={
                "pupil": str(made.pupil_id),
                "first_day": made.first_day.isoformat(),
                "last_day": made.last_day.isoformat(),
                "code": made.code,
                "basis": made.basis,
                "lessons": lessons,
            },
        ),
    )


def undo(db: Session, actor: Actor, recoding_id: UUID) -> int:
    """Put the codes back that a recoding replaced; returns how many cells. Once only, and all or none.

    Raises `Conflict` if it is undone already, if somebody has changed one of the cells since, or if their term is
    closed; `NotFound` for a recoding out of reach.
    """
    made = _own(db, actor, recoding_id)
    if made.undone_at is not None:
        raise Conflict("Это действие уже отменено.", advice="Обновите страницу.")
    cells = db.execute(
        select(
            JournalRecodedCell.lesson_id,
            JournalRecodedCell.code,
            JournalRecodedCell.changes,
            JournalCell.changes.label("now"),
            JournalLesson.page_id,
            JournalLesson.day,
        )
        .join(JournalLesson, JournalLesson.id == JournalRecodedCell.lesson_id)
        .outerjoin(
            JournalCell,
            and_(
                JournalCell.lesson_id == JournalRecodedCell.lesson_id, JournalCell.pupil_id == made.pupil_id
            ),
        )
        .where(JournalRecodedCell.recoding_id == made.id)
    ).all()
    touched = sum(1 for cell in cells if cell.now != cell.changes)
    if touched:
        raise Conflict(
            counted(
                "Отменить нельзя: с тех пор изменили %(count)s клетку.",
                "Отменить нельзя: с тех пор изменили %(count)s клеток.",
                touched,
            ),
            advice="Исправьте коды на странице дня класса.",
        )
    lock_pages(db, [cell.page_id for cell in cells])
    for cell in cells:
        place = [(cell.page_id, cell.lesson_id)]
        write_codes(db, actor, EXPLAIN, made.pupil_id, cell.day, place, cell.code)
    made.undone_at = now()
    db.flush()
    _record(db, actor, made, "journal.recoding.undo", len(cells))
    return len(cells)


def list_recodings(db: Session, actor: Actor, day: date) -> list[RecodingLine]:
    """The latest recodings of the academic year of `day` that the actor may see, the newest first; at most 50."""
    cells = (
        select(
            JournalRecodedCell.recoding_id,
            func.count().label("lessons"),
            func.count().filter(JournalCell.changes != JournalRecodedCell.changes).label("touched"),
        )
        .join(JournalRecoding, JournalRecoding.id == JournalRecodedCell.recoding_id)
        .outerjoin(
            JournalCell,
            and_(
                JournalCell.lesson_id == JournalRecodedCell.lesson_id,
                JournalCell.pupil_id == JournalRecoding.pupil_id,
            ),
        )
        .where(seen_recodings(actor, day))
        .group_by(JournalRecodedCell.recoding_id)
        .subquery()
    )
    rows = db.execute(
        select(
            *JournalRecoding.__table__.c,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            cells.c.lessons,
            cells.c.touched,
        )
        .join(Person, Person.id == JournalRecoding.pupil_id)
        .outerjoin(cells, cells.c.recoding_id == JournalRecoding.id)
        .where(seen_recodings(actor, day))
        .order_by(JournalRecoding.id.desc())
        .limit(SHOWN)
    )
    return [
        RecodingLine(
            id=row.id,
            pupil=row.pupil_id,
            pupil_name=short_name(row.last_name, row.first_name, row.middle_name),
            first_day=row.first_day,
            last_day=row.last_day,
            code=row.code,
            basis=row.basis,
            lessons=row.lessons or 0,
            created_at=row.created_at,
            undone_at=row.undone_at,
            touched=row.touched or 0,
        )
        for row in rows
    ]


def seen_recodings(actor: Actor, day: date) -> Any:
    """Condition on `JournalRecoding`: of the acting school; for a class teacher, of pupils in the class on `day`."""
    inside = within(actor, EXPLAIN, JournalRecoding.organization_id)
    if actor.require(EXPLAIN) is not Reach.OWN:
        return inside
    mine = select(Enrollment.person_id).where(
        Enrollment.school_class_id == own_class(actor), in_force(Enrollment, day)
    )
    return and_(inside, JournalRecoding.pupil_id.in_(mine))


def _own(db: Session, actor: Actor, recoding_id: UUID) -> JournalRecoding:
    made = db.scalar(
        select(JournalRecoding)
        .where(JournalRecoding.id == recoding_id, within(actor, EXPLAIN, JournalRecoding.organization_id))
        .with_for_update()
    )
    if made is None:
        actor.require(EXPLAIN)
        raise NotFound("Такой записи нет.", advice="Обновите страницу.")
    require_pupil(db, actor, EXPLAIN, made.pupil_id, made.first_day, made.last_day)
    return made


def _checked(db: Session, actor: Actor, period: Period) -> JournalSettings:
    actor.require(EXPLAIN)
    days = (period.last_day - period.first_day).days
    if days < 0 or days > LONGEST_PERIOD:
        words = sentence("Последний день не может быть раньше первого, а дней – больше года.")
        raise Invalid(words, advice="Исправьте дни.", fields={"last_day": words})
    require_pupil(db, actor, EXPLAIN, period.pupil, period.first_day, period.last_day)
    settings = settings_of(db, actor)
    if period.code not in {code.code for code in absent_codes(settings)}:
        raise Invalid(
            "Такой причины в школе нет.",
            advice="Выберите причину из списка.",
            fields={"code": "Выберите причину из списка."},
        )
    return settings


def _found(db: Session, actor: Actor, period: Period, settings: JournalSettings) -> Sequence[Any]:
    """The cells to be recoded, with their terms; a class teacher's, while the pupil was in the class."""
    from_codes = [
        code.code
        for code in absent_codes(settings)
        if code.code != period.code and (period.explained or code.category == "unknown")
    ]
    statement = (
        select(
            JournalAttendance.lesson_id,
            JournalAttendance.page_id,
            JournalAttendance.day,
            JournalAttendance.code,
            JournalAttendance.academic_year_id,
            Term.name.label("term_name"),
            Term.ends_on,
            Term.closed_at,
        )
        .join(
            Enrollment,
            and_(
                Enrollment.person_id == JournalAttendance.pupil_id,
                Enrollment.organization_id == JournalAttendance.organization_id,
                Enrollment.academic_year_id == JournalAttendance.academic_year_id,
                Enrollment.starts_on <= JournalAttendance.day,
                (Enrollment.ends_on.is_(None)) | (Enrollment.ends_on >= JournalAttendance.day),
            ),
        )
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .outerjoin(
            Term,
            and_(
                Term.academic_year_id == JournalAttendance.academic_year_id,
                Term.kind == SchoolClass.term_kind,
                Term.starts_on <= JournalAttendance.day,
                Term.ends_on >= JournalAttendance.day,
            ),
        )
        .where(
            JournalAttendance.organization_id == actor.organization_id,
            JournalAttendance.pupil_id == period.pupil,
            JournalAttendance.day.between(period.first_day, period.last_day),
            JournalAttendance.code.in_(from_codes),
        )
        .order_by(JournalAttendance.day, JournalAttendance.lesson_id)
    )
    mine = own_class(actor)
    if actor.reach(EXPLAIN) is Reach.OWN:
        statement = statement.where(Enrollment.school_class_id == mine)
    return db.execute(statement).all()
