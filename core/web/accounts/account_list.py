"""«Учётные записи» as a work list: who signs in and how."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, exists, func, not_, select, union

from core.database.base import in_force, now
from core.database.session import Session
from core.identity import accounts
from core.identity.accounts import AccountLine
from core.identity.models import Account, Person
from core.identity.name_words import similar_names
from core.identity.provenance import BY_SIGN_IN, SOURCES
from core.identity.sessions import school_today
from core.organizations.grouping_filters import grades
from core.organizations.models import AcademicYear, Enrollment, Organization, SchoolClass
from core.organizations.places import at_place, places
from core.requests.pupil_transfers import ADMIT
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.lifecycle import GRANT
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.web.i18n import counted, gettext, lazy
from core.web.roles.role_form import as_id
from core.web.templating import show_moment
from core.worklists.definition import PEOPLE_EXPORT, BulkAction, Cell, Column, Filter, WorkList

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
    waits = line.status == "active" and line.last_sign_in_at is None
    return Cell(text=gettext(words), tone=tone, note=gettext("ещё не входил") if waits else "")


def _last_seen(line: AccountLine) -> str:
    return show_moment(line.last_sign_in_at) if line.last_sign_in_at else ""


def _with_status(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    if value == "none":
        # Also whoever has no account yet.
        return Account.last_sign_in_at.is_(None)
    return Account.status == value if value in STATUSES else None


def _with_role(actor: Actor, value: str) -> ColumnElement[bool]:
    return exists().where(
        StructuralRole.person_id == Person.id,
        StructuralRole.kind == value,
        StructuralRole.status.not_in(accounts.LEFT),
        within(actor, accounts.VIEW, StructuralRole.organization_id),
    )


def _in_class(actor: Actor, value: str) -> ColumnElement[bool] | None:
    class_id = as_id(value)
    return None if class_id is None else _studies(actor, Enrollment.school_class_id == class_id)


def _in_grade(actor: Actor, value: str) -> ColumnElement[bool] | None:
    if not re.fullmatch(r"\d{1,2}", value):
        return None
    classes = select(SchoolClass.id).where(
        SchoolClass.grade_level == int(value),
        within(actor, accounts.VIEW, SchoolClass.organization_id),
    )
    return _studies(actor, Enrollment.school_class_id.in_(classes))


def _studies(actor: Actor, where: ColumnElement[bool]) -> ColumnElement[bool]:
    return Person.id.in_(
        select(Enrollment.person_id).where(
            where,
            within(actor, accounts.VIEW, Enrollment.organization_id),
            in_force(Enrollment, school_today(actor)),
        )
    )


def _classes(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    """The classes of the present year of whoever has one school; nothing for others."""
    if actor.reach(accounts.VIEW) is Reach.BELOW:
        return []
    today = school_today(actor)
    rows = db.execute(
        select(SchoolClass.id, SchoolClass.name)
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .where(
            within(actor, accounts.VIEW, SchoolClass.organization_id),
            in_force(AcademicYear, today),
        )
        .order_by(SchoolClass.name_key, SchoolClass.id)
    )
    return [(str(key), name) for key, name in rows]


def _grades(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    return [] if actor.reach(accounts.VIEW) is Reach.BELOW else grades(db, actor)


def _at_place(actor: Actor, value: str) -> ColumnElement[bool] | None:
    """People with a role or a class in an organization or below it."""
    place = at_place(actor, value)
    if place is None:
        return None
    there = select(Organization.id).where(
        Organization.id.in_(place), within(actor, accounts.VIEW, Organization.id)
    )
    role = select(StructuralRole.person_id).where(
        StructuralRole.organization_id.in_(there), StructuralRole.status.not_in(accounts.LEFT)
    )
    enrolled = select(Enrollment.person_id).where(
        Enrollment.organization_id.in_(there), in_force(Enrollment, school_today(actor))
    )
    return Person.id.in_(union(role, enrolled))


def _places(db: Session, actor: Actor) -> Sequence[tuple[str, str]] | None:
    return places(db, actor, accounts.VIEW)


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
    export=PEOPLE_EXPORT,
    icon="key",
    key=Person.id,
    rows=accounts.account_rows,
    narrowed=accounts.account_rows,
    to_count=accounts.account_rows_to_count,
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
        Filter(name="role", title=lazy("Роль"), condition=_with_role, in_reach=True, options=_kinds),
        Filter(name="place", title=lazy("Где"), condition=_at_place, in_reach=True, options=_places),
        Filter(name="grade", title=lazy("Параллель"), condition=_in_grade, in_reach=True, options=_grades),
        Filter(name="class", title=lazy("Класс"), condition=_in_class, in_reach=True, options=_classes),
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
    new=(GRANT, lazy("Добавить сотрудника"), "/accounts/new"),
    new_too=((ADMIT, lazy("Добавить ученика"), "/pupils/new"),),
    empty=(lazy("Людей пока нет"), lazy("Загрузите школу из таблицы: люди появятся здесь.")),
)
