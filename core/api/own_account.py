"""One's own account for programs: where one is signed in, all one's data, who looked at them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from core import personal_data
from core.api.accounts import SignedOutOut
from core.api.files import given_out, gives_out
from core.api.history import ViewsOut, views_out
from core.api.lists import DEFAULT_LIMIT, Limit, problems
from core.audit import views
from core.database.engine import Database
from core.errors import NotFound
from core.identity import sessions
from core.identity.sessions import Visit
from core.roles.access import require_person
from core.roles.actor import Actor
from core.web.accounts.account_pages import own_sessions
from core.web.guards import needs

SESSIONS = "core.sessions.own"
DATA = "core.personal_data.own"


class SessionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    id: UUID
    device: Annotated[str, Meta(description="Браузер и система словами; пусто, если неизвестны.")]
    way: Annotated[str, Meta(description="Как вошли, словами; пусто, если неизвестно.")]
    address: Annotated[str, Meta(description="Сетевой адрес, с которого вошли; может быть пусто.")]
    created_at: datetime
    seen_at: Annotated[datetime, Meta(description="Когда им пользовались: момент с часовым поясом.")]
    current: Annotated[bool, Meta(description="Этот сеанс и выполняет запрос; с ключом доступа – никакой.")]


@get(
    "/api/v1/me/sessions",
    guards=[needs(SESSIONS)],
    sync_to_thread=True,
    tags=["identity"],
    summary="Свои сеансы",
    description="Где вы сейчас вошли в портал: браузеры, не ключи доступа.",
    responses=problems(),
)
def list_sessions(
    actor: NamedDependency[Actor], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> list[SessionOut]:
    """One's own sessions."""
    with database.reading() as db:
        return [SessionOut(**msgspec.structs.asdict(each)) for each in own_sessions(db, actor, visit)]


@delete(
    "/api/v1/me/sessions/{session_id:uuid}",
    guards=[needs(SESSIONS)],
    sync_to_thread=True,
    tags=["identity"],
    summary="Завершить свой сеанс",
    description="В том браузере сразу попросят войти снова. 404 – такого сеанса у вас нет.",
    responses=problems(404, 409, 422),
)
def end_session(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    session_id: Annotated[UUID, PathParameter(description="Ключ сеанса из списка своих.")],
) -> None:
    """End one of one's own sessions."""
    with database.transaction() as db:
        if not sessions.end_other(db, actor, session_id, None):
            raise NotFound("Такого сеанса у вас нет.", advice="Возьмите ключ из списка своих сеансов.")


@post(
    "/api/v1/me/sessions/end-others",
    guards=[needs(SESSIONS)],
    sync_to_thread=True,
    status_code=200,
    tags=["identity"],
    summary="Завершить все остальные сеансы",
    description="Все, кроме того, что выполняет запрос; с ключом доступа – все до одного.",
    responses=problems(404, 409, 422),
)
def end_other_sessions(
    actor: NamedDependency[Actor], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> SignedOutOut:
    """End all sessions but the present one."""
    with database.transaction() as db:
        return SignedOutOut(ended=sessions.end_other(db, actor, None, visit.session_id))


@post(
    "/api/v1/me/data",
    guards=[needs(DATA)],
    sync_to_thread=True,
    status_code=200,
    tags=["identity"],
    summary="Скачать свои данные",
    description=(
        "Всё, что портал и плагины знают о вас: архив zip со страницей для чтения и файлами JSON. Что его забрали, "
        "остаётся в истории."
    ),
    responses={**gives_out(description="Архив.", media_type="application/zip"), **problems(404, 409, 422)},
)
def download_own_data(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> Response[bytes]:
    """Everything the portal knows about the one who asks."""
    with database.transaction() as db:
        return given_out(personal_data.export_own(db, actor), "my-data.zip", "application/zip")


@get(
    "/api/v1/me/views",
    guards=[needs(DATA)],
    sync_to_thread=True,
    tags=["identity"],
    summary="Кто смотрел мои данные",
    description=(
        "Кто открывал вашу карточку, контакты и документы, последнее – первым. 404 – это не вы и не ваш ребёнок."
    ),
    responses=problems(404, 422),
)
def list_own_views(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: Annotated[
        UUID | None, QueryParameter(description="Ключ своего ребёнка; без него – о вас.")
    ] = None,
    before: Annotated[UUID | None, QueryParameter(description="Значение `next` прошлой страницы.")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ViewsOut:
    """Who looked at one's own data, or at those of a child."""
    with database.reading() as db:
        person = person_id or require_person(actor)
        return views_out(views.views_of(db, actor, person, before, limit))


own_account_api: list[Any] = [
    list_sessions,
    end_session,
    end_other_sessions,
    download_own_data,
    list_own_views,
]
