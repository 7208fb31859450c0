"""«Связь с ребёнком»: a parent whom the school has not tied to a child asks the school to do it.

Anybody signed in may ask, with or without a role: the school knows whose child it is. What the author writes is
compared with the school's pupils only when the school approves, so that nobody finds out by asking who studies
where.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.contributions import DecisionChoice, RequestKind
from core.database.session import Session
from core.errors import Conflict
from core.identity.families import tie_guardian
from core.identity.models import Person
from core.identity.names import mend_lookalikes, sort_key
from core.identity.relations import RELATIONS
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.transfer import pupil_of, pupil_with_id
from core.requests.children_like import children_like
from core.requests.models import Request
from core.requests.objections import for_a_child, refusal_of
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import lazy, sentence

GUARDIAN_LINK = "core.guardian_link"
CHOOSE = lazy(
    "Выберите ребёнка на карточке запроса или верните запрос на исправление и напишите, что не сходится."
)
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>]+$")]


class GuardianLink(msgspec.Struct, frozen=True, kw_only=True):
    """The child as the parent writes it down."""

    last_name: Annotated[Name, Meta(title="Фамилия ребёнка")]
    first_name: Annotated[Name, Meta(title="Имя ребёнка")]
    middle_name: Annotated[Name | None, Meta(title="Отчество ребёнка", description="Если есть.")] = None
    birth_date: Annotated[date, Meta(title="Дата рождения ребёнка")]
    relation: Annotated[
        Literal["parent", "guardian"],
        Meta(
            title="Кем вы приходитесь",
            extra_json_schema={"titles": dict(RELATIONS)},
        ),
    ]
    document: Annotated[
        str,
        Meta(
            title="Документ",
            description="Свидетельство о рождении или решение об опеке: номер и дата. Скан можно приложить.",
            max_length=300,
        ),
    ] = ""
    child_id: Annotated[UUID | None, Meta(extra_json_schema={"hidden": True})] = None


def _objection(db: Session, actor: Actor) -> str:
    words = sentence("О связи с ребёнком просит взрослый. Скажите об этом родителям.")
    is_pupil = actor.role is not None and actor.role.kind == "pupil"
    return words if is_pupil else for_a_child(db, actor, words)


def _child(db: Session, request: Request, values: GuardianLink) -> Person:
    school = db.get_one(Organization, request.organization_id)
    today = today_in(school.timezone or db.portal.config.timezone)
    if values.child_id is not None:
        return pupil_with_id(db, school.id, values.child_id, today, CHOOSE)
    name = (values.last_name, values.first_name, values.middle_name)
    return pupil_of(db, school.id, name, values.birth_date, today, CHOOSE)


def _obstacle(db: Session, _actor: Actor, request_id: UUID, values: GuardianLink) -> str:
    return refusal_of(lambda: _child(db, db.get_one(Request, request_id), values))


def _same_child(one: GuardianLink, other: GuardianLink) -> bool:
    """Whether two of one author's requests to one school mean the same child, however the name is written.

    A patronymic that stands in one of them only makes no other child of it.
    """
    middle_names = {_key(each.middle_name) for each in (one, other) if each.middle_name}
    return (
        one.birth_date == other.birth_date
        and (_key(one.last_name), _key(one.first_name)) == (_key(other.last_name), _key(other.first_name))
        and len(middle_names) <= 1
    )


def _key(name: str | None) -> str:
    return sort_key(" ".join(mend_lookalikes(word) for word in (name or "").replace("-", " ").split()))


def _tie(db: Session, actor: Actor, request_id: UUID, values: GuardianLink) -> None:
    request = db.get_one(Request, request_id)
    school = db.get_one(Organization, request.organization_id)
    today = today_in(school.timezone or db.portal.config.timezone)
    child = _child(db, request, values)
    tied = tie_guardian(
        db,
        actor,
        request.author_id,
        child,
        school.id,
        today,
        source="request",
        basis="Связь с ребёнком подтвердила школа",
        action="core.guardianship.create",
        relation=values.relation,
    )
    if not tied:
        raise Conflict(
            "Связать нельзя: связь уже есть или закрыта, либо ребёнок уже совершеннолетний.",
            advice="Откройте карточку ребёнка, проверьте представителей и отклоните запрос с объяснением.",
        )


GUARDIAN_LINK_KIND = RequestKind(
    name=GUARDIAN_LINK,
    title=lazy("Связь с ребёнком"),
    form=GuardianLink,
    permission="core.requests.send",
    decide_permission="core.requests.decide",
    on_approved=_tie,
    obstacle=_obstacle,
    days=5,
    addressed_to=SCHOOL,
    for_everybody=True,
    objection=_objection,
    repeats=_same_child,
    choice=DecisionChoice(
        title=lazy("Кого связать с автором"),
        field="child_id",
        options=children_like,
        search_hint=lazy("Найти другого ученика школы"),
        nothing=lazy("Похожих учеников в школе нет. Найдите ребёнка или верните запрос на исправление."),
    ),
    explanation=lazy(
        "Проверьте документ и что суд не ограничил права автора. После одобрения он увидит дневник ребёнка."
    ),
)
