"""What the history of changes calls pages, lessons and cells of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import short_name
from core.organizations.models import PupilGroup, SchoolClass, Subject
from core.roles.actor import Actor
from core.web.i18n import show_short_day
from plugins.journal.access import visible
from plugins.journal.models import JournalLesson, JournalMark, JournalPage

Told = Mapping[str, tuple[str, str]]


def pages_named(db: Session, actor: Actor, ids: Sequence[str]) -> Told:
    """Pages: «Алгебра, 7А»."""
    rows = db.execute(_pages(actor).where(JournalPage.id.in_([UUID(each) for each in ids])))
    return {str(row.page_id): (_page(row), f"/journal/{row.page_id}") for row in rows}


def lessons_named(db: Session, actor: Actor, ids: Sequence[str]) -> Told:
    """Lessons: «Алгебра, 7А, 23.11.2026»."""
    return {
        str(key): (text, url)
        for key, (text, url) in _lessons(db, actor, [UUID(each) for each in ids]).items()
    }


def cells_named(db: Session, actor: Actor, ids: Sequence[str]) -> Told:
    """Cells, whose names are a lesson and a pupil: «Семёнов А. П., Алгебра, 7А, 23.11.2026»."""
    pairs = {each: (UUID(each.partition(":")[0]), UUID(each.partition(":")[2])) for each in ids}
    return _of_pupils(db, actor, pairs)


def marks_named(db: Session, actor: Actor, ids: Sequence[str]) -> Told:
    """Marks, as the cells they stand in."""
    rows = db.execute(
        select(JournalMark.id, JournalMark.lesson_id, JournalMark.pupil_id).where(
            JournalMark.id.in_([UUID(each) for each in ids])
        )
    )
    return _of_pupils(db, actor, {str(row.id): (row.lesson_id, row.pupil_id) for row in rows})


def term_marks_named(db: Session, actor: Actor, ids: Sequence[str]) -> Told:
    """Term marks, whose names are a page, a pupil and a term: «Семёнов А. П., Алгебра, 7А»."""
    parts = {each: each.split(":") for each in ids}
    pages = pages_named(db, actor, sorted({page for page, _pupil, _slot in parts.values()}))
    people = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
            Person.id.in_({UUID(pupil) for _page, pupil, _slot in parts.values()})
        )
    )
    pupils = {str(row.id): short_name(row.last_name, row.first_name, row.middle_name) for row in people}
    return {
        key: (f"{pupils[pupil]}, {pages[page][0]}", f"{pages[page][1]}/term-marks")
        for key, (page, pupil, _slot) in parts.items()
        if page in pages and pupil in pupils
    }


def _of_pupils(db: Session, actor: Actor, pairs: Mapping[str, tuple[UUID, UUID]]) -> Told:
    lessons = _lessons(db, actor, sorted({lesson for lesson, _pupil in pairs.values()}))
    people = db.execute(
        select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
            Person.id.in_({pupil for _lesson, pupil in pairs.values()})
        )
    )
    pupils = {row.id: short_name(row.last_name, row.first_name, row.middle_name) for row in people}
    return {
        key: (f"{pupils[pupil]}, {lessons[lesson][0]}", lessons[lesson][1])
        for key, (lesson, pupil) in pairs.items()
        if lesson in lessons and pupil in pupils
    }


def _lessons(db: Session, actor: Actor, ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, str]]:
    rows = db.execute(
        _pages(actor)
        .add_columns(JournalLesson.id.label("lesson_id"), JournalLesson.day)
        .join(JournalLesson, JournalLesson.page_id == JournalPage.id)
        .where(JournalLesson.id.in_(ids))
    )
    return {
        row.lesson_id: (f"{_page(row)}, {show_short_day(row.day)}", f"/journal/{row.page_id}") for row in rows
    }


def _pages(actor: Actor) -> Any:
    return (
        select(
            JournalPage.id.label("page_id"),
            Subject.name.label("subject"),
            SchoolClass.name.label("school_class"),
            PupilGroup.name.label("pupil_group"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == JournalPage.school_class_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .where(visible(actor))
    )


def _page(row: Any) -> str:
    return ", ".join(each for each in (row.subject, row.pupil_group or row.school_class) if each)
