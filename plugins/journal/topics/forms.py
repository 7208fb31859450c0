"""What the forms of lesson plans send, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

import msgspec

from core.errors import Invalid
from core.web.i18n import gettext as _
from plugins.journal.topics.plan_topics import TopicIn

MOST_ROWS_SENT = 2_000_000
"""Characters of a table that was looked at and comes back to be loaded."""


@dataclass
class PlanForm:
    """A plan as a whole."""

    subject_id: str = ""
    grade_level: str = ""
    title: str = ""
    hours: str = ""


@dataclass
class TopicForm:
    """A topic as it was typed; `version` is what the editor saw, `after` the topic to stand behind."""

    title: str = ""
    section: str = ""
    hours: str = "1"
    homework: str = ""
    control_kind: str = ""
    links: str = ""
    remark: str = ""
    version: str = ""
    after: str = ""

    def topic(self) -> TopicIn:
        """What is to be written. Raises `Invalid` for hours that are no number."""
        return TopicIn(
            title=self.title,
            section=self.section,
            hours=number_of(self.hours, "hours") or 0,
            homework=self.homework,
            control_kind=self.control_kind,
            links=self.links,
            remark=self.remark,
        )


@dataclass
class MoveForm:
    """To which place a topic is to go, counted from 1."""

    to: str = ""


@dataclass
class LoadForm:
    """Rows of a table that was looked at, as JSON; `replace` – in place of the plan's topics."""

    rows: str = ""
    replace: str = ""

    def topics(self) -> list[TopicIn]:
        """The topics that are to be loaded. Raises `Invalid` for what no page of ours has sent."""
        try:
            if len(self.rows) > MOST_ROWS_SENT:
                raise ValueError
            return msgspec.json.decode(self.rows, type=list[TopicIn])
        except ValueError:
            raise Invalid(_("Таблица не дошла целиком."), advice=_("Выберите файл ещё раз.")) from None


class UploadForm(msgspec.Struct, kw_only=True):
    """A table to be looked at."""

    file: Any = None
    csrf_token: str = ""
    idempotency_key: str = ""


@dataclass
class ApplyForm:
    """To which pages the plan is to be applied. `page` is one id or several, as browsers send them."""

    page: Any = ""
    from_day: str = ""
    first_topic: str = ""

    @property
    def pages(self) -> list[str]:
        """The chosen pages."""
        given = cast("list[Any]", self.page if isinstance(self.page, list) else [self.page])
        return [str(each) for each in given if each]


@dataclass
class DepartForm:
    """How a page departs from its plan at a topic."""

    kind: str = ""
    lessons: str = "2"


@dataclass
class InsertForm:
    """A topic for one page."""

    title: str = ""
    after: str = ""


def number_of(text: str, name: str) -> int | None:
    """A whole number as it was typed, None for nothing. Raises `Invalid` for anything else."""
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        wrong = _("Укажите целое число.")
        raise Invalid(_("Форма не сохранена."), advice=wrong, fields={name: wrong})
    return int(text)


def id_of(text: str, name: str) -> UUID | None:
    """An id out of a list, None for nothing. Raises `Invalid` for anything else."""
    if not text.strip():
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        wrong = _("Выберите из списка.")
        raise Invalid(_("Форма не сохранена."), advice=wrong, fields={name: wrong}) from None


def day_or_none(text: str, name: str) -> date | None:
    """A day as a form sends it, None for nothing. Raises `Invalid` for anything else."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        wrong = _("Укажите день, например 23.11.2026.")
        raise Invalid(_("Такого дня нет."), advice=wrong, fields={name: wrong}) from None
