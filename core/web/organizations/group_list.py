"""«Группы организаций» as a work list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from core.database.session import Session
from core.organizations import groups, listing
from core.organizations.groups import GROUP_TITLES, GroupLine
from core.organizations.models import OrganizationGroup
from core.roles.actor import Actor
from core.search import starts_a_word
from core.web.i18n import counted, gettext, lazy
from core.worklists.definition import BulkAction, Cell, Column, Filter, WorkList


def _name(line: GroupLine) -> Cell:
    return Cell(text=line.group.name, url=f"/organization-groups/{line.id}", note=line.group.description)


def _how(line: GroupLine) -> str:
    return gettext("по правилу") if line.group.rule is not None else gettext("вручную")


def _of_kind(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    return OrganizationGroup.kind == value if value in GROUP_TITLES else None


def _kept(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    rule = OrganizationGroup.rule
    return {"rule": rule.is_not(None), "hand": rule.is_(None)}.get(value)


def _delete(db: Session, actor: Actor, group_id: UUID, _values: Any) -> None:
    groups.remove(db, actor, group_id)


GROUPS: WorkList[GroupLine] = WorkList(
    name="organization-groups",
    title=lazy("Группы организаций"),
    url="/organization-groups",
    permission=groups.VIEW,
    icon="folder",
    key=OrganizationGroup.id,
    rows=groups.group_rows,
    lines=groups.group_lines,
    sort="name",
    search=lambda _actor, wanted: starts_a_word(OrganizationGroup.name_key, wanted),
    similar=listing.similar_words,
    search_hint=lazy("Название группы"),
    columns=(
        Column(name="name", title=lazy("Группа"), cell=_name, order=(OrganizationGroup.name_key,)),
        Column(
            name="kind",
            title=lazy("Вид"),
            cell=lambda line: gettext(GROUP_TITLES.get(line.group.kind, line.group.kind)),
            order=(OrganizationGroup.kind, OrganizationGroup.name_key),
        ),
        Column(name="members", title=lazy("Организаций"), cell=lambda line: str(line.members)),
        Column(name="how", title=lazy("Состав"), cell=_how),
        Column(name="keeper", title=lazy("Кто ведёт"), cell=lambda line: line.keeper),
        Column(
            name="decisions",
            title=lazy("Решений о плагинах"),
            cell=lambda line: str(line.decisions) if line.decisions else "",
        ),
    ),
    filters=(
        Filter(
            name="kind",
            title=lazy("Вид"),
            condition=_of_kind,
            options=lambda _db, _actor: [(kind, gettext(title)) for kind, title in GROUP_TITLES.items()],
        ),
        Filter(
            name="how",
            title=lazy("Состав"),
            condition=_kept,
            options=lambda _db, _actor: [("rule", gettext("по правилу")), ("hand", gettext("вручную"))],
        ),
    ),
    actions=(
        BulkAction(
            name="delete",
            title=lazy("Удалить группы"),
            explanation=lazy(
                "Группы исчезнут, вернуть их будет нельзя. Организации, их люди и данные останутся как есть."
            ),
            permission=groups.EDIT,
            objection=groups.objection_to_delete,
            apply=_delete,
            done=lambda count: counted("Удалена %(count)s группа.", "Удалено %(count)s групп.", count),
            icon="trash",
            danger=True,
        ),
    ),
    empty=(
        lazy("Групп пока нет"),
        lazy(
            "Группа – это округ, проект или сеть школ: ей вместе включают плагины и отправляют объявления. Составьте "
            "первую вручную или по правилу."
        ),
    ),
    new=(groups.EDIT, lazy("Новая группа"), "/organization-groups/new"),
)
