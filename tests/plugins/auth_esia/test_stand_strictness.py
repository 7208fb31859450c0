"""Each wrong parameter meets its own code: what the stand lets through, the real system should take."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from plugins.auth_esia import gost
from plugins.auth_esia.client import Login
from plugins.auth_esia.signing import GostSigner, client_secret
from plugins.auth_esia.stand.routes import PREFIX

from .conftest import CLIENT_ID, REDIRECT, Browser, StandRun

Fields = dict[str, str]


@pytest.fixture(params=["GOST3410_2012_256"])
def stand(gost_stand: StandRun) -> Iterator[StandRun]:
    gost_stand.clock.ahead = 0.0
    yield gost_stand


def stamp(shift: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + shift).strftime("%Y.%m.%d %H:%M:%S +0000")


def authorization(stand: StandRun, **changes: str) -> Fields:
    """A right request, changed before it is signed."""
    fields = {
        "client_id": CLIENT_ID,
        "client_certificate_hash": stand.signer.certificate.client_certificate_hash,
        "redirect_uri": REDIRECT,
        "scope": "openid fullname",
        "response_type": "code",
        "state": str(uuid.uuid4()),
        "timestamp": stamp(),
        "access_type": "online",
        **changes,
    }
    order = ("client_id", "scope", "timestamp", "state", "redirect_uri")
    return {**fields, "client_secret": client_secret(stand.signer, *(fields[name] for name in order))}


def asked(stand: StandRun, fields: Fields | list[tuple[str, str]]) -> str:
    """The code that the stand answers with, or `page:` and it when it stays on the stand's page."""
    answer = httpx2.get(f"{stand.base_url}/aas/oauth2/v2/ac?{urlencode(fields)}", trust_env=False)
    if answer.status_code == 400:
        return "page:" + answer.text.split("ESIA-")[1][:6]
    assert answer.status_code == 303, answer.text
    parameters = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    if "error_description" not in parameters:
        return "accepted"
    assert answer.headers["location"].startswith(REDIRECT)
    return parameters["error_description"].removeprefix("ESIA-")[:6]


def test_a_right_request_is_accepted(stand: StandRun) -> None:
    assert asked(stand, authorization(stand)) == "accepted"


def test_padding_of_the_signature_is_allowed(stand: StandRun) -> None:
    fields = authorization(stand)
    assert asked(stand, {**fields, "client_secret": fields["client_secret"] + "=="}) == "accepted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "OTHER"}, "page:008010"),
        ({"redirect_uri": "https://evil.example.net/auth/esia/callback"}, "page:007023"),
        ({"redirect_uri": "http://portal.example.org.evil.example.net/auth/"}, "page:007023"),
        ({"redirect_uri": "http://portal.example.org/elsewhere"}, "page:007023"),
        ({"scope": "openid passwords"}, "007006"),
        ({"scope": "fullname"}, "007013"),
        ({"scope": "openid  fullname"}, "007006"),
        ({"response_type": "token"}, "007012"),
        ({"access_type": "offline"}, "007003"),
        ({"state": "123"}, "007038"),
        ({"state": "ABCDEF00-0000-4000-8000-000000000001"}, "007038"),
        ({"timestamp": stamp(timedelta(minutes=-20))}, "007015"),
        ({"timestamp": stamp(timedelta(minutes=20))}, "007015"),
        ({"timestamp": "2026-11-23T19:30:00Z"}, "007038"),
        ({"timestamp": "2026.13.45 19:30:00 +0000"}, "007038"),
        ({"client_certificate_hash": "0" * 64}, "007053"),
        ({"client_certificate_hash": "lower"}, "007053"),
        ({"code_challenge": "x" * 43}, "007039"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "007039"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "007039"),
        ({"prompt": "login"}, "007003"),
    ],
)
def test_a_wrong_parameter_has_its_code(stand: StandRun, changes: Fields, code: str) -> None:
    if changes.get("client_certificate_hash") == "lower":
        changes = {"client_certificate_hash": stand.signer.certificate.client_certificate_hash.lower()}
    assert asked(stand, authorization(stand, **changes)) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("client_id", "page:007014"),
        ("redirect_uri", "page:007014"),
        ("client_secret", "007014"),
        ("client_certificate_hash", "007014"),
        ("scope", "007013"),
        ("response_type", "007014"),
        ("state", "007014"),
        ("timestamp", "007014"),
        ("access_type", "007014"),
    ],
)
def test_a_missing_parameter_is_named(stand: StandRun, name: str, code: str) -> None:
    fields = authorization(stand)
    del fields[name]
    assert asked(stand, fields) == code


def test_a_doubled_parameter_is_refused(stand: StandRun) -> None:
    fields = authorization(stand)
    assert asked(stand, [*fields.items(), ("scope", "openid")]) == "007003"
    assert asked(stand, [*fields.items(), ("redirect_uri", REDIRECT)]) == "page:007003"


@pytest.mark.parametrize(
    "order",
    [
        ("scope", "timestamp", "client_id", "state"),
        ("client_id", "scope", "timestamp", "redirect_uri", "state"),
        ("client_id", "scope", "timestamp", "state"),
    ],
)
def test_a_signature_in_another_order_is_refused(stand: StandRun, order: tuple[str, ...]) -> None:
    fields = authorization(stand)
    fields["client_secret"] = client_secret(stand.signer, *(fields[name] for name in order))
    assert asked(stand, fields) == "007053"


def test_a_signature_of_another_key_is_refused(stand: StandRun) -> None:
    key = gost.generate_key()
    stranger = GostSigner(key, gost.self_signed_certificate(key, "stranger"))
    fields = authorization(stand)
    order = ("client_id", "scope", "timestamp", "state", "redirect_uri")
    fields["client_secret"] = client_secret(stranger, *(fields[name] for name in order))
    assert asked(stand, fields) == "007053"
    assert asked(stand, {**fields, "client_secret": "AAAA"}) == "007053"


def test_halves_of_the_signature_in_the_other_order_are_refused(stand: StandRun) -> None:
    class Swapped:
        certificate = stand.signer.certificate

        def sign(self, message: bytes) -> bytes:
            signature = stand.signer.sign(message)
            return signature[32:] + signature[:32]

    fields = authorization(stand)
    order = ("client_id", "scope", "timestamp", "state", "redirect_uri")
    fields["client_secret"] = client_secret(Swapped(), *(fields[name] for name in order))
    assert asked(stand, fields) == "007053"


def exchange(stand: StandRun, code: str, verifier: str, **changes: Any) -> httpx2.Response:
    """A right token request, changed before it is signed; a value of None takes a field away."""
    fields: dict[str, str] = {
        "client_id": CLIENT_ID,
        "code": code,
        "grant_type": "authorization_code",
        "client_certificate_hash": stand.signer.certificate.client_certificate_hash,
        "state": str(uuid.uuid4()),
        "redirect_uri": REDIRECT,
        "scope": " ".join(stand.client().endpoint.scopes),
        "timestamp": stamp(),
        "token_type": "Bearer",
        "code_verifier": verifier,
    }
    fields |= {name: value for name, value in changes.items() if value is not None}
    order = ("client_id", "scope", "timestamp", "state", "redirect_uri", "code")
    fields["client_secret"] = client_secret(stand.signer, *(fields[name] for name in order))
    for name in [name for name, value in changes.items() if value is None]:
        del fields[name]
    return httpx2.post(f"{stand.base_url}/aas/oauth2/v3/te", data=fields, trust_env=False)


@pytest.fixture
def begun(stand: StandRun) -> Callable[[], tuple[Login, str]]:
    def begin() -> tuple[Login, str]:
        login = stand.client().begin()
        return login, Browser(stand.base_url.removesuffix(PREFIX)).sign_in(login, "teacher")["code"]

    return begin


Begun = Callable[[], tuple[Login, str]]


def error(answer: httpx2.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error_description"]).removeprefix("ESIA-")[:6]


def test_a_right_exchange_gives_tokens_and_a_second_one_does_not(stand: StandRun, begun: Begun) -> None:
    login, code = begun()
    body = exchange(stand, code, login.verifier).json()
    assert body["token_type"] == "Bearer" and body["expires_in"] == 3600
    assert "refresh_token" not in body
    assert error(exchange(stand, code, login.verifier)) == "007011"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, "007009"),
        ({"token_type": "MAC"}, "007003"),
        ({"redirect_uri": REDIRECT + "/other"}, "007003"),
        ({"redirect_uri": "https://evil.example.net/"}, "007023"),
        ({"scope": "openid"}, "007006"),
        ({"client_id": "OTHER"}, "008010"),
        ({"state": "x"}, "007038"),
        ({"timestamp": stamp(timedelta(hours=-3))}, "007015"),
        ({"client_certificate_hash": "0" * 64}, "007053"),
        ({"code_verifier": None}, "007039"),
        ({"code_verifier": "y" * 64}, "007040"),
        ({"timestamp": None}, "007014"),
        ({"client_secret": None}, "007014"),
        ({"extra": "1"}, "007003"),
    ],
)
def test_a_wrong_token_request_has_its_code(
    stand: StandRun, begun: Begun, changes: dict[str, Any], code: str
) -> None:
    login, given = begun()
    assert error(exchange(stand, given, login.verifier, **changes)) == code


def test_an_unknown_code_is_refused(stand: StandRun) -> None:
    assert error(exchange(stand, "never-given", "y" * 64)) == "007011"


def test_a_token_opens_only_its_own_person(stand: StandRun, begun: Begun) -> None:
    login, code = begun()
    answer = exchange(stand, code, login.verifier)
    token = answer.json()["access_token"]
    oid = 1000700001
    address = f"{stand.base_url}/rs/prns/{oid}"
    bearer = {"authorization": f"Bearer {token}"}
    assert httpx2.get(address, headers=bearer, trust_env=False).json()["lastName"] == "Берёзкина"
    assert httpx2.get(address, trust_env=False).status_code == 401
    assert httpx2.get(address, headers={"authorization": "Bearer x"}, trust_env=False).status_code == 401
    other = f"{stand.base_url}/rs/prns/{oid + 1}"
    assert httpx2.get(other, headers=bearer, trust_env=False).status_code == 403


def test_collections_give_addresses_unless_embedded(stand: StandRun, begun: Begun) -> None:
    login, code = begun()
    token = exchange(stand, code, login.verifier).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    address = f"{stand.base_url}/rs/prns/1000700001/ctts"
    listed = httpx2.get(address, headers=bearer, trust_env=False).json()
    assert listed["size"] == 2 and all(item.startswith(address) for item in listed["elements"])
    one = httpx2.get(listed["elements"][0], headers=bearer, trust_env=False).json()
    embedded = httpx2.get(f"{address}?embed=(elements)", headers=bearer, trust_env=False).json()
    assert embedded["elements"][0] == one


def test_a_request_id_serves_once(stand: StandRun) -> None:
    browser = Browser(stand.base_url.removesuffix(PREFIX))
    browser.open(stand.client().begin().address)
    page = browser.page
    browser.press("/login", cancel="1")
    browser.page = page
    browser.press("/login", persona="teacher")
    assert "уже закончен" in browser.text()


@pytest.mark.parametrize("path", ["/login", "/consent", "/aas/oauth2/v2/ac", "/idp/ext/Logout"])
@pytest.mark.parametrize("query", ["", "?request=x", "?%ff%fe", "?request=%00", "?client_id=%D0"])
def test_nonsense_never_breaks_a_page(stand: StandRun, path: str, query: str) -> None:
    answer = httpx2.get(stand.base_url + path + query, trust_env=False)
    assert answer.status_code < 500
    assert "Стенд" in answer.text
