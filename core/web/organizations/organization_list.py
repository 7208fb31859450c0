"""«Образовательные организации» as a work list, and the tree beside it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.identity.identifiers import show_phone
from core.organizations import changes, groups, listing
from core.organizations.kinds import ABOVE_SCHOOLS, KIND_TITLES
from core.organizations.listing import LIST, OrganizationLine
from core.organizations.models import Organization
from core.organizations.tree import SHOWN, TREE, tree
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import counted, gettext, lazy, sentence
from core.web.pages import Page, render
from core.web.struct_form import Choices
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import BulkAction, Cell, Column, Filter, WorkList

VIEWS = ((lazy("Список"), "/organizations", LIST), (lazy("Дерево"), "/organizations/tree", TREE))


class Closing(msgspec.Struct, kw_only=True):
    """From which day organizations are closed, and why."""

    first_day: Annotated[date, Meta(title="С какого дня", description="С этого дня роли в ней не действуют.")]
    reason: Annotated[
        str,
        Meta(title="Основание", description="Например, номер и дата приказа.", min_length=3, max_length=500),
    ]


class Moving(msgspec.Struct, kw_only=True):
    """Under which organization others are put."""

    parent: Annotated[UUID, Meta(title="Кому будет подчиняться")]


class Grouping(msgspec.Struct, kw_only=True):
    """Which group organizations are put into or taken out of."""

    group: Annotated[UUID, Meta(title="Группа", description="Только группы, состав которых ведут вручную.")]


def _name(line: OrganizationLine) -> Cell:
    organization = line.organization
    note = organization.name if organization.name != organization.short_name else ""
    return Cell(text=organization.short_name, url=f"/organizations/{line.id}", note=note)


def _state(line: OrganizationLine) -> Cell:
    closed_on = line.organization.closed_on
    if closed_on is None:
        return Cell(text=gettext("работает"), tone="positive")
    if line.is_closed:
        return Cell(text=gettext(sentence("закрыта с %(day)s", day=closed_on)), tone="")
    return Cell(text=gettext(sentence("закроется %(day)s", day=closed_on)), tone="warning")


def _pupils(line: OrganizationLine) -> str:
    return str(line.pupils) if line.pupils or line.organization.kind not in ABOVE_SCHOOLS else ""


def _close(db: Session, actor: Actor, organization_id: UUID, values: Any) -> None:
    changes.close(db, actor, organization_id, values.first_day, values.reason)


def _reopen(db: Session, actor: Actor, organization_id: UUID, _values: Any) -> None:
    changes.reopen(db, actor, organization_id)


def _move(db: Session, actor: Actor, organization_id: UUID, values: Any) -> None:
    changes.move(db, actor, organization_id, values.parent)


def _objection_to_group(_db: Session, actor: Actor, line: OrganizationLine) -> str:
    return "" if line.id != actor.organization_id else sentence("это ваша организация: она ведёт группы")


def _add_to_group(db: Session, actor: Actor, organization_id: UUID, values: Any) -> bool:
    return groups.add_member(db, actor, values.group, organization_id)


def _take_from_group(db: Session, actor: Actor, organization_id: UUID, values: Any) -> bool:
    return groups.remove_member(db, actor, values.group, organization_id)


def _to_group(values: Any) -> tuple[str, str]:
    return gettext("К группе"), f"/organization-groups/{values.group}"


def _groups(db: Session, actor: Actor) -> Choices:
    return {"group": groups.choices(db, actor, groups.EDIT, by_hand=True)}


def _parents(db: Session, actor: Actor) -> Choices:
    return {"parent": [(str(each.id), each.short_name) for each in changes.possible_parents(db, actor)]}


ORGANIZATIONS: WorkList[OrganizationLine] = WorkList(
    name="organizations",
    title=lazy("Образовательные организации"),
    url="/organizations",
    permission=LIST,
    icon="organization",
    key=Organization.id,
    rows=listing.organization_rows,
    lines=listing.organization_lines,
    sort="name",
    search=listing.by_words,
    similar=listing.similar_words,
    search_hint=lazy("Название, ИНН, ОГРН или ОКТМО"),
    views=VIEWS,
    columns=(
        Column(name="name", title=lazy("Организация"), cell=_name, order=(Organization.search_key,)),
        Column(
            name="kind",
            title=lazy("Вид"),
            cell=lambda line: gettext(KIND_TITLES.get(line.organization.kind, line.organization.kind)),
            order=(Organization.kind, Organization.search_key),
        ),
        Column(
            name="parent",
            title=lazy("Подчиняется"),
            cell=lambda line: line.parent,
            order=(Organization.path,),
        ),
        Column(name="head", title=lazy("Руководитель"), cell=lambda line: ", ".join(line.heads)),
        Column(name="pupils", title=lazy("Учеников"), cell=_pupils),
        Column(name="state", title=lazy("Состояние"), cell=_state),
        Column(name="inn", title=lazy("ИНН"), cell=lambda line: line.organization.inn or "", shown=False),
        Column(name="kpp", title=lazy("КПП"), cell=lambda line: line.organization.kpp or "", shown=False),
        Column(name="ogrn", title=lazy("ОГРН"), cell=lambda line: line.organization.ogrn or "", shown=False),
        Column(
            name="oktmo", title=lazy("ОКТМО"), cell=lambda line: line.organization.oktmo or "", shown=False
        ),
        Column(
            name="address",
            title=lazy("Фактический адрес"),
            cell=lambda line: line.organization.address,
            shown=False,
        ),
        Column(
            name="phone",
            title=lazy("Телефон"),
            cell=lambda line: show_phone(line.organization.phone),
            shown=False,
        ),
        Column(
            name="email",
            title=lazy("Электронная почта"),
            cell=lambda line: line.organization.email,
            shown=False,
        ),
        Column(name="site", title=lazy("Сайт"), cell=lambda line: line.organization.site, shown=False),
    ),
    filters=(
        Filter(
            name="kind",
            title=lazy("Вид"),
            condition=listing.of_kind,
            options=lambda _db, _actor: [(kind, gettext(title)) for kind, title in KIND_TITLES.items()],
        ),
        Filter(name="below", title=lazy("Где"), condition=listing.below_place, options=listing.places),
        Filter(
            name="state",
            title=lazy("Состояние"),
            condition=listing.in_state,
            options=lambda _db, _actor: [("open", gettext("работает")), ("closed", gettext("закрыта"))],
        ),
        Filter(
            name="group",
            title=lazy("Группа"),
            condition=listing.in_group,
            options=lambda db, actor: groups.choices(db, actor, groups.VIEW),
        ),
        Filter(
            name="missing",
            title=lazy("Не указано"),
            condition=listing.lacking,
            options=lambda _db, _actor: [
                (name, gettext(found[0])) for name, found in listing.MISSING.items()
            ],
        ),
    ),
    actions=(
        BulkAction(
            name="group",
            title=lazy("Добавить в группу"),
            explanation=lazy("Для этих организаций начнёт действовать то, что решено для группы."),
            permission=groups.EDIT,
            objection=_objection_to_group,
            apply=_add_to_group,
            done=lambda count: counted(
                "В группу добавлена %(count)s организация.",
                "В группу добавлено организаций: %(count)s.",
                count,
            ),
            icon="folder",
            form=Grouping,
            choices=_groups,
            undone_by="ungroup",
            leads_to=_to_group,
        ),
        BulkAction(
            name="ungroup",
            title=lazy("Убрать из группы"),
            explanation=lazy("То, что решено для группы, перестанет действовать для этих организаций."),
            permission=groups.EDIT,
            objection=_objection_to_group,
            apply=_take_from_group,
            done=lambda count: counted(
                "Из группы убрана %(count)s организация.", "Из группы убрано организаций: %(count)s.", count
            ),
            icon="minus",
            form=Grouping,
            choices=_groups,
            undone_by="group",
            leads_to=_to_group,
        ),
        BulkAction(
            name="move",
            title=lazy("Переместить"),
            explanation=lazy(
                "Организации встанут в другое место дерева вместе со всеми подчинёнными. С этой минуты для них "
                "действуют плагины, настройки и оформление нового места, и видят их новые вышестоящие."
            ),
            permission=changes.EDIT,
            objection=lambda db, actor, line: changes.objection_to_move(db, actor, line.organization),
            apply=_move,
            done=lambda count: counted(
                "Перемещена %(count)s организация.", "Перемещено %(count)s организаций.", count
            ),
            icon="forward",
            form=Moving,
            choices=_parents,
        ),
        BulkAction(
            name="close",
            title=lazy("Закрыть организации"),
            explanation=lazy(
                "Люди этих организаций больше не смогут работать в них на портале. Ничего не удаляется: все данные "
                "останутся, организацию можно открыть снова."
            ),
            permission=changes.EDIT,
            objection=lambda db, actor, line: changes.objection_to_close(db, actor, line.organization),
            apply=_close,
            done=lambda count: counted(
                "Закрыта %(count)s организация.", "Закрыто %(count)s организаций.", count
            ),
            icon="archive",
            danger=True,
            form=Closing,
            undone_by="reopen",
        ),
        BulkAction(
            name="reopen",
            title=lazy("Открыть снова"),
            explanation=lazy("Люди этих организаций снова смогут работать в них с прежними ролями."),
            permission=changes.EDIT,
            objection=lambda db, actor, line: changes.objection_to_reopen(db, actor, line.organization),
            apply=_reopen,
            done=lambda count: counted(
                "Снова открыта %(count)s организация.", "Снова открыто %(count)s организаций.", count
            ),
            icon="undo",
        ),
    ),
    empty=(lazy("Организаций пока нет"), lazy("Заведите первую: она появится здесь и в дереве.")),
    new=(changes.EDIT, lazy("Новая организация"), "/organizations/new"),
)


@get("/organizations/tree", guards=[needs(TREE)], sync_to_thread=True, include_in_schema=False)
def tree_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The tree, opened down to the organization that the address names."""
    try:
        at = UUID(request.query_params.get("at", ""))
    except ValueError:
        at = None
    with database.reading() as db:
        return render(
            request,
            "organizations/tree.html",
            root=tree(db, actor, at),
            views=[(words, url, url == "/organizations/tree") for words, url, _permission in VIEWS],
            kind_titles=KIND_TITLES,
            shown=SHOWN,
            may_add=actor.can(changes.EDIT),
        )


organization_list_routes: list[Any] = [*worklist_routes(ORGANIZATIONS), tree_page]
