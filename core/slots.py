"""Page slots: named places on pages where plugins put pieces of their own.

A slot's description says what `subject` a plugin's `render` gets. Plugins that publish slots of their own
document them in their `hooks.py` and call `fill` too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec

from core.contributions import SlotFill
from core.database.session import Session
from core.organizations.models import SchoolClass
from core.roles.actor import Actor
from core.web.i18n import sentence

COLUMN = "class.column"
SLOTS: Mapping[str, str] = {
    "organization.card": "Раздел на карточке организации. subject – core.organizations.models.Organization.",
    "account.page": (
        "Раздел на странице своих настроек, для каждого. subject – core.identity.models.Person: сам пользователь. "
        "permission можно оставить пустым."
    ),
    "person.card": (
        "Раздел на карточке человека. subject – core.identity.models.Person. Портал уже проверил, что "
        "пользователь может видеть эту карточку."
    ),
    "account.card": (
        "Раздел на карточке учётной записи. subject – core.identity.accounts.AccountCard. Портал уже проверил, "
        "что пользователь может видеть эту карточку."
    ),
    "child.card": (
        "Раздел о ребёнке на странице «Мои дети». subject – core.identity.children.Child. permission можно оставить "
        "пустым."
    ),
    "class.list": "Раздел под списком учеников класса. subject – core.slots.ClassList.",
    COLUMN: (
        "Колонка в списке учеников класса. subject – core.slots.ClassList. render возвращает "
        "{'title': заголовок, 'cells': {номер ученика: текст}}; шаблон не нужен."
    ),
}


FOR_EVERYBODY = frozenset({"account.page", "child.card"})
"""Slots on pages of one's own: a piece there may ask for no permission."""


class ClassList(msgspec.Struct, frozen=True, kw_only=True):
    """A class and its pupils of today, in the order of the list."""

    school_class: SchoolClass
    pupil_ids: Sequence[UUID]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin put into a slot; a plugin that failed gives `error_id` and nothing else."""

    plugin: str
    title: str
    template: str = ""
    context: Mapping[str, Any] = {}
    error_id: str = ""


def fill(db: Session, actor: Actor, slot: str, subject: Any) -> list[Piece]:
    """What the plugins that are on have for `slot`, in their order; failures are fenced off."""
    plugins = db.portal.plugins
    wanted: list[tuple[Any, SlotFill]] = [
        (plugin, contribution)
        for plugin, contribution in plugins.each("page_slots")
        if contribution.slot == slot
        and (not contribution.permission or actor.can(contribution.permission))
        and db.portal.is_on_for(plugin.name, actor)
    ]
    found: list[Piece] = []
    for plugin, contribution in sorted(wanted, key=lambda pair: pair[1].order):
        title = str(plugin.manifest.title)
        try:
            with db.begin_nested():
                context = _checked(slot, contribution.render(db, actor, subject))
        except Exception as error:  # a plugin may raise anything
            error_id = plugins.fence(plugin.name, sentence("место «%(slot)s»", slot=slot), error)
            found.append(Piece(plugin=plugin.name, title=title, error_id=error_id))
            continue
        if context is not None:
            found.append(
                Piece(plugin=plugin.name, title=title, template=contribution.template, context=context)
            )
    return found


def _checked(slot: str, context: Any) -> Mapping[str, Any] | None:
    """What a plugin returned for a slot. Raises `TypeError` for what the page could not show."""
    if context is None:
        return None
    if not isinstance(context, Mapping):
        raise TypeError(f"render должен вернуть словарь или None, а вернул {context!r}")
    found = cast("Mapping[str, Any]", context)
    if slot == COLUMN and not (isinstance(found.get("cells"), Mapping) and "title" in found):
        raise TypeError(f"для {COLUMN} нужны title и cells, а есть {sorted(found)}")
    return found
