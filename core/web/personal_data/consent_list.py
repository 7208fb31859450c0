"""«Согласия»: who of a school has given which consent, as a work list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_

from core.consents import giving, listing, reading
from core.consents.listing import ConsentLine
from core.database.session import Session
from core.identity.models import Person
from core.identity.name_words import similar_names
from core.roles.actor import Actor
from core.search import starts_a_word
from core.web.i18n import counted, gettext, lazy, sentence
from core.web.worklist_pages import worklist_routes
from core.worklists.definition import PEOPLE_EXPORT, BulkAction, Cell, Column, Filter, WorkList

GROUPS = {"pupils": lazy("ученики"), "staff": lazy("сотрудники")}


def _name(line: ConsentLine) -> Cell:
    return Cell(text=line.name, url=f"/consents/people/{line.id}")


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(gettext(each) for each in titles)


def _missing(line: ConsentLine) -> Cell:
    if not line.missing:
        return Cell(text=gettext("все даны"), tone="positive")
    return Cell(text=_listed(line.missing))


def _condition(actor: Actor, group: str) -> ColumnElement[bool] | None:
    return {"pupils": listing.pupils, "staff": listing.staff}[group](actor) if group in GROUPS else None


def _kind_condition(what: Any, *, missing: bool = False) -> Any:
    """A filter by a kind: its values are «pupils.core.processing», for a kind may be asked of both groups."""

    def condition(actor: Actor, value: str) -> ColumnElement[bool] | None:
        group, _dot, kind = value.partition(".")
        within = _condition(actor, group)
        if within is None or not kind:
            return None
        return and_(within, ~what(actor, kind) if missing else what(actor, kind))

    return condition


def _kinds(db: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    return [
        (f"{group}.{name}", f"{gettext(each.kind.title)}: {gettext(GROUPS[group])}")
        for name, each in listing.asked_here(db, actor).items()
        for group in each.kind.asked_of
        if group in GROUPS
    ]


def _in_class(actor: Actor, value: str) -> ColumnElement[bool] | None:
    try:
        return listing.in_class(actor, UUID(value))
    except ValueError:
        return None


def kind_choices(db: Session, actor: Actor) -> Mapping[str, Sequence[tuple[str, str]]]:
    """The kinds that the organization asks for, for the field `kind` of a form."""
    return {
        "kind": [(name, gettext(each.kind.title)) for name, each in listing.asked_here(db, actor).items()]
    }


def _nothing_missing(_db: Session, _actor: Actor, line: ConsentLine) -> str:
    return "" if line.missing else sentence("все согласия уже даны")


def _nothing_given(_db: Session, _actor: Actor, line: ConsentLine) -> str:
    return "" if line.given else sentence("согласий нет")


def _record(db: Session, actor: Actor, person_id: UUID, values: Any) -> None:
    giving.record_paper(db, actor, person_id, values)


def _withdraw(db: Session, actor: Actor, person_id: UUID, values: Any) -> None:
    giving.record_withdrawal(db, actor, person_id, values)


CONSENTS: WorkList[ConsentLine] = WorkList(
    name="consents",
    title=lazy("Согласия"),
    url="/consents",
    permission=reading.VIEW,
    export=PEOPLE_EXPORT,
    icon="shield",
    key=Person.id,
    rows=listing.consent_rows,
    lines=listing.consent_lines,
    sort="name",
    search=lambda _actor, wanted: starts_a_word(Person.name_key, wanted),
    similar=similar_names,
    search_hint=lazy("Фамилия или имя"),
    columns=(
        Column(name="name", title=lazy("Человек"), cell=_name, order=(Person.name_key,)),
        Column(name="place", title=lazy("Класс или роль"), cell=lambda line: line.place),
        Column(name="missing", title=lazy("Чего нет"), cell=_missing),
        Column(name="given", title=lazy("Даны"), cell=lambda line: _listed(line.given), shown=False),
        Column(name="withdrawn", title=lazy("Отозваны"), cell=lambda line: _listed(line.withdrawn)),
    ),
    filters=(
        Filter(
            name="missing",
            title=lazy("Чего нет"),
            condition=_kind_condition(listing.has, missing=True),
            options=_kinds,
        ),
        Filter(name="given", title=lazy("Дано"), condition=_kind_condition(listing.has), options=_kinds),
        Filter(
            name="withdrawn",
            title=lazy("Отозвано"),
            condition=_kind_condition(listing.has_withdrawn),
            options=_kinds,
        ),
        Filter(
            name="class",
            title=lazy("Класс"),
            condition=_in_class,
            options=lambda db, actor: [(str(key), name) for key, name in listing.classes_here(db, actor)],
        ),
        Filter(
            name="who",
            title=lazy("Кто"),
            condition=_condition,
            options=lambda _db, _actor: [(key, gettext(words)) for key, words in GROUPS.items()],
        ),
    ),
    actions=(
        BulkAction(
            name="record",
            title=lazy("Внести с бумаги"),
            explanation=lazy(
                "Портал запишет, что эти люди (за детей до 14 лет – их родители) подписали согласие на бумаге. Бумагу "
                "храните в школе. У кого такое согласие уже есть, останется прежнее."
            ),
            permission=giving.RECORD,
            objection=_nothing_missing,
            apply=_record,
            done=lambda count: counted(
                "Согласие теперь есть у %(count)s человека.",
                "Согласие теперь есть у %(count)s человек.",
                count,
            ),
            icon="plus",
            form=giving.PaperForm,
            choices=kind_choices,
        ),
        BulkAction(
            name="withdraw",
            title=lazy("Внести отзыв"),
            explanation=lazy(
                "Портал запишет, что эти люди отозвали согласие заявлением на бумаге. С этого дня его нет; дать его "
                "можно снова."
            ),
            permission=giving.RECORD,
            objection=_nothing_given,
            apply=_withdraw,
            done=lambda count: counted(
                "Согласия теперь нет у %(count)s человека.", "Согласия теперь нет у %(count)s человек.", count
            ),
            icon="undo",
            danger=True,
            form=giving.WithdrawalForm,
            choices=kind_choices,
        ),
    ),
    views=(
        (lazy("Люди"), "/consents", reading.VIEW),
        (lazy("Бланки для печати"), "/consents/blank", reading.VIEW),
    ),
    empty=(lazy("Людей пока нет"), lazy("Загрузите школу из таблицы: люди появятся здесь.")),
)

consent_list_routes: list[Any] = worklist_routes(CONSENTS)
