"""«Группировки учеников»: classes, subgroups, streams, electives and groups of several schools as a work list."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.organizations import grouping_changes as changes
from core.organizations import grouping_filters as filters
from core.organizations import groupings
from core.organizations.grouping_words import similar_groupings
from core.organizations.groupings import GROUPING, KIND_TITLES, GroupingLine
from core.roles.actor import Actor
from core.web.i18n import counted, gettext, lazy, show_short_day
from core.worklists.definition import BulkAction, Cell, Column, Filter, WorkList


class Closing(msgspec.Struct, kw_only=True):
    """From which day groupings are closed, and why."""

    first_day: Annotated[date, Meta(title="С какого дня", description="С этого дня в ней никого нет.")]
    reason: Annotated[
        str,
        Meta(title="Основание", description="Например, номер и дата приказа.", min_length=3, max_length=300),
    ]


def _name(line: GroupingLine) -> Cell:
    told = all(part in line.name for part in line.about.split(", "))
    notes = ("" if told else line.about, line.where)
    return Cell(text=line.name, url=f"/groupings/{line.id}", note=", ".join(filter(None, notes)))


def _kind(line: GroupingLine) -> str:
    return gettext(KIND_TITLES.get(line.kind, line.kind))


def _pupils(line: GroupingLine) -> str:
    if line.places is None:
        return str(line.pupils)
    return gettext("%(pupils)s из %(places)s") % {"pupils": line.pupils, "places": line.places}


def _state(line: GroupingLine) -> Cell:
    if line.closed_on is not None:
        words = gettext("закрыта с %(day)s") if line.is_closed else gettext("закроется %(day)s")
        return Cell(text=words % {"day": show_short_day(line.closed_on)}, tone="")
    if line.conflicts:
        return Cell(text=gettext("есть противоречия"), tone="warning", note="; ".join(line.conflicts))
    return Cell(text=gettext("всё сходится"))


def _close(db: Session, actor: Actor, grouping_id: UUID, values: Any) -> None:
    changes.close(db, actor, grouping_id, values.first_day, values.reason)


def _reopen(db: Session, actor: Actor, grouping_id: UUID, _values: Any) -> None:
    changes.reopen(db, actor, grouping_id)


def _conflicts(_db: Session, actor: Actor) -> list[tuple[str, str]]:
    return [("yes", gettext("есть"))] if filters.may_look_for_conflicts(actor) else []


GROUPINGS: WorkList[GroupingLine] = WorkList(
    name="groupings",
    title=lazy("Группировки учеников"),
    url="/groupings",
    permission=groupings.VIEW,
    icon="class",
    key=GROUPING.id,
    rows=groupings.grouping_rows,
    lines=groupings.grouping_lines,
    sort="name",
    search=filters.by_words,
    similar=similar_groupings,
    search_hint=lazy("Класс, предмет или название группы"),
    new=(groupings.VIEW, lazy("Новый класс или группа"), "/groupings/new"),
    columns=(
        Column(name="name", title=lazy("Название"), cell=_name, order=(GROUPING.name_key,)),
        Column(name="kind", title=lazy("Вид"), cell=_kind),
        Column(name="pupils", title=lazy("Учеников"), cell=_pupils),
        Column(name="teacher", title=lazy("Кто ведёт"), cell=lambda line: ", ".join(line.teachers)),
        Column(
            name="year",
            title=lazy("Учебный год"),
            cell=lambda line: line.year,
        ),
        Column(name="state", title=lazy("Состояние"), cell=_state),
        Column(
            name="organization",
            title=lazy("Организация"),
            cell=lambda line: line.organization,
            shown=False,
        ),
        Column(
            name="grade",
            title=lazy("Параллель"),
            cell=lambda line: str(line.grade_level or ""),
            shown=False,
        ),
    ),
    filters=(
        Filter(
            name="kind",
            title=lazy("Вид"),
            condition=filters.of_kind,
            options=lambda _db, _actor: [(kind, gettext(title)) for kind, title in KIND_TITLES.items()],
        ),
        Filter(
            name="year",
            title=lazy("Учебный год"),
            condition=filters.of_year,
            options=filters.years,
            usual=filters.PRESENT,
        ),
        Filter(name="grade", title=lazy("Параллель"), condition=filters.of_grade, options=filters.grades),
        Filter(name="place", title=lazy("Где"), condition=filters.of_place, options=filters.places),
        Filter(
            name="state",
            title=lazy("Состояние"),
            condition=filters.in_state,
            options=lambda _db, _actor: [("open", gettext("открыта")), ("closed", gettext("закрыта"))],
        ),
        Filter(
            name="conflicts",
            title=lazy("Противоречия"),
            condition=filters.with_conflicts,
            options=_conflicts,
        ),
    ),
    actions=(
        BulkAction(
            name="close",
            title=lazy("Закрыть"),
            explanation=lazy(
                "С этого дня в них никого не будет: ученики выйдут из групп, класс должен быть уже пуст. Записи "
                "журнала останутся, открыть можно снова."
            ),
            permission=groupings.VIEW,
            objection=changes.objection_to_close,
            apply=_close,
            done=lambda count: counted(
                "Закрыта %(count)s группировка.", "Закрыто группировок: %(count)s.", count
            ),
            icon="archive",
            danger=True,
            form=Closing,
            undone_by="reopen",
        ),
        BulkAction(
            name="reopen",
            title=lazy("Открыть снова"),
            explanation=lazy("В них снова можно переводить; ученики, которые вышли при закрытии, вернутся."),
            permission=groupings.VIEW,
            objection=changes.objection_to_reopen,
            apply=_reopen,
            done=lambda count: counted(
                "Снова открыта %(count)s группировка.", "Снова открыто группировок: %(count)s.", count
            ),
            icon="undo",
        ),
    ),
    empty=(
        lazy("Классов и групп пока нет"),
        lazy("Загрузите школу из таблицы или заведите первый класс: он появится здесь."),
    ),
)
