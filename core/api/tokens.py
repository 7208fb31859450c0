"""One's own access tokens, for programs that set up others; a token itself may not make tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api import BY_SESSION
from core.api.lists import problems
from core.database.engine import Database
from core.errors import Forbidden
from core.identity import tokens
from core.identity.models import AccessToken
from core.identity.sessions import Visit
from core.roles.actor import Actor
from core.web.guards import signed_in


class TokenOut(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, without its text."""

    id: UUID
    name: Annotated[str, Meta(description="Как ключ назвали.")]
    scopes: Annotated[list[str], Meta(description="Области доступа: что ключу можно.")]
    created_at: datetime
    expires_at: Annotated[
        datetime | None, Meta(description="Когда перестанет действовать; null – бессрочный.")
    ]
    used_at: Annotated[
        datetime | None, Meta(description="Когда им пользовались в последний раз; null – ни разу.")
    ]


class NewTokenOut(msgspec.Struct, frozen=True, kw_only=True):
    """A token just made, with its text: it is shown this once."""

    token: Annotated[TokenOut, Meta(description="Запись о ключе.")]
    text: Annotated[str, Meta(description="Сам ключ, `msk_…`. Больше его нигде не увидеть: сохраните.")]


class TokenIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new token is called, what it may, and for how many days."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            pattern="^[^\\u0000]+$",
            description="Как назвать ключ: что за программа им пользуется.",
            examples=["Выгрузка в бухгалтерию"],
        ),
    ]
    scopes: Annotated[
        list[Annotated[str, Meta(pattern="^[a-z_.]{1,80}$")]],
        Meta(
            min_length=1,
            max_length=50,
            description="Области доступа, перечисленные в начале страницы.",
            examples=[["organization.read", "people.read"]],
        ),
    ]
    days: (
        Annotated[
            int, Meta(ge=1, le=3650, description="Сколько дней действует, от 1 до 3650; null – бессрочный.")
        ]
        | None
    ) = None


def _out(token: AccessToken) -> TokenOut:
    return TokenOut(**{name: getattr(token, name) for name in TokenOut.__struct_fields__})


def _by_session(visit: Visit) -> None:
    """Raise `Forbidden` for a token: else a narrow one could make itself a wide one."""
    if visit.by_token:
        raise Forbidden(
            "С ключом доступа нельзя управлять ключами.",
            advice="Войдите в портал и откройте настройки аккаунта.",
        )


@get(
    "/api/v1/tokens",
    guards=[signed_in],
    sync_to_thread=True,
    tags=["tokens"],
    security=[BY_SESSION],
    summary="Свои ключи доступа",
    description="Без самих ключей: их текст показывается один раз при создании. Только из сеанса в браузере.",
    responses=problems(),
)
def list_tokens(
    actor: NamedDependency[Actor], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> list[TokenOut]:
    """One's own tokens, the newest first."""
    _by_session(visit)
    with database.reading() as db:
        return [_out(token) for token in tokens.tokens_of(db, actor)]


@post(
    "/api/v1/tokens",
    guards=[signed_in],
    sync_to_thread=True,
    tags=["tokens"],
    security=[BY_SESSION],
    summary="Создать ключ доступа",
    description="Ключ действует в текущей роли и даёт не больше прав, чем она. Только из сеанса в браузере.",
    responses=problems(409, 422),
)
def create_token(
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    data: JSONBody[TokenIn],
) -> NewTokenOut:
    """Make a token."""
    _by_session(visit)
    with database.transaction() as db:
        token, text = tokens.create(db, actor, data.name, data.scopes, data.days)
        db.flush()
        return NewTokenOut(token=_out(token), text=text)


@delete(
    "/api/v1/tokens/{token_id:uuid}",
    guards=[signed_in],
    sync_to_thread=True,
    tags=["tokens"],
    security=[BY_SESSION],
    summary="Отозвать ключ доступа",
    description="Ключ перестаёт действовать сразу. Только из сеанса в браузере.",
    responses=problems(404, 409, 422),
)
def revoke_token(
    actor: NamedDependency[Actor],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    token_id: FromPath[UUID],
) -> None:
    """End one of one's own tokens."""
    _by_session(visit)
    with database.transaction() as db:
        tokens.revoke(db, actor, token_id)


token_api: list[Any] = [list_tokens, create_token, revoke_token]
