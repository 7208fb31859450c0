"""Acting on many lines at once: first what would happen to each, then the act, and what became of each.

A line that is refused does not keep the others from being done: each is done or undone by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic
from uuid import UUID

import msgspec

from core.database.session import Session
from core.errors import Invalid, NotFound, PortalError
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from core.worklists.definition import BulkAction, Line, WorkList
from core.worklists.reading import ids_matching, lines_of
from core.worklists.view import ListView

MOST = 2000
"""Lines that one bulk action takes."""


class Preview(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """What an action will do: the lines it fits, and those it leaves out, each with the reason."""

    fits: Sequence[Line]
    left_out: Sequence[tuple[Line, str]]


class Outcome(msgspec.Struct, Generic[Line], frozen=True, kw_only=True):
    """What became of the chosen lines.

    `changed` are done, `refused` were tried and undone, `left_out` are those the action does not fit or that were so
    already; `gone` counts the ones that the actor does not see any more.
    """

    changed: Sequence[Line]
    refused: Sequence[tuple[Line, PortalError]]
    left_out: Sequence[tuple[Line, str]]
    gone: int

    @property
    def asked(self) -> int:
        """How many lines were chosen."""
        return len(self.changed) + len(self.refused) + len(self.left_out) + self.gone

    @property
    def wrong_form(self) -> PortalError | None:
        """What is wrong with the form that all lines share, if nothing was done because of it."""
        first = self.refused[0][1] if self.refused else None
        return first if first is not None and first.fields and not self.changed else None


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
) -> Outcome[Line]:
    """Do it to the lines it fits by what holds now, each in a savepoint: a refusal undoes that line only."""
    told = preview(db, actor, worklist, action, view, ids)
    changed: list[Line] = []
    refused: list[tuple[Line, PortalError]] = []
    same: list[tuple[Line, str]] = []
    for line in told.fits:
        effects = db.effects_waiting
        try:
            with db.begin_nested():
                if action.apply(db, actor, line.id, values) is False:
                    same.append((line, sentence("так уже и было")))
                else:
                    changed.append(line)
        except PortalError as refusal:
            db.forget_effects(effects)
            refused.append((line, refusal))
    return Outcome(
        changed=changed,
        refused=refused,
        left_out=[*told.left_out, *same],
        gone=len(set(ids)) - len(told.fits) - len(told.left_out),
    )
