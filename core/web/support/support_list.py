"""«Поддержка»: questions of people to those who help them, as a work list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from core.identity.models import Person
from core.identity.names import sort_key
from core.roles.actor import Actor
from core.search import starts_a_word
from core.support import answering
from core.support.answering import MessageLine
from core.support.attached import ANSWER
from core.support.models import SupportMessage
from core.web.i18n import gettext, lazy
from core.web.templating import show_moment
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import PEOPLE_EXPORT, Cell, Column, Filter, WorkList

STATES = {
    "open": (lazy("ждёт ответа"), "warning"),
    "answered": (lazy("отвечено"), "positive"),
    "closed": (lazy("решено"), ""),
}


def show_number(number: str) -> str:
    """A number as it is read aloud: «4821 7730»."""
    return f"{number[:4]}\u00a0{number[4:]}"


def _subject(line: MessageLine) -> Cell:
    return Cell(text=line.subject, url=f"/support/messages/{line.id}")


def _author(line: MessageLine) -> Cell:
    if line.author:
        return Cell(text=line.author, note=gettext(line.role))
    return Cell(text=line.contact, note=gettext("без входа"))


def _state(line: MessageLine) -> Cell:
    words, tone = STATES.get(line.status, (line.status, ""))
    return Cell(text=gettext(words), tone=tone)


def _by_words(_actor: Actor, words: str) -> ColumnElement[bool]:
    """By the number, as it is said on the telephone, or by the name of whoever asked."""
    digits = "".join(each for each in words if each.isdigit())
    by_name = starts_a_word(Person.name_key, sort_key(words))
    return SupportMessage.number.contains(digits) if digits else by_name


def _in_state(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    return SupportMessage.status == value if value in STATES else None


MESSAGES: WorkList[MessageLine] = WorkList(
    name="support",
    title=lazy("Поддержка"),
    url="/support/messages",
    permission=ANSWER,
    export=PEOPLE_EXPORT,
    icon="help",
    key=SupportMessage.id,
    rows=answering.message_rows,
    lines=answering.message_lines,
    sort="-created",
    search=_by_words,
    search_hint=lazy("Номер вопроса или кто спросил"),
    columns=(
        Column(name="subject", title=lazy("О чём"), cell=_subject),
        Column(name="author", title=lazy("Кто"), cell=_author),
        Column(name="state", title=lazy("Состояние"), cell=_state),
        Column(
            name="created",
            title=lazy("Отправлен"),
            cell=lambda line: show_moment(line.created_at),
            order=(SupportMessage.created_at,),
        ),
        Column(name="number", title=lazy("Номер"), cell=lambda line: show_number(line.number)),
        Column(name="error", title=lazy("Номер ошибки"), cell=lambda line: line.error_id),
        Column(
            name="organization", title=lazy("Организация"), cell=lambda line: line.organization, shown=False
        ),
    ),
    filters=(
        Filter(
            name="state",
            title=lazy("Состояние"),
            condition=_in_state,
            options=lambda _db, _actor: [(key, gettext(words)) for key, (words, _tone) in STATES.items()],
        ),
    ),
    empty=(lazy("Вопросов пока нет"), lazy("Здесь появятся вопросы со страницы «Поддержка».")),
)

support_list_routes: list[Any] = worklist_routes(MESSAGES)
