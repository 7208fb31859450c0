"""Moving pupils: the board of alternatives, adding to a class or group, the preview, and taking a move back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations import pupil_boards as boards
from core.organizations import pupil_moves as moves
from core.organizations import pupil_undo
from core.organizations.directory import today_of
from core.organizations.groupings import VIEW, Grouping, grouping_to_change
from core.organizations.pupil_moves import MoveLine, Wanted
from core.organizations.pupil_steps import ADMISSION, people_of
from core.roles.actor import Actor
from core.web.groupings.grouping_forms import MoveForm
from core.web.groupings.grouping_pages import day_asked, default_day
from core.web.guards import needs
from core.web.i18n import gettext
from core.web.pages import Page, redirect, render
from core.web.struct_form import form_fields, parse_form

Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
OUT = "out"
"""What a form sends for «nowhere»."""


@get(
    "/groupings/{grouping_id:uuid}/board", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def board_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
) -> Page:
    """The classes of a parallel or the parts of a split side by side."""
    with database.reading() as db:
        grouping = grouping_to_change(db, actor, grouping_id)
        day = day_asked(request, grouping, today_of(actor))
        return render(
            request,
            "groupings/board.html",
            grouping=grouping,
            day=day,
            columns=boards.columns(db, actor, grouping, day),
        )


@get("/groupings/{grouping_id:uuid}/add", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def add_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
) -> Page:
    """Pupils who may be added to a class or a group."""
    with database.reading() as db:
        grouping = grouping_to_change(db, actor, grouping_id)
        query = request.query_params.get("q", "").replace("\x00", "").strip()[:200]
        place = request.query_params.get("place", "")
        day = default_day(grouping, today_of(actor))
        return render(
            request,
            "groupings/add.html",
            grouping=grouping,
            query=query,
            place=place,
            places=boards.places_of_candidates(db, grouping),
            candidates=boards.candidates(db, grouping, day, query, place),
            most=boards.SHOWN,
        )


@post(
    "/groupings/{grouping_id:uuid}/move", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def move(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    grouping_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Show what would happen; move once that has been seen for the chosen day."""
    wanted = _wanted(data)
    if data.get("step") != "do":
        with database.reading() as db:
            return _preview(db, request, actor, grouping_id, wanted)
    try:
        form = parse_form(MoveForm, data)
        with database.reading() as db:
            grouping = grouping_to_change(db, actor, grouping_id)
            lines = moves.plan(db, actor, grouping, wanted, form.day)
        if data.get("seen") != _seen(lines, form.day):
            with database.reading() as db:
                return _preview(db, request, actor, grouping_id, wanted, typed=data)
        with database.transaction() as db:
            made = moves.carry_out(db, actor, grouping_id, wanted, form.day, form.reason)
            identity = made.id
    except Invalid as wrong:
        if not wrong.fields:
            raise
        with database.reading() as db:
            return _preview(db, request, actor, grouping_id, wanted, typed=data, errors=wrong.fields)
    return redirect(f"/groupings/moves/{identity}")


@get("/groupings/moves/{move_id:uuid}", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False)
def move_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    move_id: FromPath[UUID],
) -> Page:
    """What a move has done, and the way back."""
    with database.reading() as db:
        found, grouping = pupil_undo.move_for(db, actor, move_id)
        came = found.kind == ADMISSION and found.undone_at is None
        return render(
            request,
            "groupings/moved.html",
            move=found,
            grouping=grouping,
            people=boards.names_of(db, people_of(found)),
            splits=boards.splits_to_join(db, grouping, found.day) if came else [],
            objection=pupil_undo.objection_to_undo(db, found),
            has_board=boards.has_board(grouping),
        )


@post(
    "/groupings/moves/{move_id:uuid}/undo", guards=[needs(VIEW)], sync_to_thread=True, include_in_schema=False
)
def undo(actor: NamedDependency[Actor], database: NamedDependency[Database], move_id: FromPath[UUID]) -> Page:
    """Put everything back as it was before a move."""
    with database.transaction() as db:
        pupil_undo.undo(db, actor, move_id)
    return redirect(f"/groupings/moves/{move_id}")


def _wanted(data: Mapping[str, Any]) -> list[Wanted]:
    """Whom a form moves where: `moves` are «pupil:place» of a board, `ids` go to the one `target`."""
    found: dict[UUID, UUID | None] = {}
    try:
        target = str(data.get("target", ""))
        for each in _texts(data, "ids"):
            if not target:
                raise Invalid("Не выбрано, куда перевести.", advice="Выберите класс или группу под списком.")
            found[UUID(each)] = None if target == OUT else UUID(target)
        for each in _texts(data, "moves"):
            person, _colon, place = each.partition(":")
            found[UUID(person)] = None if place == OUT else UUID(place)
    except ValueError:
        raise Invalid("Выбор не разобрать.", advice="Обновите страницу и выберите снова.") from None
    if not found:
        raise Invalid("Никто не выбран.", advice="Отметьте учеников, которых нужно перевести.")
    return [Wanted(person_id=person_id, to=to) for person_id, to in found.items()]


def _texts(data: Mapping[str, Any], name: str) -> Sequence[str]:
    told: Any = data.get(name, [])
    return [str(each) for each in (told if isinstance(told, list) else [told])]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _seen(lines: Sequence[MoveLine], day: date) -> str:
    """What a preview showed, to be sent back: something else is shown first."""
    told = [
        f"{line.person_id.hex}{line.before}>{line.after}{'-' if line.objection else '+'}" for line in lines
    ]
    return f"{day.isoformat()};{';'.join(told)}"


def _preview(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    grouping_id: UUID,
    wanted: Sequence[Wanted],
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    grouping = grouping_to_change(db, actor, grouping_id)
    today = today_of(actor)
    day = _day(typed, grouping, today) if not errors else default_day(grouping, today)
    lines = moves.plan(db, actor, grouping, wanted, day)
    fits = [line for line in lines if not line.objection]
    return render(
        request,
        "groupings/move.html",
        status=422 if errors else 200,
        grouping=grouping,
        what=_what(grouping, wanted, fits),
        fits=fits,
        left_out=[line for line in lines if line.objection],
        to_distribute=_to_distribute(db, fits, day),
        too_many=boards.too_many(db, fits, day),
        in_the_past=day < today,
        day=day,
        seen=_seen(lines, day),
        moves=[f"{each.person_id}:{each.to or OUT}" for each in wanted],
        fields=form_fields(MoveForm, {"day": day}, typed=typed, errors=errors),
    )


def _what(grouping: Grouping, wanted: Sequence[Wanted], fits: Sequence[MoveLine]) -> str:
    """What the form does to the pupils: `add` them here, `remove` them from here, or `move` them."""
    if all(each.to is None for each in wanted):
        return "remove"
    if all(each.to == grouping.id for each in wanted) and not any(line.before for line in fits):
        return "add"
    return "move"


def _day(typed: Mapping[str, Any] | None, grouping: Grouping, today: date) -> date:
    if typed is None:
        return default_day(grouping, today)
    return parse_form(MoveForm, typed).day


def _to_distribute(db: Session, fits: Sequence[MoveLine], day: date) -> list[tuple[str, str]]:
    """Classes with splits whose newcomers have to be put into a part, each with its splits in words."""
    targets = {
        line.target.id: line.target for line in fits if line.target is not None and line.target.is_class
    }
    found = [(target.name, boards.splits_to_join(db, target, day)) for target in targets.values()]
    return [(name, ", ".join(gettext(each) for each in splits)) for name, splits in found if splits]


pupil_move_routes: list[Any] = [board_page, add_page, move, move_page, undo]
