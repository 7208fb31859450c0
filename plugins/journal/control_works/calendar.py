"""The control works of a school by class and day, beside the limits.

Письмо Рособрнадзора и Минпросвещения от 06.08.2021 № СК-228/03, 01-169/08-01 recommends that works of 30 minutes and
more take at most 10 % of a subject's lessons in the year, come at most once in two and a half weeks in a subject, and
not on the first and the last lesson of the day, unless the subject has one lesson a week; that a class has no two on
one day is usual practice. All are settings of the school, and crossing them is a warning.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Select, case, func, select

from core.database.session import Session
from core.errors import Invalid
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, PupilGroup, SchoolClass, Subject
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.access import VIEW, Opened, group_title, visible
from plugins.journal.attendance.reach import pages_of_class
from plugins.journal.grid.stored_cells import lesson_on
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.settings import JournalSettings, settings_of


class ControlWork(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson with a control work."""

    lesson: Annotated[UUID, Meta(description="Ключ урока.")]
    page: Annotated[UUID, Meta(description="Ключ страницы журнала.")]
    day: Annotated[date, Meta(description="День работы.")]
    number: Annotated[int, Meta(description="Который урок в этот день.")]
    class_name: Annotated[str, Meta(description="Класс или группа из разных классов.")]
    group: Annotated[str, Meta(description="Подгруппа; пусто, если работа у всего класса.")]
    subject: str
    kind: Annotated[str, Meta(description="Вид работы словами.")]
    crowded: Annotated[bool, Meta(description="В этот день у класса работ больше, чем можно.")]
    url: Annotated[str, Meta(description="Страница урока; пусто, если она вам не открыта.")]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A page where control works take more of the year's lessons than they may."""

    class_name: Annotated[str, Meta(description="Класс или группа.")]
    subject: str
    works: Annotated[int, Meta(description="Сколько уроков года с контрольной работой.")]
    lessons: Annotated[int, Meta(description="Сколько уроков предмета в году.")]


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """The control works of a month."""

    first: Annotated[date, Meta(description="Первый день месяца.")]
    a_day: Annotated[int, Meta(description="Сколько работ в день можно одному классу.")]
    share: Annotated[int, Meta(description="Сколько процентов уроков предмета могут занимать работы.")]
    works: Annotated[Sequence[ControlWork], Meta(description="Работы по классам и дням.")]
    over_share: Annotated[Sequence[Share], Meta(description="Где работ за год больше этой доли.")]

    @property
    def last(self) -> date:
        """The last day of the month."""
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])


def month_named(text: str, today: date) -> date:
    """The first day of a month as `2026-11`; of this month for an empty text. Raises `Invalid`."""
    if not text:
        return today.replace(day=1)
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Invalid("Такого месяца нет.", advice="Выберите месяц, например 2026-11.") from None


def read_month(db: Session, actor: Actor, text: str) -> Month:
    """The acting school's control works of a month: any teacher may see when a class is busy.

    Raises `Forbidden` without the right to the journal, `Invalid` for a month that is none.
    """
    actor.require(VIEW)
    first = month_named(text, school_today(actor))
    last = first.replace(day=monthrange(first.year, first.month)[1])
    settings = settings_of(db, actor)
    here = JournalLesson.organization_id == actor.organization_id
    rows = db.execute(_works(settings).where(here, JournalLesson.day.between(first, last))).all()
    open_pages = set(
        db.scalars(
            select(JournalPage.id).where(JournalPage.id.in_({row.page_id for row in rows}), visible(actor))
        )
    )
    a_day: dict[tuple[Any, date], set[UUID]] = {}
    for row in rows:
        # Subgroups of one subject write at once: for a pupil that is one work.
        a_day.setdefault((row.class_id or row.group_id, row.day), set()).add(row.subject_id)
    return Month(
        first=first,
        a_day=settings.control_works_a_day,
        share=settings.control_works_share,
        works=[
            ControlWork(
                lesson=row.id,
                page=row.page_id,
                day=row.day,
                number=row.number,
                class_name=row.class_name or row.group_name,
                group=group_title(row.group_name, row.class_name, row.subject)
                if row.class_name and row.group_name
                else "",
                subject=row.subject,
                kind=settings.kinds[row.control_kind].shown_title,
                crowded=len(a_day[row.class_id or row.group_id, row.day]) > settings.control_works_a_day,
                url=f"/journal/{row.page_id}/lessons/{row.id}" if row.page_id in open_pages else "",
            )
            for row in rows
        ],
        over_share=_over_share(db, settings, here, first, last),
    )


def _works(settings: JournalSettings) -> Select[Any]:
    statement: Any = (
        select(
            JournalLesson.id,
            JournalLesson.page_id,
            JournalLesson.day,
            JournalLesson.number,
            JournalLesson.control_kind,
            JournalPage.subject_id,
            Subject.name.label("subject"),
            SchoolClass.id.label("class_id"),
            SchoolClass.name.label("class_name"),
            PupilGroup.id.label("group_id"),
            PupilGroup.name.label("group_name"),
        )
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            (SchoolClass.id == JournalPage.school_class_id) | (SchoolClass.id == PupilGroup.school_class_id),
        )
        .where(
            JournalLesson.control_kind.in_(settings.control_work_codes),
            JournalLesson.status.not_in(NOT_GIVEN),
        )
        .order_by(SchoolClass.name_key, JournalLesson.day, JournalLesson.number, JournalLesson.id)
    )
    return statement


def _over_share(
    db: Session, settings: JournalSettings, here: ColumnElement[bool], first: date, last: date
) -> list[Share]:
    works, lessons = _counts(settings)
    rows = db.execute(
        select(
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
            works.label("works"),
            lessons.label("lessons"),
        )
        .select_from(JournalLesson)
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .join(AcademicYear, AcademicYear.id == JournalPage.academic_year_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(SchoolClass, SchoolClass.id == JournalPage.school_class_id)
        .where(
            here,
            JournalLesson.status.not_in(NOT_GIVEN),
            AcademicYear.starts_on <= last,
            AcademicYear.ends_on >= first,
        )
        .group_by(
            JournalPage.id,
            Subject.name,
            Subject.name_key,
            SchoolClass.name,
            SchoolClass.name_key,
            PupilGroup.name,
        )
        .having(works * 100 > lessons * settings.control_works_share)
        .order_by(SchoolClass.name_key, Subject.name_key)
    )
    return [
        Share(
            class_name=row.class_name or row.group_name or "",
            subject=row.subject,
            works=int(row.works),
            lessons=row.lessons,
        )
        for row in rows
    ]


def _counts(settings: JournalSettings) -> tuple[ColumnElement[int], ColumnElement[int]]:
    is_work = JournalLesson.control_kind.in_(settings.control_work_codes)
    return func.sum(case((is_work, 1), else_=0)), func.count(JournalLesson.id)


def warnings_about(db: Session, page: Opened, lesson_id: UUID, kind: str) -> list[str]:
    """What speaks against a control work of this kind at a lesson of an opened page; empty for other kinds.

    Raises `NotFound` for a lesson of another page.
    """
    lesson = lesson_on(db, page, lesson_id)
    if kind not in page.settings.control_work_codes:
        return []
    found = (
        _too_many_a_day(db, page, lesson),
        _too_soon(db, page, lesson),
        _at_an_edge(db, page, lesson),
        _too_large_a_share(db, page, lesson),
    )
    return [each for each in found if each]


def _too_many_a_day(db: Session, page: Opened, lesson: Any) -> str:
    same_day = _same_day(db, page, lesson)
    if len(same_day) < page.settings.control_works_a_day:
        return ""
    return sentence(
        "В этот день у класса уже есть: %(works)s. Выберите другой день: в день можно %(most)s.",
        works=", ".join(same_day),
        most=page.settings.control_works_a_day,
    )


def _too_soon(db: Session, page: Opened, lesson: Any) -> str:
    """Of the works of the page on other days the nearest, if it is too near."""
    apart = timedelta(days=page.settings.control_works_apart)
    days = db.scalars(
        select(JournalLesson.day).where(
            JournalLesson.page_id == page.id,
            JournalLesson.control_kind.in_(page.settings.control_work_codes),
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.day != lesson.day,
            JournalLesson.day > lesson.day - apart,
            JournalLesson.day < lesson.day + apart,
        )
    ).all()
    if not days:
        return ""
    return counted(
        "Контрольная по предмету уже есть %(day)s: между ними должен пройти хотя бы %(count)s день.",
        "Контрольная по предмету уже есть %(day)s: между ними должно пройти хотя бы %(count)s дней.",
        page.settings.control_works_apart,
        day=min(days, key=lambda day: abs(day - lesson.day)),
    )


def _at_an_edge(db: Session, page: Opened, lesson: Any) -> str:
    if page.settings.control_works_at_edges or lesson.status in NOT_GIVEN:
        return ""
    class_id = _class_of(db, page)
    if class_id is None or _is_weekly(db, page, lesson.day):
        return ""
    first, last = db.execute(
        select(func.min(JournalLesson.number), func.max(JournalLesson.number))
        .join(JournalPage, JournalPage.id == JournalLesson.page_id)
        .where(
            JournalLesson.organization_id == page.organization_id,
            JournalLesson.day == lesson.day,
            JournalLesson.status.not_in(NOT_GIVEN),
            pages_of_class(class_id, lesson.day, lesson.day),
        )
    ).one()
    if first == last or lesson.number not in (first, last):
        return ""
    return (
        sentence("Это первый урок класса в этот день: для контрольной лучше один из следующих.")
        if lesson.number == first
        else sentence("Это последний урок класса в этот день: для контрольной лучше один из прежних.")
    )


def _is_weekly(db: Session, page: Opened, day: date) -> bool:
    """Whether the subject has one lesson in the week of a day."""
    monday = day - timedelta(days=day.weekday())
    lessons = db.scalar(
        select(func.count(JournalLesson.id)).where(
            JournalLesson.page_id == page.id,
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.day.between(monday, monday + timedelta(days=6)),
        )
    )
    return lessons == 1


def _too_large_a_share(db: Session, page: Opened, lesson: Any) -> str:
    works, lessons = _counts(page.settings)
    row = db.execute(
        select(works.label("works"), lessons.label("lessons")).where(
            JournalLesson.page_id == page.id,
            JournalLesson.status.not_in(NOT_GIVEN),
            JournalLesson.id != lesson.id,
        )
    ).one()
    count, total = int(row.works or 0) + 1, row.lessons + 1
    if count * 100 <= total * page.settings.control_works_share:
        return ""
    return counted(
        "С этой работой их в году %(works)s на %(count)s урок: больше %(share)s процентов.",
        "С этой работой их в году %(works)s на %(count)s уроков: больше %(share)s процентов.",
        total,
        works=count,
        share=page.settings.control_works_share,
    )


def _class_of(db: Session, page: Opened) -> UUID | None:
    return page.school_class_id or db.scalar(
        select(PupilGroup.school_class_id).where(PupilGroup.id == page.pupil_group_id)
    )


def _same_day(db: Session, page: Opened, lesson: Any) -> list[str]:
    class_id = _class_of(db, page)
    if class_id is None:
        return []
    rows = db.execute(
        _works(page.settings).where(
            JournalLesson.organization_id == page.organization_id,
            JournalLesson.day == lesson.day,
            JournalPage.subject_id != page.subject_id,
            pages_of_class(class_id, lesson.day, lesson.day),
        )
    )
    return list(
        dict.fromkeys(f"{row.subject} ({page.settings.kinds[row.control_kind].shown_title})" for row in rows)
    )


def months_around(first: date) -> tuple[str, str]:
    """The months before and after, as addresses name them."""
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    return f"{before:%Y-%m}", f"{after:%Y-%m}"
