"""The older generation of the protocol: ac and te with a detached PKCS#7 signature."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from plugins.auth_esia import der, gost
from plugins.auth_esia.cms import sign_detached
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.signing import GostSigner, client_secret
from plugins.auth_esia.stand.detached import SignatureError, check_detached
from plugins.auth_esia.stand.routes import PREFIX

from .conftest import CLIENT_ID, REDIRECT, Browser, StandRun
from .gost_openssl import engine_needed, new_pair, openssl

MESSAGE = b"openid fullname2026.11.23 22:30:00 +0300SCHOOL0100000000-0000-4000-8000-000000000001"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def signer() -> GostSigner:
    key = gost.generate_key()
    return GostSigner(key, gost.self_signed_certificate(key, "SCHOOL01"))


def test_openssl_takes_our_signature(signer: GostSigner, tmp_path: Path) -> None:
    engine_needed()
    (tmp_path / "text").write_bytes(MESSAGE)
    (tmp_path / "client.cer").write_text(signer.certificate.to_pem())
    verify = (
        *("cms", "-verify", "-engine", "gost", "-binary", "-inform", "DER", "-noverify"),
        *("-certfile", str(tmp_path / "client.cer"), "-content", str(tmp_path / "text")),
    )
    assert openssl(*verify, stdin=sign_detached(signer, MESSAGE, NOON)) == MESSAGE


def test_the_stand_takes_the_signature_of_openssl(tmp_path: Path) -> None:
    engine_needed()
    key, certificate = new_pair(tmp_path)
    signature = openssl(
        *("cms", "-sign", "-engine", "gost", "-binary", "-outform", "DER"),
        *("-signer", str(certificate), "-inkey", str(key)),
        stdin=MESSAGE,
    )
    known = gost.load_certificate(certificate.read_text())
    check_detached(signature, MESSAGE, known)
    with pytest.raises(SignatureError):
        check_detached(signature, MESSAGE + b"x", known)


def test_a_signature_is_of_one_message_by_one_key(signer: GostSigner) -> None:
    good = sign_detached(signer, MESSAGE, NOON)
    check_detached(good, MESSAGE, signer.certificate)
    other_key = gost.generate_key()
    namesake = gost.self_signed_certificate(other_key, "SCHOOL01")
    for signature, message, certificate in (
        (good, MESSAGE + b"x", signer.certificate),
        (good, MESSAGE, namesake),
        (sign_detached(GostSigner(other_key, namesake), MESSAGE, NOON), MESSAGE, signer.certificate),
        (good[:-1] + bytes([good[-1] ^ 1]), MESSAGE, signer.certificate),
        (good[:-1], MESSAGE, signer.certificate),
        (good + b"\0", MESSAGE, signer.certificate),
        (b"", MESSAGE, signer.certificate),
        (b"\x30\x00", MESSAGE, signer.certificate),
    ):
        with pytest.raises(SignatureError):
            check_detached(signature, message, certificate)


def test_a_signature_that_holds_the_message_is_not_detached(signer: GostSigner) -> None:
    outer = der.read_one(sign_detached(signer, MESSAGE, NOON)).children()
    fields = der.read_one(outer[1].content).children()
    inside = der.encode(
        der.SEQUENCE,
        fields[2].content,
        der.encode(der.CONTEXT_0, der.encode(der.OCTET_STRING, MESSAGE)),
    )
    parts = [fields[0].raw, fields[1].raw, inside, fields[3].raw, fields[4].raw]
    whole = der.encode(
        der.SEQUENCE, outer[0].raw, der.encode(der.CONTEXT_0, der.encode(der.SEQUENCE, *parts))
    )
    with pytest.raises(SignatureError, match="not detached"):
        check_detached(whole, MESSAGE, signer.certificate)


def test_a_teacher_signs_in_by_the_older_protocol(stand: StandRun, browser: Browser) -> None:
    client = stand.client(protocol="v1")
    login = client.begin()
    asked = parse_qs(urlsplit(login.address).query)
    assert urlsplit(login.address).path == f"{PREFIX}/aas/oauth2/ac"
    assert "client_certificate_hash" not in asked and "code_challenge" not in asked
    answer = browser.sign_in(login, "teacher2")
    profile = client.sign_in(answer["code"], login.verifier)
    assert (profile.subject, profile.last_name) == ("1000700003", "Мельников")


def test_a_code_of_the_one_generation_is_nothing_to_the_other(stand: StandRun, browser: Browser) -> None:
    for first, second in (("v1", "v2"), ("v2", "v1")):
        login = stand.client(protocol=first, pkce=False).begin()
        code = browser.sign_in(login, "teacher2")["code"]
        with pytest.raises(EsiaError) as caught:
            stand.client(protocol=second, pkce=False).sign_in(code, "")
        assert caught.value.code == "007011"


@pytest.fixture(params=["GOST3410_2012_256"])
def strict(gost_stand: StandRun) -> Iterator[StandRun]:
    gost_stand.clock.ahead = 0.0
    yield gost_stand


def request_of(stand: StandRun, **changes: str) -> dict[str, str]:
    """A right request of v1, changed before it is signed."""
    fields = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "openid fullname",
        "response_type": "code",
        "state": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC).strftime("%Y.%m.%d %H:%M:%S +0000"),
        "access_type": "online",
        **changes,
    }
    message = "".join(fields[name] for name in ("scope", "timestamp", "client_id", "state"))
    signature = sign_detached(stand.signer, message.encode(), datetime.now(UTC))
    return {**fields, "client_secret": urlsafe_b64encode(signature).rstrip(b"=").decode()}


def code_of(stand: StandRun, fields: dict[str, str]) -> str:
    answer = httpx2.get(f"{stand.base_url}/aas/oauth2/ac?{urlencode(fields)}", trust_env=False)
    if answer.status_code == 400:
        return "page:" + answer.text.split("ESIA-")[1][:6]
    parameters = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    return parameters.get("error_description", "ESIA-accepted").removeprefix("ESIA-")[:8].split(":")[0]


def test_the_older_address_is_as_strict(strict: StandRun) -> None:
    good = request_of(strict)
    assert code_of(strict, good) == "accepted"
    order = ("client_id", "scope", "timestamp", "state", "redirect_uri")
    raw = client_secret(strict.signer, *(good[name] for name in order))
    hashed = {"client_certificate_hash": strict.signer.certificate.client_certificate_hash}
    cases: list[tuple[dict[str, Any], str]] = [
        ({**good, "client_secret": raw}, "007053"),
        ({**good, "state": str(uuid.uuid4())}, "007053"),
        ({**good, "scope": "openid"}, "007053"),
        ({**good, **hashed}, "007003"),
        (request_of(strict, client_id="OTHER"), "page:008010"),
        (request_of(strict, scope="fullname"), "007013"),
        (request_of(strict, timestamp="2020.01.01 00:00:00 +0000"), "007015"),
        ({**good, "code_challenge": "x" * 43, "code_challenge_method": "S256"}, "007003"),
    ]
    for fields, code in cases:
        assert code_of(strict, fields) == code
    assert len(urlsafe_b64decode(good["client_secret"] + "==")) > 500
