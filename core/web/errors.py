"""Errors as people and programs meet them: a page, a toast for htmx, or a problem document (RFC 9457)."""

from __future__ import annotations

import secrets
from typing import Any, cast
from urllib.parse import quote

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from core.errors import (
    Conflict,
    Invalid,
    NotFound,
    PortalError,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from core.web.i18n import gettext, sentence
from core.web.pages import local_path, redirect, render
from core.web.visit import SAFE_METHODS, page_of_form, visit_of

log = structlog.get_logger("errors")
MAX_SQLITE_INTEGER = 2**63 - 1


class Internal(PortalError):
    """Something the portal's authors did not foresee."""

    status = 500


def as_portal_error(error: Exception) -> PortalError:
    """Any exception as one with words for a person."""
    if isinstance(error, PortalError):
        return error
    if isinstance(error, ValidationException):
        return Invalid(
            sentence("Данные не подходят: %(what)s", what=_validation_words(error)),
            advice="Исправьте и повторите.",
        )
    if isinstance(error, HTTPException):
        return _of_status(error)
    if isinstance(error, RecursionError) and "deserializing" in str(error):
        # JSON nested without end, in msgspec's words: the sender's fault, not ours.
        return Invalid("Запрос составлен неверно.", advice="Обновите страницу и повторите.")
    if _is_database_away(error):
        return Unavailable(
            "База данных сейчас не отвечает. Ничего не сохранено.",
            advice="Подождите минуту и повторите. Если не поможет, сообщите в поддержку.",
        )
    return Internal(
        "Портал не смог выполнить запрос из-за своей ошибки.",
        advice="Повторите позже. Если ошибка останется, сообщите в поддержку её номер.",
    )


def _is_database_away(error: Exception) -> bool:
    """Whether the database is gone, full, or has no connection left; not a mistake in a statement."""
    if isinstance(error, DBAPIError):
        return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return isinstance(error, DatabaseTimeout)


def _of_status(error: HTTPException) -> PortalError:
    if error.status_code == 404:
        return NotFound("Такой страницы нет.", advice="Проверьте адрес или начните с главной страницы.")
    if error.status_code == 405:
        found = NotFound("Этот адрес не принимает такие запросы.", advice="Вернитесь на предыдущую страницу.")
    elif error.status_code == 413:
        found = TooLarge("Запрос слишком велик.", advice="Уменьшите файл и отправьте его снова.")
    elif error.status_code == 409:
        found = Conflict("Данные уже изменены.", advice="Обновите страницу.")
    elif error.status_code >= 500:
        found = Internal(
            "Портал не смог выполнить запрос из-за своей ошибки.",
            advice="Повторите позже. Если ошибка останется, сообщите в поддержку её номер.",
        )
    else:
        found = Invalid("Запрос составлен неверно.", advice="Обновите страницу и повторите.")
    found.status = error.status_code
    return found


def _validation_words(error: ValidationException) -> str:
    extra: Any = error.extra
    if isinstance(extra, list) and extra:
        items = cast("list[dict[str, Any]]", extra)
        names = [str(item.get("key", "")) for item in items]
        return ", ".join(f"«{name}»" for name in names if name) or sentence("неверный формат")
    return sentence("неверный формат")


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a program asked: the API, or a script of ours that wants JSON or listens to a stream."""
    accepts = request.headers.get("accept", "")
    return (
        request.url.path.startswith("/api/")
        or "application/json" in accepts
        or "text/event-stream" in accepts
    )


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that failed. Unforeseen errors are logged with an id that the page shows too."""
    known = as_portal_error(error)
    error_id = ""
    if known.status >= 500:
        error_id = secrets.token_hex(4)
        log.error("request failed", error_id=error_id, path=request.url.path, exc_info=error)
    if wants_json(request) or request.headers.get("hx-request"):
        return _problem(request, known, error_id)
    if isinstance(known, SignInNeeded) and request.method == "GET":
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return redirect(f"/sign-in?next={quote(asked)}")
    return render(
        request,
        "error.html",
        status=known.status,
        message=gettext(known.message),
        advice=gettext(known.advice),
        error_id=error_id,
        fields={name: gettext(words) for name, words in known.fields.items()},
        sign_in_needed=known.status in (401, 403) and visit_of(request).actor is None,
        back=local_path(page_of_form(request), "") if request.method not in SAFE_METHODS else "",
    )


def _problem(request: Request[Any, Any, Any], error: PortalError, error_id: str) -> Response[bytes]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": gettext(error.message),
        "status": error.status,
        "detail": gettext(error.advice),
    }
    if error.fields:
        body["fields"] = {name: gettext(words) for name, words in error.fields.items()}
    if error_id:
        body["error_id"] = error_id
    headers: dict[str, str] = {}
    if isinstance(error, SignInNeeded):
        body["login_url"] = "/sign-in"
        headers["www-authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )
