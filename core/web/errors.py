"""Errors as people and programs meet them: a page, a toast for htmx, or a problem document (RFC 9457)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
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
    Forbidden,
    Invalid,
    NotFound,
    PortalError,
    RoleNotChosen,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from core.web import session_end, unsent_forms
from core.web.i18n import gettext, sentence
from core.web.pages import local_path, redirect, render
from core.web.visit import SAFE_METHODS, page_of_form, portal_of, visit_of

log = structlog.get_logger("errors")
MAX_SQLITE_INTEGER = 2**63 - 1
OF_A_FIELD = re.compile(r"(?P<what>missing required|contains unknown) field `(?P<name>[^`]+)`")
"""How msgspec says that a field is missing, or is none of the object's."""


class Internal(PortalError):
    """Something the portal's authors did not foresee."""

    status = 500


def as_portal_error(error: Exception) -> PortalError:
    """Any exception as one with words for a person."""
    if isinstance(error, PortalError):
        return error
    if isinstance(error, ValidationException):
        fields = _wrong_fields(error)
        what = ", ".join(f"«{name}»" for name in fields) or sentence("неверный формат")
        return Invalid(
            sentence("Данные не подходят: %(what)s", what=what),
            advice="Исправьте и повторите.",
            fields=fields,
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


def _wrong_fields(error: ValidationException) -> dict[str, str]:
    """What is wrong with each field of what a program sent, as far as the checks name it."""
    extra: Any = error.extra
    items = cast("list[dict[str, Any]]", extra) if isinstance(extra, list) else []
    found: dict[str, str] = {}
    for item in items:
        name, said = str(item.get("key", "")), str(item.get("message", ""))
        named = OF_A_FIELD.search(said)
        if named is not None:
            # msgspec names the field in words and the object that holds it by its place.
            name = named["name"]
            said = (
                gettext("Заполните поле.")
                if named["what"] == "missing required"
                else gettext("Такого поля нет.")
            )
        else:
            said = gettext("Значение не подходит. Каким оно бывает, сказано в описании API.")
        if name:
            found[name] = said
    return found


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
    cause = session_end.cause_of(request) if isinstance(known, SignInNeeded) else None
    advice = known.advice
    if cause is not None:
        known.message, known.advice = cause.message, cause.advice
    error_id = ""
    if known.status >= 500:
        error_id = secrets.token_hex(4)
        log.error("request failed", error_id=error_id, path=request.url.path, exc_info=error)
    if wants_json(request) or request.headers.get("hx-request"):
        return _problem(known, error_id, cause.reason if cause else "")
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if isinstance(known, SignInNeeded) and request.method == "GET":
        return redirect(f"/sign-in?next={quote(asked)}")
    if isinstance(known, RoleNotChosen):
        return redirect(f"/account?choose=role&next={quote(asked)}")
    changing = request.method not in SAFE_METHODS
    unsent = unsent_forms.kept(request) if changing else None
    return render(
        request,
        "error.html",
        status=known.status,
        message=gettext(known.message),
        advice=gettext(known.advice if unsent else known.advice or advice),
        error_id=error_id,
        fields={name: gettext(words) for name, words in known.fields.items()},
        sign_in_needed=known.status in (401, 403) and visit_of(request).actor is None,
        back=local_path(page_of_form(request), "") if changing else "",
        able_roles=_able_roles(request, known) if request.method == "GET" else (),
        asked=asked,
        unsent=unsent,
        typed_lost=isinstance(known, SignInNeeded) and changing and unsent is None,
    )


def _able_roles(request: Request[Any, Any, Any], error: PortalError) -> Collection[str]:
    """Which of the visitor's other roles have the right that the acting one lacks."""
    if not isinstance(error, Forbidden) or not error.permission:
        return ()
    grants, visit = portal_of(request).grants, visit_of(request)
    return {str(role.id) for role in visit.roles if error.permission in grants.of_role(role)}


def _problem(error: PortalError, error_id: str, cause: str) -> Response[bytes]:
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
        if cause:
            body["cause"] = cause
        headers["www-authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )
