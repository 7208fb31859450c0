"""«Удаление профиля»: a person asks the school to erase their profile; the head or the administrator decides.

It is approved on a page of its own, which shows what would go and what stays, and asks for a word.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.contributions import RequestKind
from core.database.session import Session
from core.requests.models import Request
from core.requests.objections import for_a_child
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import gettext, lazy, sentence

PROFILE_DELETION = "core.profile_deletion"
ERASE = "core.personal_data.erase"
OPEN = ("sent", "in_review")


class ProfileDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """That the author's own profile is to be erased."""

    reason: Annotated[
        str,
        Meta(
            title="Почему",
            description="Объяснять не обязательно. После решения школы профиль и вход в портал исчезнут насовсем; "
            "то, что хранят по закону (отметки, приказы), останется под номером без имени.",
            max_length=1000,
            extra_json_schema={"rows": 3},
        ),
    ] = ""


def _objection(db: Session, actor: Actor) -> str:
    return for_a_child(
        db,
        actor,
        sentence("Пока вам нет 14 лет, о вашем профиле решают родители. Попросите их обратиться в школу."),
    )


PROFILE_DELETION_KIND = RequestKind(
    name=PROFILE_DELETION,
    title=lazy("Удаление профиля"),
    form=ProfileDeletion,
    permission="core.requests.send",
    decide_permission=ERASE,
    days=10,
    objection=_objection,
    decided_at="/people/{author}/erase",
    explanation=lazy(
        "Убедитесь, что это просит сам человек. На следующей странице видно, что исчезнет, а что школа обязана хранить."
    ),
)


def waiting(db: Session, actor: Actor, person_id: UUID) -> Request | None:
    """The open request of somebody that the actor decides."""
    return db.scalar(
        select(Request)
        .where(
            Request.kind == PROFILE_DELETION,
            Request.author_id == person_id,
            Request.status.in_(OPEN),
            within(actor, ERASE, Request.organization_id),
        )
        .order_by(Request.id)
        .limit(1)
    )


def basis_of(request: Request) -> str:
    """The grounds that a request gives."""
    return gettext("Запрос на удаление профиля от %(day)s") % {"day": f"{request.created_at:%d.%m.%Y}"}


def approve_waiting(db: Session, actor: Actor, person_id: UUID) -> None:
    """Approve the open requests of somebody that the actor decides, before the profile goes."""
    from core.requests.workflow import approve

    request = waiting(db, actor, person_id)
    while request is not None:
        approve(db, actor, request.id, on_its_page=True)
        request = waiting(db, actor, person_id)
