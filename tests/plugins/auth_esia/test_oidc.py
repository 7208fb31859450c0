"""People sign in to the whole portal through a gateway that is an ordinary OpenID Connect provider.

The gateway is the npm package oidc-provider in a process of its own; where it is too well-behaved to go wrong,
a server of ours answers instead.
"""

from __future__ import annotations

import hmac
import json
import re
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from litestar import Litestar, Response, get, post
from sqlalchemy import select

from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.identity.models import Account, ExternalIdentity, Person, SignInSession
from core.portal import Portal
from core.testing.applications import application
from core.testing.fixtures import Databases
from core.web import frontend
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.oidc import Gateway, OidcClient

from .served import free_port, served

SERVER = Path(__file__).with_name("oidc_server.mjs")
CLIENT_ID, SECRET = "school portal", "s3cret/with+signs=&%"
TEACHER = {
    "family_name": "Берёзкина",
    "given_name": "Анна",
    "middle_name": "Сергеевна",
    "birthdate": "1988-03-14",
    "gender": "female",
    "email": "a.berezkina@example.org",
    "email_verified": True,
    "phone_number": "+79007000001",
    "phone_number_verified": False,
    "snils": "971-101-037 66",
    "urn:esia:sbj:lvl": "PR",
}
PEOPLE = {
    "1000700001": TEACHER,
    "unverified": {**TEACHER, "urn:esia:sbj:lvl": "P"},
    "silent": {name: value for name, value in TEACHER.items() if name != "urn:esia:sbj:lvl"},
    "nameless": {"snils": "971-101-037 66", "urn:esia:sbj:lvl": "PR"},
    "unknown": {"family_name": "Ким", "given_name": "Ли", "urn:esia:sbj:lvl": "PR"},
}
CALLBACK = "/auth/oidc/callback"
LOGIN = "/auth/esia/login"


@contextmanager
def oidc_provider(issuer: str, redirect: str, *, auth: str, alg: str) -> Iterator[None]:
    """Run the gateway until the end of the block."""
    keys = [RSAKey.generate_key(2048, {"use": "sig", "kid": "rsa"}, private=True)]
    if alg == "ES256":
        keys = [ECKey.generate_key("P-256", {"use": "sig", "kid": "ec"}, private=True)]  # type: ignore[list-item]
    settings = {
        "issuer": issuer,
        "port": urlsplit(issuer).port,
        "people": PEOPLE,
        "auth": auth,
        "alg": alg,
        "jwks": {"keys": [key.as_dict(private=True) for key in keys]},
        "client": {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "redirect_uris": [redirect],
            "post_logout_redirect_uris": [redirect.replace(CALLBACK, "/sign-in")],
        },
    }
    folder = frontend.WEB / "node_modules" / "oidc-provider"
    assert folder.is_dir(), "make test ставит oidc-provider: python -m core.web.frontend install"
    process = subprocess.Popen(
        [str(frontend.node_program()), str(SERVER), str(folder), json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        said = process.stdout.readline()
        assert said == "ready\n", process.stderr.read()
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


class Run:
    """The portal and its gateway."""

    def __init__(self, portal: Portal, issuer: str) -> None:
        self.portal = portal
        self.issuer = issuer
        self.redirect = f"{portal.config.address}{CALLBACK}"


@pytest.fixture(
    scope="module",
    params=[
        ("sqlite", "client_secret_basic", "RS256"),
        ("postgresql", "client_secret_post", "ES256"),
    ],
    ids="-".join,
)
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Iterator[Run]:
    engine, auth, alg = request.param
    port, issuer = free_port(), f"http://127.0.0.1:{free_port()}"
    config = Config(
        database_url=databases.fresh(engine),
        home=str(tmp_path_factory.mktemp("home")),
        port=port,
        plugins=["auth_esia"],
        tasks_in_server=False,
        environment={
            "MOYASHKOLA_ESIA_DRIVER": "oidc",
            "MOYASHKOLA_ESIA_ISSUER": issuer,
            "MOYASHKOLA_ESIA_CLIENT_ID": CLIENT_ID,
            "MOYASHKOLA_ESIA_CLIENT_SECRET": SECRET,
            "MOYASHKOLA_ESIA_TOKEN_ALG": alg,
        },
    )
    made = Portal(config)
    assert [problem for _, problem in migrations.upgrade(made) if problem] == []
    with made.database.transaction() as db:
        db.add(Person(id=new_id(), last_name="Березкина", first_name="Анна", snils="97110103766"))
    found = Run(made, issuer)
    with (
        oidc_provider(issuer, found.redirect, auth=auth, alg=alg),
        application(made) as app,
        served(app, port),
    ):
        yield found


class Browser:
    """Follows redirects between the portal and the gateway, and fills in the gateway's pages."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.http = httpx2.Client(base_url=run.portal.config.address, timeout=30, trust_env=False)
        self.page, self.status, self.callback = "", 0, ""

    def open(self, address: str) -> str:
        return self._follow(self.http.get(address))

    def send(self, **fields: str) -> str:
        """Send the form of the page of the gateway, with its hidden fields."""
        action = re.search(r'<form[^>]+action="([^"]+)"', self.page)
        assert action, self.page
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.page))
        return self._follow(self.http.post(unescape(action[1]), data={**hidden, **fields}))

    def sign_in(self, person: str, next_address: str = "/") -> str:
        self.open(f"{LOGIN}?{urlencode({'next': next_address})}")
        self.send(login=person, password="any")
        end = self.send()
        found = re.search(r'id="go-on" href="([^"]+)"', self.page)
        return self.open(unescape(found[1])) if found else end

    @property
    def signed_in(self) -> bool:
        return self.http.get("/").status_code == 200

    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page)).split())

    def _follow(self, answer: httpx2.Response) -> str:
        while answer.is_redirect:
            address = str(answer.url.join(answer.headers["location"]))
            if address.startswith(self.run.redirect):
                self.callback = address
            if urlsplit(address).path == "/landing":
                return address
            answer = self.http.get(address)
        self.page, self.status = answer.text, answer.status_code
        return str(answer.url)


@pytest.fixture
def browser(run: Run) -> Browser:
    return Browser(run)


def tied(run: Run, subject: str) -> tuple[str, str, str | None, str | None]:
    """Issuer, level, СНИЛС and name of the person behind a subject."""
    with run.portal.database.reading(fresh=True) as db:
        return tuple(  # type: ignore[return-value]
            db.execute(
                select(ExternalIdentity.issuer, ExternalIdentity.level, Person.snils, Person.last_name)
                .join(Account, Account.id == ExternalIdentity.account_id)
                .join(Person, Person.id == Account.person_id)
                .where(ExternalIdentity.subject == subject)
            ).one()
        )


def test_a_teacher_comes_through_the_gateway_and_is_found_by_snils(run: Run, browser: Browser) -> None:
    end = browser.sign_in("1000700001", "/landing?term=2")
    assert urlsplit(end).path == "/landing" and parse_qs(urlsplit(end).query) == {"term": ["2"]}
    assert browser.signed_in
    assert tied(run, "1000700001") == (run.issuer, "confirmed", "97110103766", "Березкина")


def test_the_request_has_pkce_state_and_nonce(run: Run, browser: Browser) -> None:
    address = browser.http.get(LOGIN).headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{run.issuer}/auth?")
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43 and len(asked["state"]) > 40 and len(asked["nonce"]) > 40
    assert asked["redirect_uri"] == run.redirect and asked["scope"] == "openid profile email phone"


def test_an_unknown_person_gets_an_account_without_a_role(run: Run, browser: Browser) -> None:
    browser.sign_in("unknown")
    assert browser.signed_in
    assert tied(run, "unknown")[3] == "Ким"


@pytest.mark.parametrize("person", ["unverified", "silent"])
def test_without_a_confirmed_level_nobody_is_let_in(browser: Browser, person: str) -> None:
    browser.sign_in(person)
    assert browser.status == 403 and "не подтверждена" in browser.text()
    assert not browser.signed_in


def test_a_person_without_a_name_is_a_page(browser: Browser) -> None:
    browser.sign_in("nameless")
    assert browser.status == 503 and "не так, как должны" in browser.text()


def test_the_answer_serves_once_and_only_in_its_own_browser(run: Run, browser: Browser) -> None:
    browser.sign_in("1000700001")
    stranger = Browser(run)
    stranger.open(browser.callback)
    assert stranger.status == 403 and "в другом браузере" in stranger.text()
    browser.open(browser.callback)
    assert "Вход уже выполнен" in browser.text()


def test_cancelling_is_told_in_words(browser: Browser) -> None:
    browser.open(LOGIN)
    abort = re.search(r'href="([^"]+/abort)"', browser.page)
    assert abort, browser.page
    browser.open(unescape(abort[1]))
    assert browser.status == 403 and "Вход отменён" in browser.text()


def test_an_answer_that_names_another_issuer_is_refused(run: Run, browser: Browser) -> None:
    address = browser.http.get(LOGIN).headers["location"]
    state = parse_qs(urlsplit(address).query)["state"][0]
    browser.open(f"{CALLBACK}?{urlencode({'code': 'x', 'state': state, 'iss': 'https://evil.example.net'})}")
    assert browser.status == 502 and "проверку подлинности" in browser.text()


def test_an_answer_at_the_other_drivers_address_is_not_taken(run: Run, browser: Browser) -> None:
    address = browser.http.get(LOGIN).headers["location"]
    state = parse_qs(urlsplit(address).query)["state"][0]
    browser.open(f"/auth/esia/callback?{urlencode({'code': 'x', 'state': state})}")
    assert browser.status == 403 and "в другом браузере" in browser.text()


def test_a_code_of_nobodys_begins_anew(run: Run, browser: Browser) -> None:
    address = browser.http.get(LOGIN).headers["location"]
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = browser.http.get(f"{CALLBACK}?{urlencode({'code': 'invented', 'state': state})}")
    assert answer.status_code == 303 and answer.headers["location"].startswith(f"{run.issuer}/auth?")


def test_signing_out_leads_through_the_gateway(run: Run, browser: Browser) -> None:
    browser.sign_in("1000700001")
    token = re.search(r'x-csrf-token": "(\w+)', browser.http.get("/").text)
    assert token
    answer = browser.http.post("/auth/logout", headers={"x-csrf-token": token[1]})
    assert answer.headers["location"] == "/auth/esia/leave"
    assert not browser.signed_in
    browser.open("/auth/esia/leave")
    leaving = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', browser.page)
    assert leaving and unescape(leaving[1]).startswith(f"{run.issuer}/session/end?")
    browser.open(unescape(leaving[1]))
    end = browser.send(logout="yes")
    assert urlsplit(end).path == "/sign-in" and end.startswith(run.portal.config.address)
    browser.open(LOGIN)
    assert 'name="login"' in browser.page


def test_tokens_are_kept_nowhere(run: Run, browser: Browser) -> None:
    browser.sign_in("1000700001")
    with run.portal.database.reading(fresh=True) as db:
        states = db.scalars(select(SignInSession.provider_state)).all()
    assert {tuple(sorted(state)) for state in states} == {("logout", "places")}


ISSUER_KEY = RSAKey.generate_key(2048, {"use": "sig", "kid": "one"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, {"use": "sig", "kid": "one"}, private=True)


class Faulty:
    """A gateway that answers as a test wants."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = signed
        self.keys = [ISSUER_KEY]
        self.keys_read = 0
        self.token_status = 200

    def good(self, nonce: str) -> None:
        """Answer as one should."""
        now = int(time.time())
        self.document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        self.claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "1000700001",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        self.about = {"sub": "1000700001", **TEACHER}
        self.sign, self.keys, self.token_status = signed, [ISSUER_KEY], 200


def signed(claims: dict[str, Any], key: Any = ISSUER_KEY, alg: str = "RS256", **header: Any) -> str:
    return jws.serialize_compact({"alg": alg, **header}, json.dumps(claims), key, algorithms=[alg])


def unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
    return ".".join(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."


@pytest.fixture(scope="module")
def faulty() -> Iterator[Faulty]:
    port = free_port()
    gateway = Faulty(f"http://127.0.0.1:{port}")

    @get("/.well-known/openid-configuration", sync_to_thread=False)
    def discovery() -> dict[str, Any]:
        return gateway.document

    @get("/jwks", sync_to_thread=False)
    def keys() -> dict[str, Any]:
        gateway.keys_read += 1
        return {"keys": [key.as_dict(private=False) for key in gateway.keys]}

    @post("/token", status_code=200, sync_to_thread=False)
    def token() -> Any:
        if gateway.token_status != 200:
            return Response({"error": "server_error"}, status_code=gateway.token_status)
        return {"access_token": "opaque", "id_token": gateway.sign(gateway.claims)}

    @get("/me", sync_to_thread=False)
    def me() -> dict[str, Any]:
        return gateway.about

    with served(Litestar([discovery, keys, token, me]), port):
        yield gateway


def client_of(gateway: Faulty, algorithm: str = "RS256") -> OidcClient:
    return OidcClient(
        Gateway(
            issuer=gateway.issuer,
            client_id=CLIENT_ID,
            client_secret=SECRET,
            scopes=("openid",),
            redirect_uri="http://portal.example.org/auth/oidc/callback",
            algorithm=algorithm,
        ),
        timeouts=httpx2.Timeout(5.0),
    )


def outcome(client: OidcClient) -> str:
    """The subject, or the code of the error."""
    try:
        return client.sign_in("code", "verifier", nonce="right").subject
    except EsiaError as error:
        return error.code


def test_good_answers_are_believed(faulty: Faulty) -> None:
    faulty.good("right")
    profile = client_of(faulty).sign_in("code", "verifier", nonce="right")
    assert (profile.subject, profile.level, profile.snils) == ("1000700001", "PR", "97110103766")
    assert profile.email == "a.berezkina@example.org" and profile.phone is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "http://evil.example.net"}, "bad-token"),
        ({"aud": "another"}, "bad-token"),
        ({"aud": [CLIENT_ID, "another"]}, "bad-token"),
        ({"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}, "1000700001"),
        ({"azp": "another"}, "bad-token"),
        ({"nonce": "another"}, "bad-token"),
        ({"nonce": None}, "bad-token"),
        ({"sub": ""}, "bad-token"),
        ({"sub": 5}, "bad-token"),
        ({"sub": "somebody else"}, "bad-token"),
        ({"exp": 1}, "clock"),
        ({"exp": None}, "bad-token"),
        ({"iat": 9_999_999_999}, "clock"),
    ],
)
def test_wrong_claims_are_refused(faulty: Faulty, changes: dict[str, Any], code: str) -> None:
    faulty.good("right")
    faulty.claims = {name: value for name, value in {**faulty.claims, **changes}.items() if value is not None}
    assert outcome(client_of(faulty)) == code


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        lambda claims: signed(claims, OTHER_KEY),
        lambda claims: signed(claims, OTHER_KEY, kid="one"),
        lambda claims: signed(claims, alg="PS256"),
        lambda claims: "not.a.token",
        lambda claims: "",
        lambda claims: "a" * 40_000,
    ],
    ids=["none", "another key", "another key of the same name", "another alg", "no token", "empty", "long"],
)
def test_forged_signatures_are_refused(faulty: Faulty, sign: Callable[[dict[str, Any]], str]) -> None:
    faulty.good("right")
    faulty.sign = sign
    assert outcome(client_of(faulty)) == "bad-token"


def test_a_signature_by_the_public_key_as_a_password_is_refused(faulty: Faulty) -> None:
    def sign(claims: dict[str, Any]) -> str:
        parts = [json.dumps({"alg": "HS256"}), json.dumps(claims)]
        message = ".".join(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
        signature = hmac.digest(ISSUER_KEY.as_pem(private=False), message.encode(), "sha256")
        return f"{message}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    faulty.good("right")
    faulty.sign = sign
    assert outcome(client_of(faulty)) == "bad-token"


def test_new_keys_are_read_but_not_at_every_forgery(faulty: Faulty) -> None:
    faulty.good("right")
    moment = [time.time()]
    client = client_of(faulty)
    client._clock = lambda: moment[0]  # pyright: ignore[reportPrivateUsage]
    assert outcome(client) == "1000700001"
    faulty.keys, faulty.sign = [OTHER_KEY], lambda claims: signed(claims, OTHER_KEY)
    read = faulty.keys_read
    assert outcome(client) == "bad-token" and faulty.keys_read == read
    moment[0] += 31
    assert outcome(client) == "1000700001" and faulty.keys_read == read + 1


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"issuer": "http://127.0.0.1/another"}, "keys"),
        ({"token_endpoint": None}, "bad-answer"),
        ({"token_endpoint": "ftp://x/"}, "bad-answer"),
        ({"jwks_uri": "http://127.0.0.1:1/"}, "no-answer"),
        ({"userinfo_endpoint": None}, "bad-answer"),
    ],
)
def test_a_wrong_discovery_document_is_told(faulty: Faulty, document: dict[str, Any], code: str) -> None:
    faulty.good("right")
    changed = {**faulty.document, **document}
    faulty.document = {name: value for name, value in changed.items() if value is not None}
    assert outcome(client_of(faulty)) == code


def test_userinfo_about_somebody_else_is_refused(faulty: Faulty) -> None:
    faulty.good("right")
    faulty.about = {**faulty.about, "sub": "1000700002"}
    assert outcome(client_of(faulty)) == "bad-token"


def test_an_outage_is_no_crash(faulty: Faulty) -> None:
    faulty.good("right")
    faulty.token_status = 503
    assert outcome(client_of(faulty)) == "no-answer"
    faulty.issuer, before = f"http://127.0.0.1:{free_port()}", faulty.issuer
    assert outcome(client_of(faulty)) == "no-answer"
    with pytest.raises(EsiaError):
        client_of(faulty).begin()
    faulty.issuer = before
