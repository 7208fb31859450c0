"""Pages of a class or a group of pupils: its card on a day, making one, correcting it, splitting a class."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.audit.telling import told
from core.database.engine import Database
from core.database.session import Session
from core.errors import Forbidden, Invalid
from core.organizations import grouping_cards as cards
from core.organizations import grouping_changes as changes
from core.organizations import pupil_boards as boards
from core.organizations import splitting
from core.organizations.directory import PEOPLE, today_of
from core.organizations.grouping_conflicts import TITLES
from core.organizations.groupings import (
    CLASS,
    KIND_TITLES,
    NETWORK_KIND,
    SUBGROUP,
    VIEW,
    Grouping,
    grouping_for,
    grouping_to_change,
)
from core.organizations.pupil_steps import people_of
from core.organizations.pupil_undo import objection_to_undo
from core.organizations.splitting import SplitWish
from core.roles.actor import Actor
from core.web.groupings import grouping_forms as forms
from core.web.groupings.grouping_list import GROUPINGS
from core.web.guards import needs
from core.web.i18n import gettext, sentence
from core.web.pages import Page, redirect, render
from core.web.struct_form import Choices, form_fields, parse_form
from core.web.worklist_pages import worklist_routes

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


def default_day(grouping: Grouping, today: date) -> date:
    """Today, or the nearest day of the grouping's year."""
    return min(max(today, grouping.year.starts_on), grouping.year.ends_on)


def day_asked(request: Request[Any, Any, Any], grouping: Grouping, today: date) -> date:
    """The day that the address asks for, or today."""
    try:
        return date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        return default_day(grouping, today)


@get("/groupings/{grouping_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def grouping_card(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
) -> Page:
    """A class or a group: who is in it on a day, who was, who teaches it, what is wrong."""
    with database.reading() as db:
        grouping = grouping_for(db, actor, grouping_id)
        today = today_of(actor)
        day = day_asked(request, grouping, today)
        card = cards.card(db, actor, grouping, day)
        return render(
            request,
            "groupings/card.html",
            grouping=grouping,
            kind_title=KIND_TITLES.get(grouping.kind, grouping.kind),
            card=card,
            day=day,
            today=default_day(grouping, today),
            titles=TITLES,
            targets=boards.targets(db, grouping, day) if card.may_change else [],
            moves=[(each, len(people_of(each)), objection_to_undo(db, each)) for each in card.moves],
            changes=told(db, actor, card.changes),
            may_see_people=actor.can(PEOPLE),
            done=request.query_params.get("done", ""),
        )


@get("/groupings/new", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def new_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Which kind of grouping, then its form."""
    kinds = forms.kinds_to_make(actor)
    kind = request.query_params.get("kind", kinds[0] if len(kinds) == 1 else "")
    if not kind:
        return render(
            request,
            "groupings/choose.html",
            kinds=[(each, KIND_TITLES[each], forms.EXPLAINED[each]) for each in kinds],
        )
    with database.reading() as db:
        return _new(db, request, actor, kind)


@post("/groupings/new", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def create(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Typed,
) -> Page:
    """Make a class or a group."""
    kind = str(data.get("kind", ""))
    _may_make(actor, kind)
    with database.reading() as db:
        choices = forms.choices_for(db, actor, kind)
    try:
        form = parse_form(forms.form_of(kind), data, choices)
        with database.transaction() as db:
            made = _make(db, actor, kind, form)
    except Invalid as wrong:
        with database.reading() as db:
            return _new(db, request, actor, kind, typed=data, errors=wrong.fields)
    return redirect(f"/groupings/{made}?done=created")


def _may_make(actor: Actor, kind: str) -> None:
    forms.form_of(kind)
    if kind not in forms.kinds_to_make(actor):
        raise Forbidden(
            "В этой роли такую группу не заводят.",
            advice="Межшкольные группы ведёт координатор, классы и группы школы – сама школа.",
        )


def _make(db: Session, actor: Actor, kind: str, form: Any) -> UUID:
    if kind == CLASS:
        return changes.create_class(db, actor, form.year, forms.new_class(form)).id
    if kind == SUBGROUP:
        year, told = forms.new_subgroup(db, form)
        return changes.create_group(db, actor, year, told).id
    if kind == NETWORK_KIND:
        return changes.create_network_group(db, actor, form.year, forms.new_group(kind, form)).id
    return changes.create_group(db, actor, form.year, forms.new_group(kind, form)).id


def _new(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    kind: str,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    _may_make(actor, kind)
    choices = forms.choices_for(db, actor, kind)
    start: dict[str, Any] = {
        name: request.query_params[name] for name in ("school_class",) if name in request.query_params
    }
    if choices.get("year"):
        start["year"] = forms.present_year(db, actor, kind) or choices["year"][0][0]
    return render(
        request,
        "groupings/new.html",
        status=422 if errors else 200,
        kind=kind,
        kind_title=KIND_TITLES[kind],
        explained=forms.EXPLAINED[kind],
        fields=form_fields(forms.form_of(kind), start, typed=typed, errors=errors, choices=choices),
        nowhere="year" in choices and not choices["year"],
    )


@get("/groupings/{grouping_id:uuid}/edit", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def edit_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
) -> Page:
    """The form of what may be corrected."""
    with database.reading() as db:
        return _edit(db, request, actor, grouping_id)


@post(
    "/groupings/{grouping_id:uuid}/edit", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def save(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Keep what was corrected."""
    with database.reading() as db:
        grouping = grouping_to_change(db, actor, grouping_id)
        choices = _subjects(db, grouping)
        kind = forms.fields_of(grouping)
    try:
        form: Any = parse_form(kind, data, choices)
        values = {name: getattr(form, name) for name in kind.__struct_fields__}
        if "subject" in values:
            values["subject_id"] = values.pop("subject")
        with database.transaction() as db:
            changes.update(db, actor, grouping_id, values)
    except Invalid as wrong:
        with database.reading() as db:
            return _edit(db, request, actor, grouping_id, typed=data, errors=wrong.fields)
    return redirect(f"/groupings/{grouping_id}?done=saved")


def _edit(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    grouping_id: UUID,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    grouping = grouping_to_change(db, actor, grouping_id)
    return render(
        request,
        "groupings/edit.html",
        status=422 if errors else 200,
        grouping=grouping,
        fields=form_fields(
            forms.fields_of(grouping),
            forms.stored(grouping),
            typed=typed,
            errors=errors,
            choices=_subjects(db, grouping),
        ),
    )


def _subjects(db: Session, grouping: Grouping) -> Choices:
    if grouping.is_class or grouping.parent is not None:
        return {}
    return {"subject": changes.subjects_of(db, grouping.organization)}


@get(
    "/groupings/{grouping_id:uuid}/split", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def split_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
) -> Page:
    """How a class is to be split."""
    with database.reading() as db:
        return _split(db, request, actor, grouping_id)


@post(
    "/groupings/{grouping_id:uuid}/split", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def split_class(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Show whom each part gets; make the parts once that has been seen."""
    with database.reading() as db:
        grouping = grouping_to_change(db, actor, grouping_id)
        choices = _split_choices(db, grouping, today_of(actor))
        try:
            form = parse_form(forms.SplitForm, data, choices)
            wish = _wish(form)
            shown = splitting.preview(db, actor, grouping_id, wish, form.day)
        except Invalid as wrong:
            return _split(db, request, actor, grouping_id, typed=data, errors=wrong.fields)
        seen = _seen(shown)
        if data.get("seen") != seen:
            return _split(db, request, actor, grouping_id, typed=data, shown=shown, seen=seen)
    with database.transaction() as db:
        groups, move = splitting.split(db, actor, grouping_id, wish, form.day, form.reason)
        first, move_id = groups[0].id, move.id if move else None
    return redirect(f"/groupings/moves/{move_id}" if move_id else f"/groupings/{first}/board")


def _seen(shown: splitting.Split) -> str:
    """What a preview showed, to be sent back: something else is shown first."""
    return ";".join(
        f"{part.name}:{','.join(person.id.hex for person in part.people)}" for part in shown.parts
    )


def _wish(form: forms.SplitForm) -> SplitWish:
    how: Any = form.how
    return SplitWish(subject_id=form.subject, how=how, parts=form.parts, names=form.names, like=form.like)


def _split_choices(db: Session, grouping: Grouping, today: date) -> Choices:
    patterns = splitting.patterns(db, grouping)
    hows = [
        (how, gettext(title))
        for how, title in forms.HOWS.items()
        if (how != "sex" or splitting.knows_sexes(db, grouping, default_day(grouping, today)))
        and (how != "like" or patterns)
    ]
    return {"subject": changes.subjects_of(db, grouping.organization), "how": hows, "like": patterns}


def _split(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    grouping_id: UUID,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    shown: splitting.Split | None = None,
    seen: str = "",
) -> Page:
    grouping = grouping_to_change(db, actor, grouping_id)
    if not grouping.is_class:
        raise Invalid(
            sentence("«%(name)s» – не класс.", name=grouping.name), advice="На подгруппы делят только класс."
        )
    today = today_of(actor)
    choices = _split_choices(db, grouping, today)
    fields = form_fields(
        forms.SplitForm,
        {"day": default_day(grouping, today), "how": "alphabet"},
        typed=typed,
        errors=errors,
        choices=choices,
    )
    return render(
        request,
        "groupings/split.html",
        status=422 if errors else 200,
        grouping=grouping,
        fields=[each for each in fields if each.name != "like" or choices["like"]],
        shown=shown,
        seen=seen,
    )


grouping_routes: list[Any] = [
    *worklist_routes(GROUPINGS),
    grouping_card,
    new_form,
    create,
    edit_form,
    save,
    split_form,
    split_class,
]
