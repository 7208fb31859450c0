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

from core.contributions import RequestKind
from core.database.session import Session
from core.errors import Conflict
from core.identity.families import tie_guardian
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.transfer import pupil_of
from core.requests.models import Request
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import lazy

GUARDIAN_LINK = "core.guardian_link"
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
            extra_json_schema={"titles": {"parent": "родитель", "guardian": "опекун или попечитель"}},
        ),
    ] = "parent"
    document: Annotated[
        str,
        Meta(
            title="Документ",
            description="Свидетельство о рождении или решение об опеке: номер и дата. Скан можно приложить.",
            max_length=300,
        ),
    ] = ""


def _tie(db: Session, actor: Actor, request_id: UUID, values: GuardianLink) -> None:
    request = db.get_one(Request, request_id)
    school = db.get_one(Organization, request.organization_id)
    today = today_in(school.timezone or db.portal.config.timezone)
    name = (values.last_name, values.first_name, values.middle_name)
    child = pupil_of(db, school.id, name, values.birth_date, today)
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
    days=5,
    addressed_to=SCHOOL,
    for_everybody=True,
    explanation=lazy(
        "Проверьте документ и что суд не ограничил права автора. После одобрения он увидит дневник ребёнка."
    ),
)
