"""«Учётные записи» as a work list: who signs in and how."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, exists, func, not_

from core.database.base import now
from core.database.session import Session
from core.identity import accounts
from core.identity.accounts import AccountLine
from core.identity.models import Account, Person
from core.identity.name_words import similar_names
from core.identity.provenance import BY_SIGN_IN, SOURCES
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.lifecycle import GRANT
from core.roles.models import StructuralRole
from core.web.i18n import counted, gettext, lazy
from core.web.templating import show_moment
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
ACCOUNT_VIEWS = (
    (lazy("Все"), "/accounts", accounts.VIEW),
    (lazy("Похожие люди"), "/accounts/duplicates", "core.accounts.merge"),
)
"""Ways to look at people: the whole list, and those who may be one."""


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


def source_in_words(source: str) -> str:
    """Where a person's data came from at first."""
    return gettext(SOURCES.get(source, BY_SIGN_IN))


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
    views=ACCOUNT_VIEWS,
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
            cell=lambda line: source_in_words(line.source),
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
    new=(GRANT, lazy("Добавить человека"), "/accounts/new"),
    empty=(lazy("Людей пока нет"), lazy("Загрузите школу из таблицы: люди появятся здесь.")),
)
