"""Homework copied to parallel classes: the same subject and grade level, pages that the actor keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.attached_files import keep_attached
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.files import Received, StoredFile
from core.organizations.models import PupilGroup, SchoolClass
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import EDIT, Opened, allowed, group_title, open_page
from plugins.journal.homework.items import items_of
from plugins.journal.homework.materials import HOMEWORK_FILES, files_about
from plugins.journal.lessons.lessons import LessonChange, read_lesson
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.topics.writing import write_lesson

AROUND = timedelta(days=14)
"""A parallel class has the same lesson within so many days."""


class LandingLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that the homework may be written into."""

    id: UUID
    day: date
    number: Annotated[int, Meta(description="Который урок в этот день.")]
    homework: Annotated[str, Meta(description="Что там уже задано; пусто – ничего.")]


class CopyTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A parallel page, its lessons of these days, and which of them the homework lands on."""

    page_id: UUID
    title: Annotated[str, Meta(description="Класс и группа: «7Б».")]
    lands_on: Annotated[
        UUID, Meta(description="Ключ урока: первого в тот же день или позже, иначе последнего.")
    ]
    lessons: Annotated[
        Sequence[LandingLesson], Meta(description="Уроки за две недели до этого дня и после него.")
    ]

    @property
    def landing(self) -> LandingLesson:
        """The lesson that the homework lands on unless another is chosen."""
        return next(each for each in self.lessons if each.id == self.lands_on)


def copy_targets(db: Session, actor: Actor, page: Opened, lesson_id: UUID) -> list[CopyTarget]:
    """Where the homework of a lesson of an opened page may be copied to, by class."""
    actor.require(EDIT)
    day = read_lesson(db, actor, page, lesson_id).day
    if page.grade_level is None:
        return []
    rows: Sequence[Any] = db.execute(
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.number,
            JournalLesson.homework,
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .join(
            SchoolClass,
            (SchoolClass.id == JournalPage.school_class_id) | (SchoolClass.id == PupilGroup.school_class_id),
        )
        .where(
            JournalPage.organization_id == page.organization_id,
            JournalPage.academic_year_id == page.academic_year_id,
            JournalPage.subject_id == page.subject_id,
            JournalPage.id != page.id,
            SchoolClass.grade_level == page.grade_level,
            allowed(actor, EDIT),
            JournalLesson.day.between(day - AROUND, day + AROUND),
            JournalLesson.status.not_in(NOT_GIVEN),
        )
        .order_by(
            SchoolClass.name_key, PupilGroup.name, JournalPage.id, JournalLesson.day, JournalLesson.number
        )
    ).all()
    by_page: dict[UUID, list[Any]] = {}
    for row in rows:
        by_page.setdefault(row.page_id, []).append(row)
    return [
        CopyTarget(
            page_id=page_id,
            title=", ".join(
                part
                for part in (
                    lessons[0].class_name,
                    group_title(lessons[0].group_name, lessons[0].class_name, page.subject)
                    if lessons[0].group_name
                    else "",
                )
                if part
            ),
            lands_on=next((each.id for each in lessons if each.day >= day), lessons[-1].id),
            lessons=[
                LandingLesson(id=each.id, day=each.day, number=each.number, homework=each.homework)
                for each in lessons
            ],
        )
        for page_id, lessons in by_page.items()
    ]


def copies_of_files(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, lessons: Sequence[UUID]
) -> Mapping[UUID, Sequence[Received]]:
    """The files of a homework put into the storage once for each lesson; outside the transaction that keeps them."""
    page = open_page(db, actor, page_id)
    known = {each.id for target in copy_targets(db, actor, page, lesson_id) for each in target.lessons}
    given = files_about(db, HOMEWORK_FILES, page.organization_id, [lesson_id]).get(lesson_id, [])
    found: dict[UUID, list[Received]] = {}
    for each in given:
        content = b"".join(db.portal.files.open(db.get_one(StoredFile, each.id)))
        for target in known & set(lessons):
            found.setdefault(target, []).append(db.portal.files.receive(each.name, content))
    return found


def copy_homework(
    db: Session,
    actor: Actor,
    page_id: UUID,
    lesson_id: UUID,
    lessons: Sequence[UUID],
    *,
    replace: bool = False,
    files: Mapping[UUID, Sequence[Received]] | None = None,
) -> int:
    """Write the homework of a lesson into lessons of parallel classes, each as its teacher would; returns into how
    many.

    Raises `Conflict` if nothing is given, a term is closed, or, without `replace`, other homework stands there;
    `Invalid` for a lesson that is not among the targets.
    """
    page = open_page(db, actor, page_id)
    source = read_lesson(db, actor, page, lesson_id)
    # Of what the library has no more, only the title is known: that cannot be given anew.
    items = [each.id for each in source.homework_items if each.url]
    if not (source.homework or source.homework_links or items):
        raise Conflict("Копировать нечего: задание не записано.", advice="Сначала запишите задание в уроке.")
    places = {
        lesson.id: (target, lesson)
        for target in copy_targets(db, actor, page, lesson_id)
        for lesson in target.lessons
    }
    chosen = list(dict.fromkeys(lessons))
    if not chosen or any(each not in places for each in chosen):
        words = sentence("Отметьте классы, которым задать то же.")
        raise Invalid("Задание не скопировано.", advice=words, fields={"page": words})
    present = {lesson: [each.id for each in given] for lesson, given in items_of(db, actor, chosen).items()}
    for each in chosen:
        target, lesson = places[each]
        other = (lesson.homework and lesson.homework != source.homework) or present.get(each, items) != items
        if other and not replace:
            words = sentence("%(title)s: на этом уроке уже задано другое.", title=target.title)
            raise Conflict(
                words,
                advice="Выберите другой урок или отметьте «Заменить то, что задано».",
                fields={"page": words},
            )
    for each in sorted(chosen, key=lambda key: places[key][0].page_id):
        target, _lesson = places[each]
        write_lesson(
            db,
            actor,
            target.page_id,
            each,
            LessonChange(
                homework=source.homework,
                homework_minutes=source.homework_minutes,
                homework_links=source.homework_links,
                homework_items=items,
            ),
        )
        had = len(files_about(db, HOMEWORK_FILES, page.organization_id, [each]).get(each, ()))
        keep_attached(
            db,
            actor,
            (files or {}).get(each, ()),
            purpose=HOMEWORK_FILES,
            organization_id=page.organization_id,
            subject=str(each),
            had=had,
        )
    return len(chosen)
