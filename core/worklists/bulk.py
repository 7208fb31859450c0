"""Acting on many lines at once: first what would happen to each, then the act, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic
from uuid import UUID

import msgspec

from core.database.session import Session
from core.errors import Invalid, NotFound
from core.roles.actor import Actor
from core.web.i18n import counted
from core.worklists.definition import BulkAction, Line, WorkList
from core.worklists.reading import ids_matching, lines_of
from core.worklists.view import ListView

MOST = 2000
"""Lines that one bulk action takes."""


class Preview(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """What an action will do: the lines it fits, and those it leaves out, each with the reason."""

    fits: Sequence[Line]
    left_out: Sequence[tuple[Line, str]]


def action_of(worklist: WorkList[Line], actor: Actor, name: str) -> BulkAction[Line]:
    """The action of this name. Raises `NotFound` if there is none, `Forbidden` without its permission."""
    action = worklist.action(name)
    if action is None:
        raise NotFound("Такого действия в этом списке нет.", advice="Обновите страницу.")
    actor.require(action.permission)
    return action


def chosen_ids(
    db: Session,
    actor: Actor,
    worklist: WorkList[Any],
    view: ListView,
    ids: Sequence[str],
    *,
    everything: bool,
) -> Sequence[UUID]:
    """The chosen lines: those with the `ids`, or all that fit `view`.

    Raises `Invalid` for none, for what is no id, and for more than one action takes.
    """
    if everything:
        found = ids_matching(db, actor, worklist, view, MOST + 1)
    else:
        try:
            found = [UUID(each) for each in ids]
        except ValueError:
            raise Invalid("Выбор не разобрать.", advice="Обновите список и выберите строки снова.") from None
    if not found:
        raise Invalid("Ничего не выбрано.", advice="Отметьте строки, с которыми нужно что-то сделать.")
    if len(found) > MOST:
        raise Invalid(
            counted(
                "За один раз – не больше %(count)s строки.", "За один раз – не больше %(count)s строк.", MOST
            ),
            advice="Сузьте список поиском или фильтрами.",
        )
    return found


def preview(
    db: Session,
    actor: Actor,
    worklist: WorkList[Line],
    action: BulkAction[Line],
    view: ListView,
    ids: Sequence[UUID],
) -> Preview[Line]:
    """What `action` would do to the lines. Lines the actor may not see are not among them."""
    told = [(line, action.objection(db, actor, line)) for line in lines_of(db, actor, worklist, view, ids)]
    return Preview(
        fits=[line for line, reason in told if not reason],
        left_out=[(line, reason) for line, reason in told if reason],
    )


def carry_out(
    db: Session,
    actor: Actor,
    worklist: WorkList[Line],
    action: BulkAction[Line],
    view: ListView,
    ids: Sequence[UUID],
    values: Any = None,
) -> Sequence[UUID]:
    """Do it to the lines it fits, by what holds now; returns their ids. Any refusal undoes the whole."""
    fits = [line.id for line in preview(db, actor, worklist, action, view, ids).fits]
    for line_id in fits:
        action.apply(db, actor, line_id, values)
    return fits
