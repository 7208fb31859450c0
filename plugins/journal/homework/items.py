"""Items of the content library that come with homework: the journal keeps their ids, the library tells the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select

from core.capabilities import HomeworkItem, ask, ask_for
from core.content_library import LONGEST_ITEM_ID, Content, ContentItem
from core.database.session import Session
from core.errors import Invalid
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from plugins.journal.access import Opened
from plugins.journal.homework.models import GivenItem, TaskItem

ITEM_IDS = "homework_item_ids"
MOST_ITEMS = 20
MOST_FOUND = 10
LONGEST_QUERY = 200


class ItemSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for in the library, and what it has."""

    asked: str = ""
    found: Sequence[HomeworkItem] = ()


def items_of(db: Session, actor: Actor, lessons: Collection[UUID]) -> dict[UUID, list[HomeworkItem]]:
    """The items given at some lessons, by lesson, in the teacher's order. The caller has asked for the right."""
    return _items_by(db, actor, GivenItem, GivenItem.lesson_id, lessons)


def items_of_tasks(db: Session, actor: Actor, tasks: Collection[UUID]) -> dict[UUID, list[HomeworkItem]]:
    """As `items_of`, of tasks for some pupils, by task."""
    return _items_by(db, actor, TaskItem, TaskItem.task_id, tasks)


def _items_by(
    db: Session, actor: Actor, table: type[GivenItem] | type[TaskItem], owner: Any, owners: Collection[UUID]
) -> dict[UUID, list[HomeworkItem]]:
    if not owners:
        return {}
    rows = db.execute(
        select(owner.label("owner_id"), table.item_id, table.title, table.organization_id, Organization.path)
        .join(Organization, Organization.id == table.organization_id)
        .where(owner.in_(owners))
        .order_by(owner, table.position)
    ).all()
    return told_items(db, actor, rows)


def told_items(db: Session, actor: Actor, rows: Sequence[Any]) -> dict[UUID, list[HomeworkItem]]:
    """What the libraries say of given items, by what they came with, a lesson or a task.

    Rows have `owner_id`, `item_id`, `title`, `organization_id` and the organization's `path`, in the teacher's order.
    """
    wanted: dict[tuple[UUID, str], set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.organization_id, row.path].add(row.item_id)
    known = {
        organization_id: _told(db, actor, organization_id, path, sorted(ids))
        for (organization_id, path), ids in wanted.items()
    }
    found: dict[UUID, list[HomeworkItem]] = defaultdict(list)
    for row in rows:
        found[row.owner_id].append(_item(row.item_id, row.title, known[row.organization_id]))
    return found


def _item(item_id: str, title: str, library: Mapping[str, ContentItem] | None) -> HomeworkItem:
    told = library.get(item_id) if library is not None else None
    if told is not None:
        return HomeworkItem(**msgspec.structs.asdict(told))
    return HomeworkItem(id=item_id, title=title, withdrawn=library is not None)


def _told(
    db: Session, actor: Actor, organization_id: UUID, path: str, ids: Sequence[str]
) -> Mapping[str, ContentItem] | None:
    """What a school's library has of some items, by id; None if it has no library or that fails."""
    library: Content | None = ask_for(db, path, "content")
    if library is None:
        return None
    told = _fenced(db, path, lambda: library.items(db, actor, organization_id, ids))
    return {each.id: each for each in told if len(each.id) <= LONGEST_ITEM_ID} if told is not None else None


def _fenced(
    db: Session, path: str, asked: Callable[[], Sequence[ContentItem]]
) -> Sequence[ContentItem] | None:
    """What the library answers; None if it fails: lessons and diaries do without it then."""
    try:
        with db.begin_nested():
            return asked()
    except Exception as error:  # a plugin may raise anything
        provider = db.portal.switches.provider("content", path) or ""
        db.portal.plugins.fence(provider, sentence("возможность «%(name)s»", name="content"), error)
        return None


def look_for(db: Session, actor: Actor, page: Opened, query: str) -> ItemSearch | None:
    """What the library of the school has for a lesson of an opened page; None if nobody provides a library."""
    library: Content | None = ask(db, actor, "content")
    if library is None:
        return None
    asked = query.replace("\x00", "").strip()[:LONGEST_QUERY]
    if not asked:
        return ItemSearch()
    found = _fenced(
        db,
        actor.acting_role.organization_path,
        lambda: library.find(
            db,
            actor,
            page.organization_id,
            asked,
            subject_id=page.subject_id,
            grade_level=page.grade_level,
            limit=MOST_FOUND,
        ),
    )
    return ItemSearch(
        asked=asked,
        found=[_item(each.id, each.title, {each.id: each}) for each in (found or ())[:MOST_FOUND]],
    )


def chosen_items(
    db: Session, actor: Actor, page: Opened, had: Sequence[HomeworkItem], ids: Sequence[str]
) -> list[HomeworkItem]:
    """The items with these ids, in this order: those that the homework had, and new ones that the library has.

    An id that is neither is left out.
    """
    known = {each.id: each for each in had}
    wanted = list(dict.fromkeys(ids))
    new = [each for each in wanted if each not in known]
    if new:
        told = _told(db, actor, page.organization_id, actor.acting_role.organization_path, new) or {}
        known |= {each: _item(each, "", told) for each in new if each in told}
    return [known[each] for each in wanted if each in known]


def checked_items(
    db: Session,
    actor: Actor,
    page: Opened,
    had: Sequence[HomeworkItem],
    ids: Sequence[str],
    refused: str = "Урок не сохранён.",
) -> list[HomeworkItem]:
    """As `chosen_items`. Raises `Invalid` with the words `refused` for an id that the library does not have, and for
    too many."""
    chosen = chosen_items(db, actor, page, had, ids)
    wrong = ""
    if len(chosen) < len(set(ids)):
        wrong = sentence("Одного из выбранных материалов в библиотеке уже нет. Выберите другой.")
    elif len(chosen) > MOST_ITEMS:
        wrong = counted("Не больше %(count)s материала.", "Не больше %(count)s материалов.", MOST_ITEMS)
    if wrong:
        raise Invalid(
            refused,
            advice="Исправьте отмеченное и сохраните снова.",
            fields={"homework_items": wrong},
        )
    return chosen


def keep_items(db: Session, organization_id: UUID, lesson_id: UUID, chosen: Sequence[HomeworkItem]) -> None:
    """Let the homework of a lesson have these items; those it had keep the titles they were given with."""
    _keep(db, GivenItem, GivenItem.lesson_id, organization_id, lesson_id, chosen)


def keep_task_items(
    db: Session, organization_id: UUID, task_id: UUID, chosen: Sequence[HomeworkItem]
) -> None:
    """As `keep_items`, of a task for some pupils."""
    _keep(db, TaskItem, TaskItem.task_id, organization_id, task_id, chosen)


def _keep(
    db: Session,
    table: type[GivenItem] | type[TaskItem],
    owner: Any,
    organization_id: UUID,
    owner_id: UUID,
    chosen: Sequence[HomeworkItem],
) -> None:
    titles = {
        row.item_id: row.title
        for row in db.execute(select(table.item_id, table.title).where(owner == owner_id))
    }
    db.execute(delete(table).where(owner == owner_id))
    if chosen:
        db.execute(
            insert(table),
            [
                {
                    owner.key: owner_id,
                    "item_id": each.id,
                    "organization_id": organization_id,
                    "title": titles.get(each.id, each.title),
                    "position": position,
                }
                for position, each in enumerate(chosen)
            ],
        )


def minutes_of(items: Sequence[HomeworkItem]) -> int | None:
    """How many minutes the items take together; None if none of them says."""
    return sum(each.minutes or 0 for each in items) or None


def recorded_items(items: Sequence[HomeworkItem]) -> dict[str, list[str]]:
    """Items as the history keeps them: by their titles for people, by their ids to be taken back to."""
    return {"homework_items": [each.title for each in items], ITEM_IDS: [each.id for each in items]}
