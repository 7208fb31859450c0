"""Pages of consents: one's own and one's children's, what a school keeps on paper, blanks to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from core.consents import giving, listing, reading
from core.consents.giving import PaperForm, WithdrawalForm
from core.consents.texts import Blanks, filled
from core.database.engine import Database
from core.database.session import Session
from core.errors import NotFound, PortalError
from core.identity.models import Person
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.guards import needs, signed_in
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.personal_data.consent_list import consent_list_routes, kind_choices
from core.web.struct_form import form_fields, parse_form

FormBody = Body(media_type=RequestEncodingType.URL_ENCODED)
Typed = Annotated[dict[str, Any], FormBody]
STATES = {
    "given": (lazy("дано"), "positive"),
    "none": (lazy("не дано"), ""),
    "withdrawn": (lazy("отозвано"), "warning"),
    "outdated": (lazy("нужно заново"), "warning"),
}
WAYS = {"portal": lazy("в портале"), "paper": lazy("на бумаге"), "replaced": lazy("дано новое")}

FORMS: Mapping[str, tuple[type[msgspec.Struct], str]] = {
    "record": (PaperForm, "missing"),
    "withdraw": (WithdrawalForm, "given"),
}
"""What can be written down: its form, and whether it is about what is missing or about what is given."""


class Decision(msgspec.Struct, kw_only=True):
    """About whom, to whom and what; `text` is the version that was read."""

    person: UUID
    organization: UUID
    kind: str
    text: UUID | None = None
    reason: str = ""


@get("/account/consents", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def own_consents(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """One's own consents and those about one's children."""
    with database.reading() as db:
        return render(
            request,
            "consents/own.html",
            subjects=reading.own_consents(db, actor),
            states=STATES,
            ways=WAYS,
            done=request.query_params.get("done", ""),
        )


@get("/account/consents/decide", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def decide_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The text of one consent, with the button that gives it or takes it back."""
    with database.reading() as db:
        wanted = _wanted(request.query_params)
        subject, place, standing = reading.own_standing(
            db, actor, wanted.person, wanted.organization, wanted.kind
        )
        giver = db.get_one(Person, require_person(actor))
        return render(
            request,
            "consents/decide.html",
            subject=subject,
            place=place,
            standing=standing,
            state=STATES[standing.state],
            ways=WAYS,
            paragraphs=filled(
                standing.asked.text.text,
                place.organization,
                Blanks(
                    subject=subject.person.full_name,
                    born=subject.person.birth_date,
                    giver=giver.full_name,
                ),
            ),
        )


def _wanted(asked: Mapping[str, str]) -> Decision:
    try:
        return msgspec.convert(
            {name: asked.get(name, "") for name in ("person", "organization", "kind")}, Decision, strict=False
        )
    except msgspec.ValidationError:
        raise NotFound(
            "О таком согласии вас не спрашивают.", advice="Откройте «Согласия» в настройках аккаунта."
        ) from None


@post("/account/consents/give", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def give(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[Decision, FormBody],
) -> Page:
    """Give a consent to the text that was shown."""
    with database.transaction() as db:
        giving.give(db, actor, data.person, data.organization, data.kind, data.text or data.person)
    return redirect("/account/consents?done=given")


@post("/account/consents/withdraw", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def withdraw(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    data: Annotated[Decision, FormBody],
) -> Page:
    """Withdraw a consent; the page before has told what follows."""
    with database.transaction() as db:
        giving.withdraw(db, actor, data.person, data.organization, data.kind, data.reason)
    return redirect("/account/consents?done=withdrawn")


@get(
    "/consents/people/{person_id:uuid}",
    guards=[needs(reading.VIEW)],
    sync_to_thread=True,
    include_in_schema=False,
)
def person_consents(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """Every consent about somebody to the school, and the forms for what comes on paper."""
    with database.reading() as db:
        return _person(db, request, actor, person_id, doing=request.query_params.get("do", ""))


def _person(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    *,
    doing: str = "",
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    person, place = reading.subject_in_school(db, actor, person_id)
    missing = [each for each in place.standings if each.state != "given"]
    given = [each for each in place.standings if each.state in ("given", "outdated")]
    may_record = actor.can(giving.RECORD)
    kind, offered = FORMS.get(doing, (None, "")) if may_record else (None, "")
    choices = {
        "kind": [
            (each.asked.kind.name, str(each.asked.kind.title))
            for each in (missing if offered == "missing" else given)
        ]
    }
    return render(
        request,
        "consents/person.html",
        status=wrong.status if wrong else 200,
        person=person,
        place=place,
        states=STATES,
        ways=WAYS,
        history=reading.history(db, person.id, place.organization.id),
        titles={each.asked.kind.name: each.asked.kind.title for each in place.standings},
        missing=missing,
        given=given,
        may_record=may_record,
        doing=doing if kind is not None and choices["kind"] else "",
        fields=form_fields(kind, typed=typed, errors=wrong.fields if wrong else None, choices=choices)
        if kind is not None
        else [],
        done=request.query_params.get("done", ""),
    )


@post(
    "/consents/people/{person_id:uuid}/record",
    guards=[needs(giving.RECORD)],
    sync_to_thread=True,
    include_in_schema=False,
)
def record_paper(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Write down a consent signed on paper."""
    with database.reading() as db:
        reading.subject_in_school(db, actor, person_id, giving.RECORD)
        choices = kind_choices(db, actor)
    try:
        wanted = parse_form(PaperForm, data, choices)
        with database.transaction() as db:
            giving.record_paper(db, actor, person_id, wanted)
    except PortalError as wrong:
        if not wrong.fields:
            raise
        with database.reading() as db:
            return _person(db, request, actor, person_id, doing="record", typed=data, wrong=wrong)
    return redirect(f"/consents/people/{person_id}?done=recorded")


@post(
    "/consents/people/{person_id:uuid}/withdraw",
    guards=[needs(giving.RECORD)],
    sync_to_thread=True,
    include_in_schema=False,
)
def record_withdrawal(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Write down a withdrawal that came on paper."""
    with database.reading() as db:
        reading.subject_in_school(db, actor, person_id, giving.RECORD)
        choices = kind_choices(db, actor)
    try:
        wanted = parse_form(WithdrawalForm, data, choices)
        with database.transaction() as db:
            giving.record_withdrawal(db, actor, person_id, wanted)
    except PortalError as wrong:
        if not wrong.fields:
            raise
        with database.reading() as db:
            return _person(db, request, actor, person_id, doing="withdraw", typed=data, wrong=wrong)
    return redirect(f"/consents/people/{person_id}?done=withdrawn")


@get("/consents/blank", guards=[needs(reading.VIEW)], sync_to_thread=True, include_in_schema=False)
def blank(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """Blanks to print: an empty one, for one person, or for everybody of a class who has not given it."""
    asked = request.query_params
    with database.reading() as db:
        place = reading.school_of(db, actor)
        offered = listing.asked_here(db, actor)
        wanted = offered.get(asked.get("kind", ""))
        if wanted is None and asked.get("kind"):
            raise NotFound("Такого согласия нет.", advice="Выберите его в разделе «Согласия».")
        people: list[Person | None] = [None] if wanted else []
        if wanted and asked.get("person"):
            people = [reading.subject_in_school(db, actor, _id(asked["person"]))[0]]
        elif wanted and asked.get("class"):
            people = [*listing.blanks_for(db, actor, wanted.kind.name, _id(asked["class"]))]
        return render(
            request,
            "consents/blank.html",
            asked=wanted,
            sheets=[
                (
                    person,
                    filled(
                        wanted.text.text,
                        place,
                        Blanks(subject=person.full_name, born=person.birth_date) if person else Blanks(),
                    ),
                )
                for person in people
                if wanted is not None
            ],
            kinds=[(name, each.kind.title) for name, each in offered.items()],
            classes=listing.classes_here(db, actor),
            chosen_class=asked.get("class", ""),
        )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("Такого человека нет.", advice="Найдите его в списке «Согласия».") from None


consent_routes: list[Any] = [
    own_consents,
    decide_form,
    give,
    withdraw,
    blank,
    person_consents,
    record_paper,
    record_withdrawal,
    *consent_list_routes,
]
