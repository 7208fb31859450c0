"""Lessons of a journal page: topic, homework, kind of work, lessons added by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, insert, select, update

from core.audit.record import Change, record
from core.capabilities import HomeworkItem
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid
from core.identity.models import Person
from core.identity.names import short_name
from core.roles.actor import Actor
from core.school_events import HomeworkGiven, TopicWritten
from core.web.i18n import counted, sentence
from plugins.journal.access import EDIT, Opened, open_page, require_right
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.stored_cells import lesson_on, raise_version, tell
from plugins.journal.homework.items import checked_items, items_of, keep_items, recorded_items
from plugins.journal.homework.links import checked_links
from plugins.journal.models import NOT_GIVEN, OUTSIDE, JournalLesson, JournalMark, JournalPage
from plugins.journal.settings import known_kind

LESSON = "journal.lesson"
LONGEST_TOPIC = 500
LONGEST_HOMEWORK = 4000
MOST_MINUTES = 600
LAST_NUMBER = 15
OF_LESSONS = ("homework", "homework_minutes", "homework_links", "homework_items")
"""What only a lesson has: a column of marks outside of lessons has none of it."""
"""What the history keeps beside the titles of items."""

Number = Annotated[int, Meta(description="Который урок в этот день: от 0 до 15.")]
Status = Annotated[
    str,
    Meta(
        description="`planned` – по расписанию, `substituted` – замена, `moved` – перенесён, `cancelled` – "
        "отменён, `manual` – добавлен учителем, `outside` – не урок, а столбец отметок вне урока (`topic` – за что)."
    ),
]


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson with everything that stands about it in the journal."""

    id: UUID
    page_id: UUID
    day: date
    number: Number
    starts_at: time | None
    teacher_id: Annotated[UUID | None, Meta(description="Ключ учителя; null, если он не назначен.")]
    teacher: str
    topic: str
    homework: str
    homework_minutes: int | None
    homework_links: Annotated[str, Meta(description="Ссылки к заданию, по одной в строке; может быть пусто.")]
    homework_items: Annotated[
        Sequence[HomeworkItem], Meta(description="Материалы библиотеки к заданию, по порядку.")
    ]
    control_kind: str
    status: Status
    may_edit: Annotated[bool, Meta(description="Вам можно менять этот урок.")]


class LessonChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written about a lesson; what is left out stays as it is."""

    topic: Annotated[
        str | msgspec.UnsetType,
        Meta(description="Тема урока, не длиннее 500 знаков; пусто – стереть.", examples=["Дроби"]),
    ] = msgspec.UNSET
    homework: Annotated[
        str | msgspec.UnsetType,
        Meta(description="Домашнее задание, не длиннее 4000 знаков; пусто – стереть.", examples=["№ 12, 14"]),
    ] = msgspec.UNSET
    homework_minutes: Annotated[
        int | msgspec.UnsetType | None,
        Meta(description="Сколько минут займёт задание, до 600; null – не указано."),
    ] = msgspec.UNSET
    homework_links: Annotated[
        str | msgspec.UnsetType,
        Meta(
            description="Ссылки к заданию, по одной в строке, с https:// или http://; пусто – стереть.",
            examples=["https://urok.example.ru/7/algebra"],
        ),
    ] = msgspec.UNSET
    homework_items: Annotated[
        list[str] | msgspec.UnsetType,
        Meta(
            description="Ключи материалов библиотеки к заданию, по порядку, до 20; пусто – убрать все. Новый материал "
            "должен быть в библиотеке школы."
        ),
    ] = msgspec.UNSET
    control_kind: Annotated[
        str | msgspec.UnsetType,
        Meta(description="Код вида работы; отметки урока получают его вес. Пусто – обычный урок."),
    ] = msgspec.UNSET


def read_lesson(db: Session, actor: Actor, page: Opened, lesson_id: UUID) -> Lesson:
    """A lesson of an opened page. Raises `NotFound` if it is not there."""
    lesson_on(db, page, lesson_id)
    row = db.execute(
        select(*JournalLesson.__table__.c, Person.last_name, Person.first_name, Person.middle_name)
        .outerjoin(Person, Person.id == JournalLesson.teacher_id)
        .where(JournalLesson.id == lesson_id)
    ).one()
    return Lesson(
        id=row.id,
        page_id=row.page_id,
        day=row.day,
        number=row.number,
        starts_at=row.starts_at,
        teacher_id=row.teacher_id,
        teacher=short_name(row.last_name, row.first_name, row.middle_name) if row.last_name else "",
        topic=row.topic,
        homework=row.homework,
        homework_minutes=row.homework_minutes,
        homework_links=row.homework_links,
        homework_items=items_of(db, actor, [lesson_id]).get(lesson_id, []),
        control_kind=row.control_kind,
        status=row.status,
        may_edit=actor.can(EDIT) and (page.may_edit or row.teacher_id == actor.person_id),
    )


def change_lesson(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, change: LessonChange) -> Lesson:
    """Write topic, homework or kind of work of a lesson, with its history.

    A new kind of work gives its weight to the lesson's marks. Raises `Invalid` for texts that are too long,
    `Conflict` in a closed term, `Forbidden` for another teacher's page.
    """
    page = open_page(db, actor, page_id, lock=True)
    before = read_lesson(db, actor, page, lesson_id)
    require_right(actor, EDIT, page.may_edit, before.teacher_id)
    require_open_term(page, before.day)
    wanted = _checked(page, change)
    if before.status == OUTSIDE and any(wanted.get(name) for name in OF_LESSONS):
        raise Invalid(
            "Это отметки вне урока: домашнего задания здесь нет.", advice="Запишите задание в уроке."
        )
    if before.status == OUTSIDE and wanted.get("topic") == "":
        words = sentence("Напишите, за что отметки.")
        raise Invalid("Столбец не сохранён.", advice=words, fields={"topic": words})
    if "homework_items" in wanted:
        wanted["homework_items"] = checked_items(
            db, actor, page, before.homework_items, wanted["homework_items"]
        )
    changed = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    if not changed:
        return before
    columns = {name: value for name, value in changed.items() if name != "homework_items"}
    if columns:
        db.execute(update(JournalLesson).where(JournalLesson.id == lesson_id).values(**columns))
    if "homework_items" in changed:
        keep_items(db, page.organization_id, lesson_id, changed["homework_items"])
    if "control_kind" in changed:
        db.execute(
            update(JournalMark)
            .where(JournalMark.lesson_id == lesson_id)
            .values(
                control_kind=changed["control_kind"], weight=page.settings.weight_of(changed["control_kind"])
            )
        )
    version = raise_version(db, page.id, lessons=True)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.lesson.change",
            subject_type=LESSON,
            subject_id=str(lesson_id),
            before=_recorded({name: getattr(before, name) for name in changed}),
            after=_recorded(changed),
        ),
    )
    _publish(db, page, before, changed, version)
    tell(db, page.id, version, lesson=lesson_id)
    return msgspec.structs.replace(before, **changed)


def _recorded(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the history keeps them."""
    items: Sequence[HomeworkItem] | None = values.get("homework_items")
    return values if items is None else values | recorded_items(items)


def _publish(db: Session, page: Opened, before: Lesson, changed: dict[str, Any], version: int) -> None:
    place: dict[str, Any] = {
        "organization_id": page.organization_id,
        "page_id": page.id,
        "lesson_id": before.id,
        "day": before.day,
        "version": version,
    }
    if "topic" in changed:
        db.publish(TopicWritten(**place))
    if changed.keys() & set(OF_LESSONS):
        after = msgspec.structs.replace(before, **changed)
        had, has = _is_given(before), _is_given(after)
        db.publish(
            HomeworkGiven(**place, step="changed" if had and has else "given" if has else "taken_back")
        )


def _is_given(lesson: Lesson) -> bool:
    return bool(lesson.homework or lesson.homework_links or lesson.homework_items)


def _checked(page: Opened, change: LessonChange) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        name: getattr(change, name)
        for name in ("topic", *OF_LESSONS, "control_kind")
        if getattr(change, name) is not msgspec.UNSET
    }
    errors: dict[str, str] = {}
    for name, longest in (("topic", LONGEST_TOPIC), ("homework", LONGEST_HOMEWORK)):
        if name in wanted:
            wanted[name] = wanted[name].replace("\x00", "").replace("\r\n", "\n").strip()
            if len(wanted[name]) > longest:
                errors[name] = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", longest)
    if "homework_links" in wanted:
        wanted["homework_links"], wrong = checked_links(wanted["homework_links"])
        if wrong:
            errors["homework_links"] = wrong
    minutes = wanted.get("homework_minutes")
    if minutes is not None and not 0 < minutes <= MOST_MINUTES:
        errors["homework_minutes"] = sentence("Целое число минут от 1 до %(most)s.", most=MOST_MINUTES)
    if errors:
        raise Invalid("Урок не сохранён.", advice="Исправьте отмеченное и сохраните снова.", fields=errors)
    if "control_kind" in wanted:
        known_kind(page.settings, wanted["control_kind"])
    return wanted


def add_lesson(
    db: Session, actor: Actor, page_id: UUID, day: date, number: int, control_kind: str = ""
) -> UUID:
    """Add a lesson that is not in the timetable; returns its id.

    Raises `Invalid` for a day outside of the academic year's terms or an impossible number, `Conflict` if
    the page has that lesson already or the term is closed.
    """
    page = open_page(db, actor, page_id, lock=True)
    actor.require(EDIT)
    if not page.may_edit:
        raise Forbidden(
            "Эту страницу журнала ведёт другой учитель.",
            advice="Добавить урок могут учитель предмета и завуч.",
        )
    if not 0 <= number <= LAST_NUMBER:
        wrong = sentence("Номер урока – от 0 до %(last)s.", last=LAST_NUMBER)
        raise Invalid(wrong, fields={"number": wrong})
    if page.terms and not page.terms[0].starts_on <= day <= page.terms[-1].ends_on:
        raise Invalid(
            "Этот день вне учебного года.",
            advice="Выберите день учебного года.",
            fields={"day": "Выберите день учебного года."},
        )
    require_open_term(page, day)
    known_kind(page.settings, control_kind)
    if db.scalar(
        select(func.count()).where(
            JournalLesson.page_id == page.id,
            JournalLesson.day == day,
            JournalLesson.number == number,
            JournalLesson.status.not_in(NOT_GIVEN),
        )
    ):
        raise Conflict(
            "Такой урок на странице уже есть.",
            advice="Выберите другой день или номер урока.",
            fields={"number": "Такой урок уже есть."},
        )
    lesson_id = new_id()
    db.execute(
        insert(JournalLesson).values(
            id=lesson_id,
            organization_id=page.organization_id,
            academic_year_id=page.academic_year_id,
            page_id=page.id,
            day=day,
            number=number,
            teacher_id=actor.person_id,
            control_kind=control_kind,
            status="manual",
        )
    )
    version = raise_version(db, page.id, lessons=True)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.lesson.add",
            subject_type=LESSON,
            subject_id=str(lesson_id),
            after={"day": day.isoformat(), "number": number},
        ),
    )
    tell(db, page.id, version, lesson=lesson_id)
    return lesson_id


def page_of_lesson(db: Session, lesson_id: UUID) -> UUID | None:
    """The page a lesson stands on. The caller opens the page, which asks for the rights."""
    return db.scalar(
        select(JournalPage.id)
        .join(JournalLesson, JournalLesson.page_id == JournalPage.id)
        .where(JournalLesson.id == lesson_id)
    )
