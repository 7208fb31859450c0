"""Kinds of requests the core knows itself, and all kinds of this portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.audit.record import Change, record
from core.contributions import RequestKind
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity.models import Person
from core.identity.names import sort_key
from core.identity.relinking import RELINKING, Relinking, relink
from core.identity.sessions import school_today
from core.requests.child_accounts import CHILD_ACCOUNT_KIND
from core.requests.guardian_links import GUARDIAN_LINK_KIND
from core.requests.models import Request
from core.requests.objections import refusal_of
from core.requests.profile_deletion import PROFILE_DELETION_KIND
from core.requests.pupil_transfers import PUPIL_TRANSFER_KIND
from core.requests.region_connections import REGION_CONNECTION_KIND
from core.requests.staff_roles import STAFF_ROLE
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy

if TYPE_CHECKING:
    from core.portal import Portal

PERSON_CORRECTION = "core.person_correction"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\d<>]+$")]


class PersonCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """What is to stand in one's own card: the whole of it, prefilled with what stands there now."""

    last_name: Annotated[Name, Meta(title="Фамилия")]
    first_name: Annotated[Name, Meta(title="Имя")]
    middle_name: Annotated[Name | None, Meta(title="Отчество")] = None
    birth_date: Annotated[date | None, Meta(title="Дата рождения")] = None
    phone: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(
            title="Телефон",
            description="Например, +7 (918) 123-45-67.",
            extra_json_schema={"reads": "phone"},
        ),
    ] = None
    email: Annotated[
        Annotated[str, Meta(max_length=254)] | None,
        Meta(title="Электронная почта", extra_json_schema={"reads": "email"}),
    ] = None
    reason: Annotated[
        str,
        Meta(
            title="Что неверно",
            description="И каким документом это подтвердить.",
            max_length=2000,
            min_length=3,
            extra_json_schema={"rows": 4},
        ),
    ]
    was: Annotated[dict[str, Any] | None, Meta(extra_json_schema={"hidden": True})] = None


CORRECTED = ("last_name", "first_name", "middle_name", "birth_date", "phone", "email")


def _present(db: Session, author_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    people = db.scalars(select(Person).where(Person.id.in_(author_ids)))
    return {person.id: {name: getattr(person, name) for name in CORRECTED} for person in people}


def _correction_obstacle(_db: Session, actor: Actor, _request_id: UUID, values: PersonCorrection) -> str:
    return refusal_of(lambda: _refuse_future(actor, values))


def _refuse_future(actor: Actor, values: PersonCorrection) -> None:
    if values.birth_date is not None and values.birth_date > school_today(actor):
        raise Conflict(_("Дата рождения ещё не наступила."), advice=_("Отклоните запрос и объясните автору."))


def correct_person(db: Session, actor: Actor, request_id: UUID, values: PersonCorrection) -> None:
    """Write what the author asked for into the author's card, with before and after."""
    request = db.get(Request, request_id)
    person = db.get(Person, request.author_id) if request is not None else None
    if request is None or person is None:
        raise NotFound(_("Такого человека нет."))
    _refuse_future(actor, values)
    before = {name: getattr(person, name) for name in CORRECTED}
    for name in CORRECTED:
        setattr(person, name, getattr(values, name))
    person.name_key = sort_key(person.full_name)
    after = {name: getattr(person, name) for name in CORRECTED}
    changed = [name for name in CORRECTED if before[name] != after[name]]
    record(
        db,
        actor,
        request.organization_id,
        Change(
            action="core.person.correct",
            subject_type="person",
            subject_id=str(person.id),
            before=msgspec.to_builtins({name: before[name] for name in changed}),
            after=msgspec.to_builtins({name: after[name] for name in changed}),
            reason=values.reason,
        ),
    )


CORE_REQUEST_KINDS = (
    RequestKind(
        name=PERSON_CORRECTION,
        title=lazy("Исправление данных"),
        form=PersonCorrection,
        permission="core.requests.send",
        decide_permission="core.requests.decide",
        on_approved=correct_person,
        obstacle=_correction_obstacle,
        days=10,
        present=_present,
    ),
    GUARDIAN_LINK_KIND,
    CHILD_ACCOUNT_KIND,
    PUPIL_TRANSFER_KIND,
    STAFF_ROLE,
    PROFILE_DELETION_KIND,
    REGION_CONNECTION_KIND,
    RequestKind(
        name=RELINKING,
        title=lazy("Новая учётная запись для входа"),
        form=Relinking,
        permission="",
        decide_permission="core.accounts.block",
        on_approved=relink,
        days=5,
        explanation=lazy(
            "Под учётной записью Госуслуг с тем же СНИЛС вошёл человек, которого портал не пустил сам. Убедитесь, "
            "что это он: позвоните ему или попросите прийти с паспортом. Если в карточке ошибка, исправьте её; если "
            "в ней чужой СНИЛС, исправьте его и отклоните запрос. После одобрения человек входит под этой учётной "
            "записью, прежняя отвязывается, сеансы завершаются."
        ),
    ),
)


def all_kinds(portal: Portal) -> dict[str, tuple[str, RequestKind]]:
    """Every kind by name, with the plugin it comes from (empty for the core's)."""
    found = {kind.name: ("", kind) for kind in CORE_REQUEST_KINDS}
    for plugin, kind in portal.plugins.each("request_kinds"):
        found.setdefault(kind.name, (plugin.name, kind))
    return found
