"""Addresses of the stand under `/esia-stand`, and its pages; they work without scripts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.params import FromPath, RawBody

from plugins.auth_esia.stand.checks import SCOPES, Protocol, RefusedError
from plugins.auth_esia.stand.faults import FAULT_TITLES, read_fault
from plugins.auth_esia.stand.personas import PASSWORD
from plugins.auth_esia.stand.registry import complaint
from plugins.auth_esia.stand.service import (
    SESSION_LIFETIME,
    RequestLostError,
    RestAnswer,
    Stand,
    Step,
    WrongPasswordError,
)

PREFIX = "/esia-stand"
COOKIE = "esia_stand_session"
_TEMPLATES = Path(__file__).parent / "templates"
_PAGE_HEADERS = {
    "cache-control": "no-store",
    # Not `no-referrer`: it would turn the Origin of the forms into `null`.
    "referrer-policy": "same-origin",
    "x-robots-tag": "noindex",
}

AnyRequest = Request[Any, Any, Any]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def _page(template: str, status: int = 200, **context: Any) -> Response[str]:
    text = _environment().get_template(template).render(prefix=PREFIX, **context)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=_PAGE_HEADERS)


def _query(request: AnyRequest) -> bytes:
    return bytes(request.scope["query_string"])


def _fields(raw: bytes) -> dict[str, str]:
    """Single values of a query or form of the stand's own pages; broken bytes give nothing."""
    try:
        return dict(parse_qsl(raw.decode("ascii"), max_num_fields=20))
    except ValueError:
        return {}


def _answer(answer: RestAnswer) -> Response[Any]:
    if answer.text is not None:
        return Response(answer.text, status_code=answer.status, media_type=MediaType.HTML)
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=MediaType.JSON,
        headers={"cache-control": "no-store"},
    )


def _refused_page(refusal: RefusedError) -> Response[str]:
    return _page("refused.html", 400, refusal=refusal)


def _lost_page() -> Response[str]:
    return _page("lost.html", 400)


def stand_routes(find: Callable[[AnyRequest], Stand], *, opt: dict[str, Any] | None = None) -> Router:
    """The stand as a Litestar router.

    `find` gives the stand of a request, or raises where there is none; `opt` is put on every route for the
    application around it.
    """

    def go(stand: Stand, step: Step) -> Response[Any]:
        cookies = [session_cookie(stand, step.session_key, SESSION_LIFETIME)] if step.session_key else []
        return Response(
            None, status_code=303, headers={**_PAGE_HEADERS, "location": step.address}, cookies=cookies
        )

    def session_cookie(stand: Stand, value: str, lifetime: int) -> Cookie:
        return Cookie(
            key=COOKIE,
            value=value,
            path=PREFIX,
            max_age=lifetime,
            httponly=True,
            samesite="lax",
            secure=stand.options.address.startswith("https:"),
        )

    def login_page(stand: Stand, request_id: str, status: int = 200, **said: str) -> Response[str]:
        try:
            _, client = stand.asked(request_id)
        except RequestLostError:
            return _lost_page()
        return _page(
            "login.html",
            status,
            request_id=request_id,
            client=client,
            people=stand.people,
            password=PASSWORD,
            faults=FAULT_TITLES,
            said={"login": "", "fault": "", "problem": "", **said},
        )

    def begin(request: AnyRequest, protocol: Protocol) -> Response[Any]:
        stand = find(request)
        try:
            return go(stand, stand.authorize(_query(request), request.cookies.get(COOKIE), protocol))
        except RefusedError as refusal:
            return _refused_page(refusal)

    @get("/aas/oauth2/v2/ac", sync_to_thread=True)
    def authorize(request: AnyRequest) -> Response[Any]:
        """The beginning of a sign-in."""
        return begin(request, "v2")

    @get("/aas/oauth2/ac", sync_to_thread=True)
    def authorize_v1(request: AnyRequest) -> Response[Any]:
        """The beginning of a sign-in by the older generation of the protocol."""
        return begin(request, "v1")

    @get("/login", sync_to_thread=True)
    def show_login(request: AnyRequest) -> Response[str]:
        """The form and the people to choose from."""
        return login_page(find(request), _fields(_query(request)).get("request", ""))

    @post("/login", sync_to_thread=True)
    def log_in(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Login and password, a click on a person, or the way back."""
        stand = find(request)
        fields = _fields(body)
        request_id = fields.get("request", "")
        fault = read_fault(fields.get("fault", ""))
        try:
            if "cancel" in fields:
                return go(stand, stand.cancel(request_id, "007004"))
            if "persona" in fields:
                return go(stand, stand.sign_in_as(request_id, fields["persona"], fault))
            return go(
                stand, stand.sign_in(request_id, fields.get("login", ""), fields.get("password", ""), fault)
            )
        except RequestLostError:
            return _lost_page()
        except WrongPasswordError:
            missing = not fields.get("login") or not fields.get("password")
            return login_page(
                stand,
                request_id,
                422,
                login=fields.get("login", "")[:200],
                fault=fault,
                problem="Введите логин и пароль."
                if missing
                else complaint(fields.get("login", ""))
                or "Неверный логин или пароль. Проверьте номер телефона, почту или СНИЛС; пароль у всех "
                f"людей стенда один: {PASSWORD}.",
            )

    @get("/consent", sync_to_thread=True)
    def show_consent(request: AnyRequest) -> Response[Any]:
        """What data the portal asks for."""
        stand = find(request)
        request_id = _fields(_query(request)).get("request", "")
        try:
            asked, client = stand.asked(request_id)
        except RequestLostError:
            return _lost_page()
        session = stand.session(request.cookies.get(COOKIE))
        persona = stand.persona_of(session) if session else None
        if persona is None:
            return login_page(stand, request_id)
        wanted = [SCOPES[name] for name in asked.scope.split(" ") if name != "openid"]
        return _page("consent.html", request_id=request_id, client=client, persona=persona, wanted=wanted)

    @post("/consent", sync_to_thread=True)
    def decide(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Allow or refuse."""
        stand = find(request)
        fields = _fields(body)
        request_id = fields.get("request", "")
        try:
            if fields.get("decision") == "allow":
                return go(stand, stand.allow(request_id, request.cookies.get(COOKIE)))
            return go(stand, stand.cancel(request_id, "007019"))
        except RequestLostError:
            return _lost_page()

    @get("/consents", sync_to_thread=True)
    def show_consents(request: AnyRequest) -> Response[Any]:
        """What the person has allowed, with a way to take it back."""
        return consents_page(request)

    def consents_page(request: AnyRequest, revoked: str = "") -> Response[Any]:
        stand = find(request)
        session = stand.session(request.cookies.get(COOKIE))
        persona = stand.persona_of(session) if session else None
        permitted = [
            (
                each.client,
                [title for name, title in SCOPES.items() if name in each.scopes and name != "openid"],
            )
            for each in (stand.consents(session) if session else ())
        ]
        return _page("consents.html", persona=persona, permitted=permitted, revoked=revoked)

    @post("/consents/revoke", sync_to_thread=True, status_code=200)
    def revoke(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Take a consent back; the session's cookie comes from the stand's own pages only."""
        stand = find(request)
        session = stand.session(request.cookies.get(COOKIE))
        client_id = _fields(body).get("client", "")
        revoked = ""
        if session:
            known = {each.client.client_id: each.client.title for each in stand.consents(session)}
            revoked = known.get(client_id, "")
            stand.revoke(session, client_id)
        return consents_page(request, revoked)

    def give_tokens(request: AnyRequest, body: bytes, protocol: Protocol) -> Response[Any]:
        if request.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
            refusal = RefusedError("invalid_request", "007038", "the body is not a form")
            return _answer(
                RestAnswer(400, {"error": refusal.error, "error_description": refusal.description})
            )
        return _answer(find(request).exchange(body, protocol))

    @post("/aas/oauth2/v3/te", sync_to_thread=True, status_code=200)
    def exchange(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Tokens for a code."""
        return give_tokens(request, body, "v2")

    @post("/aas/oauth2/te", sync_to_thread=True, status_code=200)
    def exchange_v1(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Tokens for a code of the older generation of the protocol."""
        return give_tokens(request, body, "v1")

    def read(request: AnyRequest, oid: int, path: str) -> Response[Any]:
        embedded = _fields(_query(request)).get("embed") == "(elements)"
        authorization = request.headers.get("authorization", "")
        return _answer(find(request).read(oid, path, authorization, embedded=embedded))

    @get("/rs/prns/{oid:int}", sync_to_thread=True)
    def person(request: AnyRequest, oid: FromPath[int]) -> Response[Any]:
        """The person the token is for."""
        return read(request, oid, "")

    @get("/rs/prns/{oid:int}/{collection:str}", sync_to_thread=True)
    def collection(request: AnyRequest, oid: FromPath[int], collection: FromPath[str]) -> Response[Any]:
        """Contacts, children or places of work."""
        return read(request, oid, collection)

    @get("/rs/prns/{oid:int}/{collection:str}/{number:int}", sync_to_thread=True)
    def element(
        request: AnyRequest, oid: FromPath[int], collection: FromPath[str], number: FromPath[int]
    ) -> Response[Any]:
        """One element of a collection."""
        return read(request, oid, f"{collection}/{number}")

    @get("/idp/ext/Logout", sync_to_thread=True)
    def log_out(request: AnyRequest) -> Response[Any]:
        """The end of the stand's own session."""
        stand = find(request)
        address = stand.log_out(_query(request), request.cookies.get(COOKIE))
        response = go(stand, Step(address)) if address else _page("logged_out.html")
        response.set_cookie(session_cookie(stand, "", 0))
        return response

    @get("/", sync_to_thread=True)
    def about(request: AnyRequest) -> Response[str]:
        """What this is, and who can sign in."""
        return _page("about.html", people=find(request).people, password=PASSWORD)

    @get("/stand.css", sync_to_thread=True)
    def style() -> Response[bytes]:
        """The look of the stand."""
        content = (_TEMPLATES / "stand.css").read_bytes()
        return Response(content, media_type="text/css", headers={"cache-control": "public, max-age=300"})

    return Router(
        path=PREFIX,
        route_handlers=[
            about,
            style,
            authorize,
            authorize_v1,
            show_login,
            log_in,
            show_consent,
            decide,
            show_consents,
            revoke,
            exchange,
            exchange_v1,
            person,
            collection,
            element,
            log_out,
        ],
        opt=opt or {},
        include_in_schema=False,
    )
