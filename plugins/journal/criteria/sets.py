"""The criteria of a work: read, written as a list of lines, taken over from another work of the subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import aliased

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.names import sort_key
from core.organizations.models import PupilGroup, SchoolClass
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import MARK, Opened, group_title, open_page, require_right, visible
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.stored_cells import lesson_on, raise_version, tell
from plugins.journal.lessons.lessons import LESSON
from plugins.journal.models import JournalLesson, JournalPage

LONGEST_TITLE = 120
MOST_POINTS = 100
MOST_CRITERIA = 20
MOST_SOURCES = 30

Title = Annotated[str, Meta(max_length=200, description="Название критерия, до 120 знаков.")]
Greatest = Annotated[int, Meta(ge=1, le=MOST_POINTS, description="Сколько баллов он даёт самое большее.")]


class WantedCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion as it is to be."""

    title: Title
    greatest: Greatest


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion of a work."""

    id: Annotated[UUID, Meta(description="Ключ критерия.")]
    title: Title
    greatest: Greatest


class CriteriaSource(msgspec.Struct, frozen=True, kw_only=True):
    """Another work of the subject whose criteria may be taken over."""

    lesson_id: UUID
    page: str
    day: date
    criteria: Sequence[WantedCriterion]


def read_criteria(db: Session, lesson_id: UUID) -> list[Criterion]:
    """The criteria of a lesson of an opened page, in order."""
    rows = db.execute(
        select(JournalCriterion.id, JournalCriterion.title, JournalCriterion.greatest)
        .where(JournalCriterion.lesson_id == lesson_id)
        .order_by(JournalCriterion.position)
    )
    return [Criterion(id=row.id, title=row.title, greatest=row.greatest) for row in rows]


def lines_of(criteria: Sequence[Criterion] | Sequence[WantedCriterion]) -> str:
    """Criteria as they are typed: «Содержание; 5» to a line."""
    return "\n".join(f"{each.title}; {each.greatest}" for each in criteria)


def typed_criteria(text: str) -> list[WantedCriterion]:
    """The criteria of lines «Содержание; 5». Raises `Invalid` that names the line it does not understand."""
    found: list[WantedCriterion] = []
    for line in text.replace("\x00", "").splitlines():
        if not line.strip():
            continue
        title, _semicolon, points = line.rpartition(";")
        number = points.strip()
        if not title.strip() or not (number.isascii() and number.isdigit() and len(number) <= 3):
            raise _refused(
                sentence(
                    "Строка «%(line)s»: сначала критерий, потом сколько баллов, например «Содержание; 5».",
                    line=line.strip()[:100],
                )
            )
        found.append(WantedCriterion(title=title.strip(), greatest=int(number)))
    return found


def _refused(what: str) -> Invalid:
    return Invalid("Критерии не сохранены.", fields={"criteria": what})


def set_criteria(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, wanted: Sequence[WantedCriterion]
) -> list[Criterion]:
    """Let a work have these criteria; returns them. Points stay with the criterion of the same name or place.

    Raises `Invalid` for what cannot be a criterion, `Conflict` for an ordinary lesson, in a closed term and where
    points are given for a criterion that would go or would bring fewer, `Forbidden` on another teacher's lesson.
    """
    page = open_page(db, actor, page_id, lock=True)
    lesson = lesson_on(db, page, lesson_id)
    require_right(actor, MARK, page.may_mark, lesson.teacher_id)
    require_open_term(page, lesson.day)
    wanted = [WantedCriterion(title=" ".join(each.title.split()), greatest=each.greatest) for each in wanted]
    _check(wanted)
    if wanted and not lesson.control_kind:
        raise Conflict(
            "По критериям оценивают работу, а это обычный урок.",
            advice="Сначала выберите вид работы в карточке урока.",
        )
    there = read_criteria(db, lesson_id)
    if [(each.title, each.greatest) for each in there] == [(each.title, each.greatest) for each in wanted]:
        return there
    pairs, gone = _paired(there, wanted)
    _require_no_points(db, pairs, gone)
    _write(db, page, lesson_id, pairs, gone)
    version = raise_version(db, page.id)
    record(
        db,
        actor,
        page.organization_id,
        Change(
            action="journal.criteria.set",
            subject_type=LESSON,
            subject_id=str(lesson_id),
            before={"criteria": lines_of(there)} if there else None,
            after={"criteria": lines_of(wanted)} if wanted else None,
        ),
    )
    tell(db, page.id, version)
    return read_criteria(db, lesson_id)


def _check(wanted: Sequence[WantedCriterion]) -> None:
    if len(wanted) > MOST_CRITERIA:
        raise _refused(sentence("Критериев может быть не больше %(count)s.", count=MOST_CRITERIA))
    for each in wanted:
        if not each.title or len(each.title) > LONGEST_TITLE:
            raise _refused(sentence("Название критерия – от 1 до %(count)s знаков.", count=LONGEST_TITLE))
        if not 1 <= each.greatest <= MOST_POINTS:
            raise _refused(
                sentence("«%(title)s»: баллов – от 1 до %(most)s.", title=each.title, most=MOST_POINTS)
            )
    keys = [sort_key(each.title) for each in wanted]
    if len(set(keys)) != len(keys):
        raise _refused(sentence("Два критерия называются одинаково."))


def _paired(
    there: Sequence[Criterion], wanted: Sequence[WantedCriterion]
) -> tuple[list[tuple[Criterion | None, WantedCriterion]], list[Criterion]]:
    """Each wanted criterion with the one it continues, by name and then by order; and those that go."""
    by_name = {sort_key(each.title): each for each in there}
    named = [by_name.pop(sort_key(each.title), None) for each in wanted]
    rest = list(by_name.values()) if len(wanted) == len(there) else []
    pairs = [(old or (rest.pop(0) if rest else None), each) for old, each in zip(named, wanted, strict=True)]
    kept = {old.id for old, _each in pairs if old}
    return pairs, [each for each in there if each.id not in kept]


def _require_no_points(
    db: Session, pairs: Sequence[tuple[Criterion | None, WantedCriterion]], gone: Sequence[Criterion]
) -> None:
    lowered = {old.id: each.greatest for old, each in pairs if old and each.greatest < old.greatest}
    ids = [*lowered, *(each.id for each in gone)]
    rows = db.execute(
        select(JournalPoints.criterion_id, func.max(JournalPoints.points), func.count())
        .where(JournalPoints.criterion_id.in_(ids))
        .group_by(JournalPoints.criterion_id)
    )
    titles = {each.id: each.title for each in gone} | {old.id: old.title for old, _each in pairs if old}
    for criterion_id, most, _count in rows:
        if criterion_id not in lowered or most > lowered[criterion_id]:
            raise Conflict(
                sentence(
                    "За «%(title)s» уже стоят баллы, до %(most)s.", title=titles[criterion_id], most=most
                ),
                advice="Сначала сотрите или уменьшите эти баллы.",
            )


def _write(
    db: Session,
    page: Opened,
    lesson_id: UUID,
    pairs: Sequence[tuple[Criterion | None, WantedCriterion]],
    gone: Sequence[Criterion],
) -> None:
    for position, (old, each) in enumerate(pairs):
        values = {"position": position, "title": each.title, "greatest": each.greatest}
        if old is not None:
            db.execute(update(JournalCriterion).where(JournalCriterion.id == old.id).values(values))
        else:
            db.execute(
                insert(JournalCriterion).values(
                    id=new_id(),
                    organization_id=page.organization_id,
                    academic_year_id=page.academic_year_id,
                    page_id=page.id,
                    lesson_id=lesson_id,
                    **values,
                )
            )
    if gone:
        db.execute(delete(JournalCriterion).where(JournalCriterion.id.in_([each.id for each in gone])))


def criteria_sources(db: Session, actor: Actor, page: Opened, lesson_id: UUID) -> list[CriteriaSource]:
    """The latest works of the page's subject with criteria, on pages that the actor may open."""
    lesson = aliased(JournalLesson)  # who may see a page is asked of lessons, too
    rows: Sequence[Any] = db.execute(
        select(
            JournalCriterion.lesson_id,
            JournalCriterion.title,
            JournalCriterion.greatest,
            lesson.day,
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
        )
        .join(lesson, lesson.id == JournalCriterion.lesson_id)
        .join(JournalPage, JournalPage.id == JournalCriterion.page_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id == func.coalesce(JournalPage.school_class_id, PupilGroup.school_class_id),
        )
        .where(
            JournalCriterion.organization_id == page.organization_id,
            JournalCriterion.academic_year_id == page.academic_year_id,
            JournalPage.subject_id == page.subject_id,
            JournalCriterion.lesson_id != lesson_id,
            visible(actor),
        )
        .order_by(lesson.day.desc(), JournalCriterion.lesson_id, JournalCriterion.position)
        .limit(MOST_SOURCES * MOST_CRITERIA)
    ).all()
    by_lesson: dict[UUID, list[Any]] = {}
    for row in rows:
        by_lesson.setdefault(row.lesson_id, []).append(row)
    return [
        CriteriaSource(
            lesson_id=key,
            page=", ".join(
                part
                for part in (
                    found[0].class_name or "",
                    group_title(found[0].group_name, found[0].class_name, page.subject)
                    if found[0].group_name
                    else "",
                )
                if part
            ),
            day=found[0].day,
            criteria=[WantedCriterion(title=row.title, greatest=row.greatest) for row in found],
        )
        for key, found in list(by_lesson.items())[:MOST_SOURCES]
    ]


def take_criteria(
    db: Session, actor: Actor, page_id: UUID, lesson_id: UUID, source_id: UUID
) -> list[Criterion]:
    """Let a work have the criteria of another work of the subject. Raises as `set_criteria`; `NotFound` besides."""
    page = open_page(db, actor, page_id)
    sources = criteria_sources(db, actor, page, lesson_id)
    source = next((each for each in sources if each.lesson_id == source_id), None)
    if source is None:
        raise NotFound("Такой работы с критериями нет.", advice="Выберите работу из списка.")
    return set_criteria(db, actor, page_id, lesson_id, source.criteria)
