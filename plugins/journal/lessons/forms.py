"""What the forms of a lesson send, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import msgspec

from core.errors import Invalid
from core.web.i18n import gettext as _
from plugins.journal.lessons.lessons import LessonChange


@dataclass
class LessonForm:
    """What was typed about a lesson.

    `homework_item` are the ids of items of the content library, one or several, as browsers send them; with `step`
    nothing is saved yet: `find` looks for `find` in the library, `up:…` and `down:…` move an item.
    """

    topic: str = ""
    homework: str = ""
    homework_minutes: str = ""
    homework_links: str | None = None
    homework_item: Any = None
    control_kind: str = ""
    find: str = ""
    step: str = ""

    @property
    def items(self) -> list[str] | None:
        """The ids in the order that is wanted; None if the form has no such part."""
        return sent_items(self.homework_item, self.step)

    def change(self) -> LessonChange:
        """What is to be written. Raises `Invalid` for minutes that are no number."""
        items = self.items
        return LessonChange(
            topic=self.topic,
            homework=self.homework,
            homework_minutes=_minutes(self.homework_minutes),
            homework_links=msgspec.UNSET if self.homework_links is None else self.homework_links,
            homework_items=msgspec.UNSET if items is None else items,
            control_kind=self.control_kind,
        )


@dataclass
class NewLessonForm:
    """A lesson to be added."""

    day: str = ""
    number: str = ""
    control_kind: str = ""


@dataclass
class RestoreForm:
    """Which change is to be taken back: the key of its line in the history."""

    record: str = ""


def sent_items(sent: Any, step: str) -> list[str] | None:
    """Ids of library items as a form sends them, one or several, after the `step` up or down; None if none came."""
    if sent is None:
        return None
    given = cast("list[Any]", sent if isinstance(sent, list) else [sent])
    ids = list(dict.fromkeys(str(each) for each in given if each))
    way, _colon, item_id = step.partition(":")
    if item_id in ids and way in ("up", "down"):
        place = ids.index(item_id)
        ids.insert(max(place - 1, 0) if way == "up" else place + 1, ids.pop(place))
    return ids


def _minutes(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text) > 9:
        sentence = _("Укажите целое число минут.")
        raise Invalid(_("Урок не сохранён."), advice=sentence, fields={"homework_minutes": sentence})
    return int(text)
