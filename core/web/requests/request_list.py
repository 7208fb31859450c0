"""The work list of those who decide requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, func

from core.database.session import Session
from core.identity import accounts
from core.identity.masks import SENSITIVE
from core.identity.models import Person
from core.identity.name_words import similar_names
from core.organizations.models import Organization
from core.organizations.places import at_place, places
from core.requests import reading, workflow
from core.requests.kinds import all_kinds
from core.requests.lateness import is_late
from core.requests.listing import (
    RequestRow,
    objection_to_approve,
    objection_to_decide,
    objection_to_put_back,
    objection_to_take,
    request_lines,
    request_rows,
)
from core.requests.models import Request
from core.requests.reading import DECIDE
from core.roles.actor import Actor
from core.web.i18n import counted, gettext, lazy, sentence, show_short_day
from core.web.requests.values import asked_fields
from core.web.templating import show_moment
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import PEOPLE_EXPORT, BulkAction, Cell, Column, Filter, WorkList

STATES = {
    "sent": (lazy("отправлен"), "accent"),
    "in_review": (lazy("рассматривают"), "accent"),
    "returned": (lazy("возвращён на исправление"), "warning"),
    "approved": (lazy("одобрен"), "positive"),
    "rejected": (lazy("отклонён"), "danger"),
    "withdrawn": (lazy("отозван"), ""),
}
FOREVER = date(9999, 12, 31)
"""Stands for no deadline where requests are put in order by it."""


class Approval(msgspec.Struct, kw_only=True):
    """What to say to the authors, if anything."""

    text: Annotated[str | None, Meta(title="Комментарий", description="Его увидят авторы запросов.")] = None


class Refusal(msgspec.Struct, kw_only=True):
    """What to say to the authors."""

    text: Annotated[
        str,
        Meta(
            title="Почему",
            description="Авторы увидят это: объясните, что делать дальше.",
            min_length=3,
            max_length=1000,
        ),
    ]


def _state(line: RequestRow) -> Cell:
    words, tone = STATES.get(line.status, (line.status, ""))
    return Cell(text=gettext(words), tone=tone)


def _name(line: RequestRow) -> Cell:
    return Cell(text=f"{gettext(line.title)} – {line.author}", note=_changes(line))


def _changes(line: RequestRow) -> str:
    """What a request would change; of sensitive fields only which."""
    if line.before is None or line.kind is None:
        return ""
    changes = [each for each in asked_fields(line.kind, line.asked, line.before) if each.before is not None]
    return "; ".join(
        each.label if each.name in SENSITIVE else f"{each.label}: {each.before or '–'} → {each.value or '–'}"
        for each in changes
    )


def _deadline(line: RequestRow) -> Cell | str:
    if line.deadline is None or line.status not in reading.OPEN:
        return ""
    day = show_short_day(line.deadline)
    if line.standing is None:
        return day
    if line.standing.tone:
        return Cell(text=gettext(line.standing.words), tone=line.standing.tone, note=day)
    return Cell(text=day, note=gettext(line.standing.words))


def _handler(line: RequestRow) -> Cell | str:
    if not line.handler or line.taken_at is None:
        return ""
    since = gettext("с %(moment)s") % {"moment": show_moment(line.taken_at)}
    return Cell(text=line.handler, note=since)


def _whose(actor: Actor, value: str) -> ColumnElement[bool] | None:
    conditions: dict[str, ColumnElement[bool]] = {
        "mine": Request.handler_id == actor.person_id,
        "nobody": Request.handler_id.is_(None),
    }
    return conditions.get(value)


def _whose_options(_db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    return [("mine", gettext("мои")), ("nobody", gettext("ничьи"))]


def _in_state(actor: Actor, value: str) -> ColumnElement[bool] | None:
    conditions: dict[str, ColumnElement[bool]] = {
        "open": Request.status.in_(reading.OPEN),
        "overdue": is_late(actor.role.timezone if actor.role else "UTC"),
        **{status: Request.status == status for status in STATES},
    }
    return conditions.get(value)


def _states(_db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    return [
        ("open", gettext("ждут решения")),
        ("overdue", gettext("просрочены")),
        *((status, gettext(words)) for status, (words, _tone) in STATES.items()),
    ]


def _kinds(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    return [
        (name, gettext(kind.title))
        for name, (_plugin, kind) in all_kinds(db.portal).items()
        if actor.can(kind.decide_permission)
    ]


def _at_place(actor: Actor, value: str) -> ColumnElement[bool] | None:
    there = at_place(actor, value)
    return Request.organization_id.in_(there) if there is not None else None


def _places(db: Session, actor: Actor) -> Sequence[tuple[str, str]] | None:
    return places(db, actor, DECIDE)


def _take(db: Session, actor: Actor, request_id: UUID, _values: Any) -> None:
    workflow.take(db, actor, request_id)


def _put_back(db: Session, actor: Actor, request_id: UUID, _values: Any) -> None:
    workflow.put_back(db, actor, request_id)


def _approve(db: Session, actor: Actor, request_id: UUID, values: Any) -> None:
    workflow.approve(db, actor, request_id, values.text or "")


def _reject(db: Session, actor: Actor, request_id: UUID, values: Any) -> None:
    workflow.reject(db, actor, request_id, values.text)


REQUESTS: WorkList[RequestRow] = WorkList(
    name="requests",
    title=lazy("Запросы на рассмотрение"),
    url="/requests/list",
    permission=DECIDE,
    export=PEOPLE_EXPORT,
    icon="inbox",
    key=Request.id,
    rows=request_rows,
    lines=request_lines,
    sort="-sent",
    search=accounts.by_name,
    similar=similar_names,
    search_hint=lazy("Кто отправил"),
    line_name=_name,
    columns=(
        Column(
            name="kind",
            title=lazy("Запрос"),
            cell=lambda line: Cell(text=gettext(line.title), url=f"/requests/{line.id}"),
            order=(Request.kind,),
        ),
        Column(name="state", title=lazy("Состояние"), cell=_state),
        Column(name="handler", title=lazy("У кого"), cell=_handler),
        Column(name="author", title=lazy("Кто"), cell=lambda line: line.author, order=(Person.name_key,)),
        Column(
            name="organization",
            title=lazy("Организация"),
            cell=lambda line: line.organization,
            order=(Organization.name_key,),
        ),
        Column(
            name="sent",
            title=lazy("Отправлен"),
            cell=lambda line: show_moment(line.created_at),
            order=(Request.created_at,),
        ),
        Column(
            name="deadline",
            title=lazy("Решить до"),
            cell=_deadline,
            order=(func.coalesce(Request.deadline, FOREVER),),
        ),
    ),
    filters=(
        Filter(name="state", title=lazy("Состояние"), condition=_in_state, options=_states),
        Filter(name="whose", title=lazy("У кого"), condition=_whose, options=_whose_options),
        Filter(
            name="kind",
            title=lazy("Вид"),
            condition=lambda _actor, value: Request.kind == value,
            options=_kinds,
        ),
        Filter(name="place", title=lazy("Где"), condition=_at_place, options=_places),
    ),
    actions=(
        BulkAction(
            name="take",
            title=lazy("Взять в работу"),
            explanation=lazy("Авторы узнают, что их запросы рассматривают."),
            permission=DECIDE,
            objection=objection_to_take,
            apply=_take,
            done=lambda count: counted(
                "Взят в работу %(count)s запрос.", "Взято в работу запросов: %(count)s.", count
            ),
            done_some=lambda count, asked: sentence(
                "Взято в работу %(count)s из %(asked)s.", count=count, asked=asked
            ),
            icon="clock",
            undone_by="put_back",
        ),
        BulkAction(
            name="approve",
            title=lazy("Одобрить"),
            explanation=lazy("То, о чём просят, будет сделано сразу. Решение не отменить."),
            permission=DECIDE,
            objection=objection_to_approve,
            apply=_approve,
            done=lambda count: counted("Одобрен %(count)s запрос.", "Одобрено запросов: %(count)s.", count),
            done_some=lambda count, asked: sentence(
                "Одобрено %(count)s из %(asked)s.", count=count, asked=asked
            ),
            icon="check",
            form=Approval,
        ),
        BulkAction(
            name="reject",
            title=lazy("Отклонить"),
            explanation=lazy("Авторы увидят причину и смогут отправить новый запрос."),
            permission=DECIDE,
            objection=objection_to_decide,
            apply=_reject,
            done=lambda count: counted("Отклонён %(count)s запрос.", "Отклонено запросов: %(count)s.", count),
            done_some=lambda count, asked: sentence(
                "Отклонено %(count)s из %(asked)s.", count=count, asked=asked
            ),
            icon="close",
            danger=True,
            form=Refusal,
        ),
        BulkAction(
            name="put_back",
            title=lazy("Вернуть в общий список"),
            explanation=lazy("Запросы сможет взять любой, кто их решает."),
            permission=DECIDE,
            objection=objection_to_put_back,
            apply=_put_back,
            done=lambda count: counted(
                "В общий список возвращён %(count)s запрос.",
                "В общий список возвращено запросов: %(count)s.",
                count,
            ),
            done_some=lambda count, asked: sentence(
                "В общий список возвращено %(count)s из %(asked)s.", count=count, asked=asked
            ),
            icon="undo",
        ),
    ),
    empty=(lazy("Запросов нет"), lazy("Новые запросы появятся здесь и в уведомлениях.")),
)

request_list_routes: list[Any] = worklist_routes(REQUESTS)
