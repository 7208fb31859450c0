"""A stand on a local port, with keys of both algorithms, and a client that knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from litestar import Litestar

from plugins.auth_esia import gost
from plugins.auth_esia.client import Endpoint, EsiaClient, Login
from plugins.auth_esia.signing import GostSigner
from plugins.auth_esia.stand.checks import Client
from plugins.auth_esia.stand.issuing import GostTokenKey, RsaTokenKey, TokenKey
from plugins.auth_esia.stand.routes import PREFIX, stand_routes
from plugins.auth_esia.stand.service import Stand, StandOptions
from plugins.auth_esia.stand.store import MemoryStore
from plugins.auth_esia.tokens import TrustedCertificates

from .served import free_port, served

ISSUER = "http://esia-stand.example.org/"
CLIENT_ID = "SCHOOL01"
SCOPES = (
    "openid",
    "fullname",
    "birthdate",
    "gender",
    "snils",
    "email",
    "mobile",
    "usr_org",
    "kid_fullname",
    "kid_birthdate",
    "kid_gender",
    "kid_snils",
)
REDIRECT = "http://portal.example.org/auth/esia/callback"


class Clock:
    """The stand's clock, which tests may move."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        import time

        return time.time() + self.ahead


class StandRun:
    """A running stand and what the tests need to know of it."""

    def __init__(
        self,
        base_url: str,
        key: TokenKey,
        client_key: gost.GostPrivateKey,
        folder: Path,
        return_address: str = "http://portal.example.org/auth/",
    ) -> None:
        self.base_url = base_url
        self.key = key
        self.client_key = client_key
        self.certificate = gost.self_signed_certificate(client_key, CLIENT_ID)
        self.signer = GostSigner(client_key, self.certificate)
        self.clock = Clock()
        self.folder = folder
        self.trusted_file = folder / f"{key.algorithm}.pem"
        self.trusted_file.write_text(key.certificate_pem())
        self.stand = Stand(
            StandOptions(address=base_url, issuer=ISSUER, slow_seconds=1.5),
            clients=[Client(CLIENT_ID, "Моя школа", self.certificate, (return_address,))],
            key=key,
            store=MemoryStore(),
            clock=self.clock,
        )

    def client(self, **changes: Any) -> EsiaClient:
        """A client registered on this stand."""
        endpoint = Endpoint(
            **{
                "base_url": self.base_url,
                "server_url": self.base_url,
                "issuer": ISSUER,
                "client_id": CLIENT_ID,
                "scopes": SCOPES,
                "redirect_uri": REDIRECT,
                **changes,
            }
        )
        trusted = TrustedCertificates(self.key.algorithm, [self.trusted_file])  # type: ignore[arg-type]
        timeouts = httpx2.Timeout(5.0, read=1.0)
        return EsiaClient(endpoint, self.signer, trusted, timeouts=timeouts)


class Browser:
    """What a person does on the stand's pages: follows, fills in, presses."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx2.Client(base_url=base_url, timeout=10, trust_env=False)
        self.page = ""

    def open(self, address: str) -> str:
        """Go to an address and on, while it stays on the stand; returns where it ended."""
        return self._follow(self.http.get(address))

    def press(self, path: str, **fields: str) -> str:
        """Send the form of the present page."""
        request_id = re.search(r'name="request" value="([^"]+)"', self.page)
        assert request_id, self.page
        return self._follow(
            self.http.post(self.http.base_url.join(PREFIX + path), data={"request": request_id[1], **fields})
        )

    def sign_in(self, login: Login, persona: str, fault: str = "") -> dict[str, str]:
        """The whole way of a person who allows everything; the parameters of the callback."""
        end = self.open(login.address)
        if "/login" in end:
            end = self.press("/login", persona=persona, fault=fault)
        if "/consent" in end:
            end = self.press("/consent", decision="allow")
        return callback(end)

    def text(self) -> str:
        return unescape(re.sub(r"<[^>]+>", " ", self.page))

    def _follow(self, answer: httpx2.Response) -> str:
        while answer.is_redirect:
            address = answer.headers["location"]
            if not address.startswith(str(self.http.base_url).rstrip("/")):
                return address
            answer = self.http.get(address)
        self.page = answer.text
        return str(answer.url)


def callback(address: str) -> dict[str, str]:
    """Parameters with which the browser comes back to the portal."""
    assert address.startswith(REDIRECT), address
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def _run(key: TokenKey, folder: Path) -> Iterator[StandRun]:
    port = free_port()
    run = StandRun(f"http://127.0.0.1:{port}{PREFIX}", key, gost.generate_key(), folder)
    with served(Litestar([stand_routes(lambda _request: run.stand)]), port):
        yield run


@pytest.fixture(scope="session")
def rsa_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandRun]:
    yield from _run(RsaTokenKey.generate("stand"), tmp_path_factory.mktemp("rsa"))


@pytest.fixture(scope="session")
def gost_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandRun]:
    yield from _run(GostTokenKey.generate("stand"), tmp_path_factory.mktemp("gost"))


@pytest.fixture(params=["RS256", "GOST3410_2012_256"])
def stand(request: pytest.FixtureRequest, rsa_stand: StandRun, gost_stand: StandRun) -> Iterator[StandRun]:
    run = rsa_stand if request.param == "RS256" else gost_stand
    run.clock.ahead = 0.0
    yield run


@pytest.fixture
def browser(stand: StandRun) -> Browser:
    return Browser(stand.base_url.removesuffix(PREFIX))
