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
from core.identity.models import Person
from core.identity.name_words import similar_names
from core.identity.sessions import school_today
from core.organizations.models import Organization
from core.requests import reading, workflow
from core.requests.kinds import all_kinds
from core.requests.listing import (
    DECIDE,
    RequestRow,
    objection_to_approve,
    objection_to_decide,
    objection_to_take,
    request_lines,
    request_rows,
)
from core.requests.models import Request
from core.roles.actor import Actor
from core.web.i18n import counted, gettext, lazy, show_short_day
from core.web.templating import show_moment
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import BulkAction, Cell, Column, Filter, WorkList

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


def _deadline(line: RequestRow) -> Cell | str:
    if line.deadline is None or line.status not in reading.OPEN:
        return ""
    day = show_short_day(line.deadline)
    return Cell(text=gettext("%(day)s, просрочен") % {"day": day}, tone="danger") if line.overdue else day


def _in_state(actor: Actor, value: str) -> ColumnElement[bool] | None:
    conditions: dict[str, ColumnElement[bool]] = {
        "open": Request.status.in_(reading.OPEN),
        "overdue": Request.status.in_(reading.OPEN) & (Request.deadline < school_today(actor)),
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


def _take(db: Session, actor: Actor, request_id: UUID, _values: Any) -> None:
    workflow.take(db, actor, request_id)


def _approve(db: Session, actor: Actor, request_id: UUID, values: Any) -> None:
    workflow.approve(db, actor, request_id, values.text or "")


def _reject(db: Session, actor: Actor, request_id: UUID, values: Any) -> None:
    workflow.reject(db, actor, request_id, values.text)


REQUESTS: WorkList[RequestRow] = WorkList(
    name="requests",
    title=lazy("Запросы на рассмотрение"),
    url="/requests/list",
    permission=DECIDE,
    icon="inbox",
    key=Request.id,
    rows=request_rows,
    lines=request_lines,
    sort="-sent",
    search=accounts.by_name,
    similar=similar_names,
    search_hint=lazy("Кто отправил"),
    columns=(
        Column(
            name="kind",
            title=lazy("Запрос"),
            cell=lambda line: Cell(text=gettext(line.title), url=f"/requests/{line.id}"),
            order=(Request.kind,),
        ),
        Column(name="state", title=lazy("Состояние"), cell=_state),
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
        Filter(
            name="kind",
            title=lazy("Вид"),
            condition=lambda _actor, value: Request.kind == value,
            options=_kinds,
        ),
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
            icon="clock",
        ),
        BulkAction(
            name="approve",
            title=lazy("Одобрить"),
            explanation=lazy("То, о чём просят, будет сделано сразу. Решение не отменить."),
            permission=DECIDE,
            objection=objection_to_approve,
            apply=_approve,
            done=lambda count: counted("Одобрен %(count)s запрос.", "Одобрено запросов: %(count)s.", count),
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
            icon="close",
            danger=True,
            form=Refusal,
        ),
    ),
    empty=(lazy("Запросов нет"), lazy("Новые запросы появятся здесь и в уведомлениях.")),
)

request_list_routes: list[Any] = worklist_routes(REQUESTS)
