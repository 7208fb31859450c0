"""«Учётные записи»: who signs in and how, as a work list and a card for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta
from sqlalchemy import ColumnElement, exists, func, not_

from core.audit.reading import STATUSES as STATUSES_OF_ROLES
from core.audit.reading import action_title, differences
from core.database.base import now
from core.database.engine import Database
from core.database.session import Session
from core.identity import accounts
from core.identity.accounts import AccountLine
from core.identity.models import Account, Person
from core.identity.name_words import similar_names
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.devices import device_name
from core.web.guards import needs
from core.web.i18n import counted, gettext, lazy
from core.web.pages import Page, redirect, render
from core.web.slots import render_slot
from core.web.templating import show_moment
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import BulkAction, Cell, Column, Filter, WorkList

STATUSES = {
    "active": (lazy("вход открыт"), "positive"),
    "blocked": (lazy("вход закрыт"), "danger"),
    "": (lazy("не входил"), ""),
}
LEVELS = {
    "confirmed": lazy("подтверждённая"),
    "child": lazy("детская"),
    "unconfirmed": lazy("неподтверждённая"),
}
SOURCES = {
    "portal": lazy("внесён в портале"),
    "table": lazy("загружен из таблицы"),
    "oneroster": lazy("загружен из OneRoster"),
    "demo": lazy("демонстрационные данные"),
}


BY_SIGN_IN = lazy("пришёл через внешний вход")
"""Of whoever the portal knows from an identity provider: the source is its issuer's address."""


class Reason(msgspec.Struct, kw_only=True):
    """Why the doors are closed."""

    reason: Annotated[
        str,
        Meta(
            title="Основание",
            description="Его увидят те, кто читает историю изменений.",
            min_length=3,
            max_length=500,
        ),
    ]


def _name(line: AccountLine) -> Cell:
    return Cell(text=line.name, url=f"/accounts/{line.id}")


def _status(line: AccountLine) -> Cell:
    words, tone = STATUSES[line.status]
    return Cell(text=gettext(words), tone=tone)


def _last_seen(line: AccountLine) -> str:
    return show_moment(line.last_sign_in_at) if line.last_sign_in_at else ""


def _with_status(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    if value == "none":
        return Account.id.is_(None)
    return Account.status == value if value in STATUSES else None


def _with_role(actor: Actor, value: str) -> ColumnElement[bool]:
    return exists().where(
        StructuralRole.person_id == Person.id,
        StructuralRole.kind == value,
        StructuralRole.status.not_in(accounts.LEFT),
        within(actor, accounts.VIEW, StructuralRole.organization_id),
    )


def _last_signed_in(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    if value not in ("7", "30", "180"):
        return None
    recent = func.coalesce(Account.last_sign_in_at >= now() - timedelta(days=int(value)), False)
    return not_(recent)


def _kinds(db: Session, _actor: Actor) -> Sequence[tuple[str, str]]:
    kinds = sorted(db.portal.grants.kinds.values(), key=lambda kind: kind.order)
    return [(kind.name, gettext(kind.title)) for kind in kinds]


def _block(db: Session, actor: Actor, person_id: UUID, values: Any) -> None:
    accounts.block(db, actor, person_id, values.reason)


def _unblock(db: Session, actor: Actor, person_id: UUID, _values: Any) -> None:
    accounts.unblock(db, actor, person_id)


ACCOUNTS: WorkList[AccountLine] = WorkList(
    name="accounts",
    title=lazy("Учётные записи"),
    url="/accounts",
    permission=accounts.VIEW,
    icon="key",
    key=Person.id,
    rows=accounts.account_rows,
    lines=accounts.account_lines,
    sort="name",
    search=accounts.by_name,
    similar=similar_names,
    search_hint=lazy("Фамилия, имя или СНИЛС"),
    columns=(
        Column(name="name", title=lazy("Человек"), cell=_name, order=(Person.name_key,)),
        Column(name="status", title=lazy("Вход"), cell=_status),
        Column(
            name="places",
            title=lazy("Роли и классы"),
            cell=lambda line: ", ".join(gettext(each) for each in line.places),
        ),
        Column(name="organization", title=lazy("Организация"), cell=lambda line: line.organization),
        Column(
            name="last",
            title=lazy("Последний вход"),
            cell=_last_seen,
            order=(func.coalesce(Account.last_sign_in_at, Account.created_at, Person.created_at),),
        ),
        Column(
            name="level",
            title=lazy("Внешняя учётная запись"),
            cell=lambda line: gettext(LEVELS.get(line.level, line.level)),
            shown=False,
        ),
        Column(
            name="source",
            title=lazy("Откуда данные"),
            cell=lambda line: gettext(SOURCES.get(line.source, BY_SIGN_IN)),
            shown=False,
        ),
    ),
    filters=(
        Filter(
            name="status",
            title=lazy("Вход"),
            condition=_with_status,
            options=lambda _db, _actor: [
                ("active", gettext(STATUSES["active"][0])),
                ("blocked", gettext(STATUSES["blocked"][0])),
                ("none", gettext(STATUSES[""][0])),
            ],
        ),
        Filter(name="role", title=lazy("Роль"), condition=_with_role, options=_kinds),
        Filter(
            name="unseen",
            title=lazy("Не заходил"),
            condition=_last_signed_in,
            options=lambda _db, _actor: [
                (days, counted("больше %(count)s дня", "больше %(count)s дней", int(days)))
                for days in ("7", "30", "180")
            ],
        ),
    ),
    actions=(
        BulkAction(
            name="block",
            title=lazy("Закрыть вход"),
            explanation=lazy(
                "Эти люди не смогут войти в портал, их сеансы завершатся сразу. Роли и данные останутся, вход "
                "можно открыть снова."
            ),
            permission=accounts.BLOCK,
            objection=accounts.objection_to_block,
            apply=_block,
            done=lambda count: counted(
                "Вход закрыт: %(count)s человеку.", "Вход закрыт: %(count)s людям.", count
            ),
            icon="lock",
            danger=True,
            form=Reason,
            undone_by="unblock",
        ),
        BulkAction(
            name="unblock",
            title=lazy("Открыть вход"),
            explanation=lazy("Эти люди снова смогут входить в портал."),
            permission=accounts.BLOCK,
            objection=accounts.objection_to_unblock,
            apply=_unblock,
            done=lambda count: counted(
                "Вход открыт: %(count)s человеку.", "Вход открыт: %(count)s людям.", count
            ),
            icon="unlock",
        ),
    ),
    empty=(lazy("Людей пока нет"), lazy("Загрузите школу из таблицы: люди появятся здесь.")),
)


@get(
    "/accounts/{person_id:uuid}", guards=[needs(accounts.VIEW)], sync_to_thread=True, include_in_schema=False
)
def account_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Everything about one account: roles, outside identities, sessions, changes."""
    with database.reading() as db:
        card = accounts.account_card(db, actor, person_id)
        return render(
            request,
            "accounts/card.html",
            card=card,
            state=STATUSES[card.line.status],
            levels=LEVELS,
            source=SOURCES.get(card.line.source, BY_SIGN_IN),
            device_name=device_name,
            role_statuses=STATUSES_OF_ROLES,
            changes=[
                (
                    each,
                    action_title(db, each.action),
                    differences(each.before, each.after, db.portal.grants.kinds),
                )
                for each in card.changes
            ],
            ended=request.query_params.get("ended", ""),
            pieces=render_slot(request, db, actor, "account.card", card),
        )


@post(
    "/accounts/{person_id:uuid}/sign-out",
    guards=[needs(accounts.BLOCK)],
    sync_to_thread=True,
    include_in_schema=False,
)
def sign_out(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Page:
    """End all sessions of somebody."""
    with database.transaction() as db:
        accounts.end_sessions(db, actor, person_id)
    return redirect(f"/accounts/{person_id}?ended=yes#sessions")


account_list_routes: list[Any] = [*worklist_routes(ACCOUNTS), account_card, sign_out]
