"""Each signer signs what the strict stand accepts, and says in its own words why it cannot."""

from __future__ import annotations

import json
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, Response, post
from litestar.params import RawBody

from plugins.auth_esia import gost
from plugins.auth_esia.client import EsiaClient
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.installation import make_signer
from plugins.auth_esia.settings import EsiaSettings
from plugins.auth_esia.signing import (
    GostSigner,
    OpensslSigner,
    RemoteSigner,
    Signer,
    signs_for_its_certificate,
)

from .conftest import Browser, StandRun
from .gost_openssl import engine_needed, new_pair, openssl
from .served import free_port, served


class Service:
    """A signing service as an operator would run one before a crypto provider."""

    def __init__(self, key: gost.GostPrivateKey) -> None:
        self.key = key
        self.reversed = False
        self.answer: Any = None
        self.status = 200
        self.address = ""


@pytest.fixture(scope="module")
def service(rsa_stand: StandRun) -> Iterator[Service]:
    found, port = Service(rsa_stand.client_key), free_port()

    @post("/sign", status_code=200, sync_to_thread=True)
    def sign(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
        if request.headers.get("authorization") != "Bearer word":
            return Response({}, status_code=401)
        if found.answer is not None or found.status != 200:
            return Response(found.answer, status_code=found.status)
        signature = found.key.sign(b64decode(json.loads(body)["data"]))
        order = signature[::-1] if found.reversed else signature
        return Response({"signature": b64encode(order).decode()})

    found.address = f"http://127.0.0.1:{port}/sign"
    with served(Litestar([sign]), port):
        yield found


@pytest.fixture(autouse=True)
def fresh(service: Service) -> None:
    service.reversed, service.answer, service.status = False, None, 200


def files_of(stand: StandRun, folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "client.key", folder / "client.cer"
    key.write_text(stand.client_key.to_pem())
    certificate.write_text(stand.certificate.to_pem())
    return key, certificate


def signs_in(stand: StandRun, signer: Signer) -> str:
    """The way through the stand; the subject of whoever came."""
    client: EsiaClient = stand.client()
    client._signer = signer  # pyright: ignore[reportPrivateUsage]
    login = client.begin()
    browser = Browser(stand.base_url.removesuffix("/esia-stand"))
    return client.sign_in(browser.sign_in(login, "head")["code"], login.verifier).subject


def test_openssl_signs_for_the_strict_stand(stand: StandRun, tmp_path: Path) -> None:
    engine_needed()
    key, certificate = files_of(stand, tmp_path)
    signer = make_signer(EsiaSettings(signer="openssl"), [key, certificate])
    assert isinstance(signer, OpensslSigner)
    assert signs_in(stand, signer) == "1000700004"


def test_a_pair_made_by_openssl_serves_every_signer(tmp_path: Path) -> None:
    engine_needed()
    key, certificate = new_pair(tmp_path)
    der = tmp_path / "client.der"
    der.write_bytes(openssl("x509", "-engine", "gost", "-in", str(certificate), "-outform", "DER"))
    for settings in (EsiaSettings(), EsiaSettings(signer="openssl")):
        for file in (certificate, der):
            assert signs_for_its_certificate(make_signer(settings, [key, file]))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_service_signs_for_the_strict_stand(
    rsa_stand: StandRun, service: Service, backwards: bool, tmp_path: Path
) -> None:
    service.reversed = backwards
    settings = EsiaSettings(
        signer="remote", signer_url=service.address, signer_token="word", signer_reversed=backwards
    )
    signer = make_signer(settings, [files_of(rsa_stand, tmp_path)[1]])
    assert isinstance(signer, RemoteSigner)
    assert signs_in(rsa_stand, signer) == "1000700004"


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({}, 500, "status 500"),
        ({}, 200, "0 bytes"),
        ({"signature": "не base64"}, 200, "no signature"),
        ({"signature": b64encode(b"x" * 63).decode()}, 200, "63 bytes"),
        (["signature"], 200, "no signature"),
    ],
)
def test_a_service_that_does_not_sign_is_told(
    rsa_stand: StandRun, service: Service, answer: Any, status: int, said: str
) -> None:
    service.answer, service.status = answer, status
    signer = RemoteSigner(service.address, rsa_stand.certificate, token="word")
    with pytest.raises(EsiaError) as caught:
        signer.sign(b"x")
    assert caught.value.code == "signer" and said in caught.value.detail


def test_a_service_wants_its_key_word_and_may_be_away(rsa_stand: StandRun, service: Service) -> None:
    with pytest.raises(EsiaError, match="status 401"):
        RemoteSigner(service.address, rsa_stand.certificate).sign(b"x")
    away = RemoteSigner(f"http://127.0.0.1:{free_port()}/", rsa_stand.certificate)
    with pytest.raises(EsiaError, match="ConnectError"):
        away.sign(b"x")


def test_bytes_in_the_wrong_order_are_noticed(rsa_stand: StandRun, service: Service) -> None:
    service.reversed = True
    assert not signs_for_its_certificate(RemoteSigner(service.address, rsa_stand.certificate, token="word"))


def test_openssl_that_cannot_sign_is_told(rsa_stand: StandRun, tmp_path: Path) -> None:
    certificate = rsa_stand.certificate
    missing = OpensslSigner(tmp_path / "none.key", certificate)
    with pytest.raises(EsiaError) as caught:
        missing.sign(b"x")
    assert caught.value.code == "signer" and caught.value.kind == "operator"
    with pytest.raises(EsiaError, match="FileNotFoundError"):
        OpensslSigner(tmp_path / "none.key", certificate, str(tmp_path / "no-openssl")).sign(b"x")
    talks = tmp_path / "talks"
    talks.write_text(f"#!{sys.executable}\nprint('not a signature')\n")
    os.chmod(talks, 0o700)  # noqa: PTH101
    with pytest.raises(EsiaError, match="no signature"):
        OpensslSigner(tmp_path / "none.key", certificate, str(talks)).sign(b"x")


@pytest.mark.parametrize("signer", ["python", "openssl"])
def test_a_key_of_another_certificate_is_refused(tmp_path: Path, signer: Any) -> None:
    engine_needed()
    key, _ = new_pair(tmp_path, "one")
    _, other = new_pair(tmp_path, "other")
    with pytest.raises(gost.GostKeyError):
        make_signer(EsiaSettings(signer=signer), [key, other])
    empty = tmp_path / "empty.cer"
    empty.write_text("nothing")
    with pytest.raises(gost.GostKeyError):
        make_signer(EsiaSettings(signer=signer), [key, empty])


def test_the_default_signer_keeps_the_key_in_memory(rsa_stand: StandRun, tmp_path: Path) -> None:
    assert isinstance(make_signer(EsiaSettings(), files_of(rsa_stand, tmp_path)), GostSigner)
