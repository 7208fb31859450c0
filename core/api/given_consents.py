"""Consents about single people, for programs: how they stand, one's own given and withdrawn, paper written down."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.consents import giving, reading
from core.consents.giving import RECORD, PaperForm, WithdrawalForm
from core.consents.reading import OWN, VIEW, Standing
from core.consents.texts import Blanks, filled
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.identity.models import Person
from core.organizations.models import Organization
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence

Kind = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9_.]{1,80}$",
        description="Вид согласия из перечня того, о чём спрашивают.",
        examples=["core.partners"],
    ),
]
Words = Annotated[str, Meta(max_length=300, pattern="^[^\\u0000]*$")]


class StandingOut(msgspec.Struct, frozen=True, kw_only=True):
    """How a consent about somebody to an organization stands."""

    person_id: Annotated[UUID, Meta(description="О чьих данных согласие.")]
    person: Annotated[str, Meta(description="Фамилия, имя и отчество этого человека.")]
    organization_id: Annotated[UUID, Meta(description="Кому даётся.")]
    organization: Annotated[str, Meta(description="Короткое название организации.")]
    kind: Annotated[str, Meta(description="Вид согласия, например `core.publication`.")]
    title: Annotated[str, Meta(description="О чём оно, словами.")]
    state: Annotated[
        str,
        Meta(
            description="`given` – дано, `outdated` – дано, но текст с тех пор новый и просит согласиться заново, "
            "`withdrawn` – отозвано, `none` – не давали."
        ),
    ]
    text_id: Annotated[UUID, Meta(description="Редакция текста, о которой спрашивают сейчас.")]
    text: Annotated[list[str], Meta(description="Сам этот текст по абзацам, с названием школы и именами.")]
    given_on: Annotated[
        date | None, Meta(description="Когда дано последнее, ГГГГ-ММ-ДД; null, если не давали.")
    ]
    may_decide: Annotated[bool, Meta(description="Вы можете его дать и отозвать.")]


class DecisionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent that one gives."""

    person_id: Annotated[UUID, Meta(description="О ком: вы сами или ваш ребёнок до 14 лет.")]
    organization_id: Annotated[UUID, Meta(description="Кому.")]
    kind: Kind
    text_id: Annotated[
        UUID, Meta(description="Какой текст прочитан. 409, если с тех пор он изменился: прочитайте новый.")
    ]


class WithdrawIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent that one withdraws."""

    person_id: Annotated[UUID, Meta(description="О ком: вы сами или ваш ребёнок до 14 лет.")]
    organization_id: Annotated[UUID, Meta(description="Кому было дано.")]
    kind: Kind
    reason: Annotated[Words, Meta(description="Почему; можно не писать.")] = ""


class PaperIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent that was signed on paper."""

    kind: Kind
    given_on: Annotated[date, Meta(description="Дата на бумаге, ГГГГ-ММ-ДД.")]
    signed_by: Annotated[
        Annotated[str, Meta(max_length=200, pattern="^[^\\u0000]*$")],
        Meta(description="Кто подписал, если не сам человек."),
    ] = ""
    document: Annotated[
        Words, Meta(description="Где бумага хранится.", examples=["Личное дело, папка 7А"])
    ] = ""


class PaperWithdrawalIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A withdrawal that came on paper."""

    kind: Kind
    withdrawn_on: Annotated[date, Meta(description="Дата заявления, ГГГГ-ММ-ДД.")]
    reason: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=300,
            pattern="^[^\\u0000]+$",
            description="Заявление: номер или где хранится.",
            examples=["Заявление № 4 от 12.11.2026"],
        ),
    ]


@get(
    "/api/v1/me/consents",
    guards=[needs(OWN)],
    sync_to_thread=True,
    tags=["people"],
    summary="О каких согласиях вас спрашивают",
    description="О вас и о ваших детях, с текстами и с тем, что уже дано.",
    responses=problems(),
)
def own_consents(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[StandingOut]:
    """One's own consents and those about one's children."""
    with database.reading() as db:
        return _own(db, actor)


@post(
    "/api/v1/me/consents",
    guards=[needs(OWN)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Дать согласие",
    description=(
        "О себе с 14 лет, о ребёнке до 14 – его представитель. Даётся той редакции текста, которую прочитали. 403 – "
        "решает другой человек; 409 – уже дано или текст изменился."
    ),
    responses=problems(404, 409, 422),
)
def give_consent(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[DecisionIn]
) -> list[StandingOut]:
    """Give a consent about oneself or one's child."""
    with database.transaction() as db:
        giving.give(db, actor, data.person_id, data.organization_id, data.kind, data.text_id)
        return _own(db, actor)


@post(
    "/api/v1/me/consents/withdraw",
    guards=[needs(OWN)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Отозвать согласие",
    description="С сегодняшнего дня его как не было. 403 – решает другой человек; 409 – отзывать нечего.",
    responses=problems(404, 409, 422),
)
def withdraw_consent(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[WithdrawIn]
) -> list[StandingOut]:
    """Withdraw a consent about oneself or one's child."""
    with database.transaction() as db:
        giving.withdraw(db, actor, data.person_id, data.organization_id, data.kind, data.reason)
        return _own(db, actor)


@get(
    "/api/v1/people/{person_id:uuid}/consents",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    tags=["people"],
    summary="Согласия одного человека",
    description="О чём его спрашивает ваша организация и что дано. Прежние – в общем списке согласий.",
    responses=problems(404),
)
def consents_of(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> list[StandingOut]:
    """How consents about somebody of the organization stand."""
    with database.reading() as db:
        return _of(db, actor, person_id)


@post(
    "/api/v1/people/{person_id:uuid}/consents",
    guards=[needs(RECORD)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Внести согласие на бумаге",
    description="Что уже дано, остаётся как есть. 422 – о таком не спрашивают или день не тот.",
    responses=problems(404, 409, 422),
)
def record_consent(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[PaperIn],
) -> list[StandingOut]:
    """Write down a consent signed on paper."""
    with database.transaction() as db:
        _refuse_unknown(db, actor, person_id, data.kind)
        giving.record_paper(db, actor, person_id, PaperForm(**msgspec.structs.asdict(data)))
        db.flush()
        return _of(db, actor, person_id, RECORD)


@post(
    "/api/v1/people/{person_id:uuid}/consents/withdraw",
    guards=[needs(RECORD)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Внести отзыв на бумаге",
    description="Если отзывать нечего, ничего не меняется. 422 – о таком не спрашивают или день не тот.",
    responses=problems(404, 409, 422),
)
def record_consent_withdrawal(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: JSONBody[PaperWithdrawalIn],
) -> list[StandingOut]:
    """Write down a withdrawal that came on paper."""
    with database.transaction() as db:
        _refuse_unknown(db, actor, person_id, data.kind)
        giving.record_withdrawal(db, actor, person_id, WithdrawalForm(**msgspec.structs.asdict(data)))
        db.flush()
        return _of(db, actor, person_id, RECORD)


def _refuse_unknown(db: Session, actor: Actor, person_id: UUID, kind: str) -> None:
    _person, place = reading.subject_in_school(db, actor, person_id, RECORD)
    if kind not in {each.asked.kind.name for each in place.standings}:
        words = sentence("О таком согласии этого человека не спрашивают.")
        raise Invalid("Запись не внесена.", fields={"kind": words})


def _of(db: Session, actor: Actor, person_id: UUID, permission: str = VIEW) -> list[StandingOut]:
    person, place = reading.subject_in_school(db, actor, person_id, permission)
    blanks = Blanks(subject=person.full_name)
    return [_standing(person, place.organization, each, blanks) for each in place.standings]


def _own(db: Session, actor: Actor) -> list[StandingOut]:
    giver = db.get_one(Person, require_person(actor)).full_name
    return [
        _standing(
            subject.person,
            place.organization,
            each,
            Blanks(subject=subject.person.full_name, born=subject.person.birth_date, giver=giver),
        )
        for subject in reading.own_consents(db, actor)
        for place in subject.places
        for each in place.standings
    ]


def _standing(person: Person, organization: Organization, standing: Standing, blanks: Blanks) -> StandingOut:
    given = standing.consent
    return StandingOut(
        person_id=person.id,
        person=person.full_name,
        organization_id=organization.id,
        organization=organization.short_name,
        kind=standing.asked.kind.name,
        title=str(standing.asked.kind.title),
        state=standing.state,
        text_id=standing.asked.text.id,
        text=filled(standing.asked.text.text, organization, blanks),
        given_on=given.given_on if given is not None else None,
        may_decide=standing.mine,
    )


given_consent_api: list[Any] = [
    own_consents,
    give_consent,
    withdraw_consent,
    consents_of,
    record_consent,
    record_consent_withdrawal,
]
