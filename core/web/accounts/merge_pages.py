"""Making two cards of one person one: whom, side by side, what moves, and back again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict
from core.identity import accounts, duplicates, merging
from core.identity.comparison import FIELDS, ONE, OTHER, Comparison, Place, Side, both_in_reach, compare
from core.identity.duplicates import MERGE, PairLine
from core.identity.identifiers import show_phone, show_snils
from core.identity.likeness import REASONS
from core.identity.models import Person
from core.identity.names import sort_key
from core.identity.providers import issuer_title
from core.roles.actor import Actor
from core.web.accounts.account_list import LEVELS, STATUSES, source_in_words
from core.web.accounts.duplicate_list import DUPLICATES
from core.web.guards import needs
from core.web.i18n import gettext, lazy, show_short_day
from core.web.pages import Page, redirect, render
from core.web.worklist_pages import worklist_routes

FOUND = 20
COMPARED = "/accounts/{person_id:uuid}/merge/{other_id:uuid}"
GENDERS: Mapping[str, str] = {"m": lazy("мужской"), "f": lazy("женский")}
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/accounts/{person_id:uuid}/merge", guards=[needs(MERGE)], sync_to_thread=True, include_in_schema=False)
def choose_other(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """With whom to compare a person: those who are alike, or whoever is found."""
    with database.reading() as db:
        card = accounts.account_card(db, actor, person_id)
        query = request.query_params.get("q", "").strip()
        lines: Sequence[accounts.AccountLine] = []
        if query:
            found = (
                accounts.account_rows(db, actor)
                .where(accounts.by_name(actor, sort_key(query)), Person.id != person_id)
                .order_by(Person.name_key, Person.id)
                .limit(FOUND)
            )
            lines = accounts.account_lines(db, actor, db.execute(found).all())
        return render(
            request,
            "accounts/merge_whom.html",
            card=card,
            query=query,
            lines=lines,
            alike=[_other_of(line, person_id) for line in duplicates.likely_of(db, actor, person_id)],
        )


def _other_of(line: PairLine, person_id: UUID) -> tuple[UUID, str, str]:
    reasons = "; ".join(gettext(REASONS[each]) for each in line.reasons if each in REASONS)
    if line.first_id == person_id:
        return line.second_id, line.second, reasons
    return line.first_id, line.first, reasons


@get(COMPARED, guards=[needs(MERGE)], sync_to_thread=True, include_in_schema=False)
def show_both(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    other_id: FromPath[UUID],
) -> Page:
    """Two people side by side, with the choice of each value."""
    with database.reading() as db:
        return _both(db, request, actor, person_id, other_id)


@post(COMPARED, guards=[needs(MERGE)], sync_to_thread=True, include_in_schema=False)
def merge(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    other_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Remember that they are different; or show what would move, and once that has been seen do it."""
    keep, chosen = merging.read_choices(data, list(FIELDS))
    step = str(data.get("step", ""))
    with database.transaction() as db:
        if step == "different":
            duplicates.decide(db, actor, person_id, other_id, different=True)
            return redirect("/accounts/duplicates")
        try:
            if step == "do":
                merge_id = merging.merge(db, actor, person_id, other_id, keep, chosen)
                kept_id = person_id if keep == ONE else other_id
                return redirect(f"/accounts/{kept_id}?merged={merge_id}#merges")
            moving = merging.rehearse(db, actor, person_id, other_id, keep, chosen)
        except Conflict as wrong:
            both_in_reach(db, actor, person_id, other_id)
            return _both(db, request, actor, person_id, other_id, wrong)
        return _sure(db, request, actor, person_id, other_id, keep, chosen, moving)


def _sure(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    other_id: UUID,
    keep: str,
    chosen: Mapping[str, str],
    moving: merging.Moving,
) -> Page:
    both = compare(db, actor, person_id, other_id)
    values = merging.values_of(both.one.person, both.other.person, chosen)
    kept, absorbed = (both.one, both.other) if keep == ONE else (both.other, both.one)
    return render(
        request,
        "accounts/merge_sure.html",
        both=both,
        kept=kept,
        absorbed=absorbed,
        keep=keep,
        chosen=chosen,
        values=[
            (gettext(title), _shown(name, values[name])) for name, title in FIELDS.items() if values[name]
        ],
        moving=moving,
        days=db.portal.config.merge_undo_days,
    )


def _both(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    other_id: UUID,
    wrong: Conflict | None = None,
) -> Page:
    both = compare(db, actor, person_id, other_id)
    return render(
        request,
        "accounts/compare.html",
        status=wrong.status if wrong else 200,
        both=both,
        wrong=wrong,
        rows=_rows(both),
        facts=_facts(db, both),
        reasons=[gettext(REASONS[each]) for each in both.reasons if each in REASONS],
        one=ONE,
        other=OTHER,
        parted=request.query_params.get("parted", ""),
    )


def _rows(both: Comparison) -> list[tuple[str, str, str, str, str]]:
    """Name of the field, its title, both values, and which is suggested («» where there is nothing to choose)."""
    found: list[tuple[str, str, str, str, str]] = []
    for name, title in FIELDS.items():
        mine, theirs = (_shown(name, getattr(side.person, name)) for side in (both.one, both.other))
        if mine or theirs:
            found.append((name, gettext(title), mine, theirs, both.suggested[name] if mine != theirs else ""))
    return found


def _facts(db: Session, both: Comparison) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    """What is not chosen but helps to decide: title, lines of the one and of the other."""
    found: list[tuple[str, Sequence[str], Sequence[str]]] = []
    told = zip(_told(db, both.one), _told(db, both.other), strict=True)
    for (title, mine), (_same, theirs) in told:
        if any(mine) or any(theirs):
            found.append((title, [line for line in mine if line], [line for line in theirs if line]))
    for thing in both.things:
        counts = [str(side.holds.get(thing, 0)) for side in (both.one, both.other)]
        found.append((gettext(thing), [counts[0]], [counts[1]]))
    return found


def _told(db: Session, side: Side) -> list[tuple[str, list[str]]]:
    return [
        (gettext("Вход"), _sign_in(side)),
        (gettext("Внешние учётные записи"), _identities(db, side)),
        (gettext("Роли"), [_place(each) for each in side.roles]),
        (gettext("Классы"), [_place(each) for each in side.classes]),
        (gettext("Представители"), [each.name for each in side.guardians]),
        (gettext("Дети"), [each.name for each in side.children]),
        (gettext("Откуда данные"), [source_in_words(side.person.source)]),
        (gettext("Номер в другой системе"), [side.person.external_id or ""]),
    ]


def _sign_in(side: Side) -> list[str]:
    status = side.account.status if side.account is not None else ""
    return [gettext(STATUSES[status][0])]


def _identities(db: Session, side: Side) -> list[str]:
    return [
        f"{gettext(issuer_title(db, each.issuer))}: {gettext(LEVELS.get(each.level, each.level))}"
        for each in side.identities
    ]


def _place(place: Place) -> str:
    days = gettext("с %(day)s") % {"day": show_short_day(place.starts_on)}
    if place.ends_on is not None:
        days = f"{days} {gettext('по %(day)s') % {'day': show_short_day(place.ends_on)}}"
    return f"{gettext(place.title)}, {place.organization}, {days}"


def _shown(name: str, value: Any) -> str:
    if not value:
        return ""
    if name == "birth_date":
        return show_short_day(value)
    if name == "snils" and len(value) == 11:
        return show_snils(value)
    if name == "phone":
        return show_phone(value)
    if name == "gender":
        return gettext(GENDERS.get(str(value).lower(), str(value)))
    return str(value)


@post(
    "/accounts/merges/{merge_id:uuid}/undo",
    guards=[needs(MERGE)],
    sync_to_thread=True,
    include_in_schema=False,
)
def undo(
    actor: NamedDependency[Actor], database: NamedDependency[Database], merge_id: FromPath[UUID]
) -> Page:
    """Make two people of one again."""
    with database.transaction() as db:
        made = merging.undo(db, actor, merge_id)
        return redirect(f"/accounts/{made.kept_id}/merge/{made.absorbed_id}?parted=yes")


@get("/accounts/duplicates/search", guards=[needs(MERGE)], sync_to_thread=True, include_in_schema=False)
def search_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """How people who are alike are found, when they were looked for last, and a button to do it now."""
    with database.reading() as db:
        return render(
            request,
            "accounts/duplicate_search.html",
            last=duplicates.last_search(db),
            under_way=duplicates.is_searching(db),
            reasons=[gettext(each) for each in REASONS.values()],
        )


@post("/accounts/duplicates/search", guards=[needs(MERGE)], sync_to_thread=True, include_in_schema=False)
def search_now(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> Page:
    """Look for people who are alike without waiting for the night."""
    with database.transaction() as db:
        duplicates.begin_search(db, actor)
    return redirect("/accounts/duplicates/search")


merge_routes: list[Any] = [
    *worklist_routes(DUPLICATES),
    choose_other,
    show_both,
    merge,
    undo,
    search_page,
    search_now,
]
