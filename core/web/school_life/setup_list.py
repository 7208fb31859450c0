"""«Готовность школ»: which schools can begin to work, and on which step the others stand."""

from __future__ import annotations

from typing import Any

from core.organizations import listing as organizations
from core.organizations.models import Organization
from core.readiness import listing
from core.readiness.checklist import VIEW
from core.readiness.listing import SchoolLine
from core.readiness.schools import READINESS
from core.web.i18n import gettext, lazy, sentence
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import Cell, Column, Filter, WorkList

STATES = {
    "ready": lazy("готовы"),
    "unfinished": lazy("ещё настраиваются"),
    "untouched": lazy("ничего не сделано"),
}


def _name(line: SchoolLine) -> Cell:
    return Cell(text=line.name, url=f"/organizations/{line.id}/setup")


def _progress(line: SchoolLine) -> Cell:
    text = gettext(sentence("%(done)s из %(steps)s", done=line.done, steps=line.steps))
    return Cell(text=text, tone="positive" if line.is_ready else "warning")


SCHOOLS: WorkList[SchoolLine] = WorkList(
    name="setup_schools",
    title=lazy("Готовность школ"),
    url="/setup/schools",
    permission=VIEW,
    icon="flag",
    key=Organization.id,
    rows=listing.school_rows,
    lines=listing.school_lines,
    sort="name",
    search=organizations.by_words,
    similar=organizations.similar_words,
    search_hint=lazy("Название, ИНН, ОГРН или ОКТМО"),
    columns=(
        Column(name="name", title=lazy("Школа"), cell=_name, order=(Organization.search_key,)),
        Column(
            name="progress",
            title=lazy("Сделано"),
            cell=_progress,
            order=(READINESS.c.done, Organization.search_key),
        ),
        Column(
            name="step",
            title=lazy("На каком шаге"),
            cell=lambda line: gettext(line.stands_at) if line.stands_at else gettext("готова к работе"),
            order=(READINESS.c.place, Organization.search_key),
        ),
        Column(
            name="parent",
            title=lazy("Подчиняется"),
            cell=lambda line: line.parent,
            order=(Organization.path,),
        ),
        Column(name="head", title=lazy("Руководитель"), cell=lambda line: ", ".join(line.heads)),
    ),
    filters=(
        Filter(
            name="state",
            title=lazy("Состояние"),
            condition=listing.in_state,
            options=lambda _db, _actor: [(key, gettext(words)) for key, words in STATES.items()],
        ),
        Filter(
            name="step",
            title=lazy("На каком шаге"),
            condition=listing.on_step,
            options=listing.school_steps,
        ),
        Filter(
            name="below", title=lazy("Где"), condition=organizations.below_place, options=organizations.places
        ),
    ),
    empty=(lazy("Школ пока нет"), lazy("Заведите школы: здесь будет видно, какая на каком шаге.")),
)

setup_list_routes: list[Any] = worklist_routes(SCHOOLS)
