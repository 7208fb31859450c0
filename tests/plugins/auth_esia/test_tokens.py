"""Tokens are believed only with the configured algorithm, a trusted key, and everything in order."""

from __future__ import annotations

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.gost import GostKeyError
from plugins.auth_esia.signing import GostSigner
from plugins.auth_esia.stand.checks import AuthorizationRequest
from plugins.auth_esia.stand.issuing import GostTokenKey, RsaTokenKey, TokenKey, encode, make_tokens
from plugins.auth_esia.stand.personas import persona
from plugins.auth_esia.tokens import Identity, TrustedCertificates, identify

from .conftest import CLIENT_ID, ISSUER
from .test_gost import CERTIFICATE

NOW = 1_795_000_000.0
REQUEST = AuthorizationRequest(
    client_id=CLIENT_ID, redirect_uri="http://x/", scope="openid fullname", state="s", code_challenge=None
)
VECTOR = (
    "eyJ2ZXIiOjEsInR5cCI6IkpXVCIsInNidCI6ImFjY2VzcyIsImFsZyI6IkdPU1QzNDEwXzIwMTJfMjU2In0."
    "eyJpc3MiOiJodHRwOi8vZXNpYS1wb3J0YWwxLnRlc3QuZ29zdXNsdWdpLnJ1LyIsInVybjplc2lhOnNial9pZCI6MTAwMDcwMDAwMSwi"
    "Y2xpZW50X2lkIjoiU0NIT09MMDEiLCJpYXQiOjE3NjM5MDAwMDAsImV4cCI6MTc2MzkwMzYwMH0."
    "EUgD7secMFl-aGZ2HnihHzfb_NzoJUolj7mjcZ-bsD9oSmPdeZkXOegGTvaBRX-Zv5IuJSzZMEzkKwnFCm6IAg"
)


def stand_tokens(key: TokenKey, who: str = "teacher", **changes: Any) -> tuple[str, str]:
    settings: dict[str, Any] = {"issuer": ISSUER, "now": NOW, "key": key, **changes}
    return make_tokens(persona(who), REQUEST, session_id="sid", signed_in_at=int(NOW), **settings)


def trust(folder: Path, *keys: TokenKey, algorithm: Any = None) -> TrustedCertificates:
    file = folder / "trusted.pem"
    file.write_text("".join(key.certificate_pem() for key in keys))
    return TrustedCertificates(algorithm or keys[0].algorithm, [file])


def check(tokens: tuple[str, str], trusted: TrustedCertificates, now: float = NOW) -> Identity:
    return identify(*tokens, trusted=trusted, issuer=ISSUER, client_id=CLIENT_ID, now=now)


def refusal(tokens: tuple[str, str], trusted: TrustedCertificates, now: float = NOW) -> str:
    with pytest.raises(EsiaError) as caught:
        check(tokens, trusted, now)
    return caught.value.code


@pytest.fixture(scope="module", params=["RS256", "GOST3410_2012_256"])
def key(request: pytest.FixtureRequest) -> TokenKey:
    return (RsaTokenKey if request.param == "RS256" else GostTokenKey).generate("ESIA")


def changed(token: str, key: TokenKey, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """The token with other claims (None removes), signed again."""
    parts = token.split(".")
    old_header, old = (json.loads(urlsafe_b64decode(part + "==")) for part in parts[:2])
    body = {name: value for name, value in {**old, **claims}.items() if value is not None}
    old_header.pop("alg")
    return encode({**old_header, **(header or {})}, body, key)


def test_good_tokens_tell_who_it_is(tmp_path: Path, key: TokenKey) -> None:
    assert check(stand_tokens(key), trust(tmp_path, key)) == Identity(ISSUER, 1000700001, "PR", "sid")
    assert check(stand_tokens(key, "child"), trust(tmp_path, key)).level == "KD"
    assert check(stand_tokens(key, "unverified"), trust(tmp_path, key)).level == "P"


def test_two_certificates_are_trusted_at_once(tmp_path: Path, key: TokenKey) -> None:
    other = type(key).generate("the next one")
    trusted = trust(tmp_path, key, other)
    assert check(stand_tokens(key), trusted).oid == check(stand_tokens(other), trusted).oid


def test_a_new_certificate_is_seen_without_a_restart(tmp_path: Path, key: TokenKey) -> None:
    trusted = trust(tmp_path, key)
    other = type(key).generate("the next one")
    assert refusal(stand_tokens(other), trusted) == "bad-token"
    file = tmp_path / "trusted.pem"
    file.write_text(key.certificate_pem() + other.certificate_pem())
    os.utime(file, (1, 1))
    assert check(stand_tokens(other), trusted)


def test_certificates_of_the_other_algorithm_do_not_count(tmp_path: Path, key: TokenKey) -> None:
    other = "RS256" if key.algorithm != "RS256" else "GOST3410_2012_256"
    assert refusal(stand_tokens(key), trust(tmp_path, key, algorithm=other)) == "bad-token"
    (tmp_path / "trusted.pem").write_text("nothing")
    assert refusal(stand_tokens(key), TrustedCertificates(key.algorithm, [tmp_path])) == "keys"  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", ["alg_none", "alg_hs256", "bad_signature"])
def test_forged_signatures_are_refused(tmp_path: Path, key: TokenKey, fault: Any) -> None:
    forged, good = stand_tokens(key, fault=fault), stand_tokens(key)
    trusted = trust(tmp_path, key)
    assert refusal((forged[0], good[1]), trusted) == "bad-token"
    assert refusal((good[0], forged[1]), trusted) == "bad-token"


@pytest.mark.parametrize(
    ("which", "claims", "code"),
    [
        (0, {"iss": "http://evil.example.net/"}, "bad-token"),
        (1, {"iss": ISSUER.rstrip("/")}, "bad-token"),
        (0, {"client_id": "OTHER"}, "bad-token"),
        (1, {"aud": "OTHER"}, "bad-token"),
        (1, {"aud": [CLIENT_ID, "OTHER"]}, "bad-token"),
        (1, {"sub": 1}, "bad-token"),
        (0, {"urn:esia:sbj_id": 1}, "bad-token"),
        (0, {"urn:esia:sbj_id": True}, "bad-token"),
        (1, {"urn:esia:sbj": None}, "bad-token"),
        (1, {"urn:esia:sbj": "P"}, "bad-token"),
        (1, {"urn:esia:sid": "another"}, "bad-token"),
        (0, {"exp": NOW - 61}, "bad-token"),
        (0, {"exp": int(NOW) - 61}, "clock"),
        (1, {"exp": None}, "bad-token"),
        (1, {"iat": int(NOW) + 61}, "clock"),
        (1, {"nbf": str(int(NOW) + 61)}, "clock"),
        (0, {"nbf": []}, "bad-token"),
    ],
)
def test_wrong_claims_are_refused(
    tmp_path: Path, key: TokenKey, which: int, claims: dict[str, Any], code: str
) -> None:
    tokens = list(stand_tokens(key))
    tokens[which] = changed(tokens[which], key, **claims)
    assert refusal((tokens[0], tokens[1]), trust(tmp_path, key)) == code


def test_small_differences_of_clocks_are_forgiven(tmp_path: Path, key: TokenKey) -> None:
    trusted = trust(tmp_path, key)
    access, identity = stand_tokens(key)
    assert check((changed(access, key, nbf=str(int(NOW) + 59)), identity), trusted)
    assert check((changed(access, key, exp=int(NOW) - 59), identity), trusted)


def test_an_old_token_without_a_level_goes_by_the_trusted_mark(tmp_path: Path, key: TokenKey) -> None:
    access, identity = stand_tokens(key)
    subject = {"urn:esia:sbj:oid": 1000700001, "urn:esia:sbj:typ": "P"}
    old = changed(identity, key, **{"urn:esia:sbj": subject})
    assert check((access, old), trust(tmp_path, key)).level == "P"
    old = changed(identity, key, **{"urn:esia:sbj": {**subject, "urn:esia:sbj:is_tru": True}})
    assert check((access, old), trust(tmp_path, key)).level == "PR"


def test_the_two_tokens_cannot_stand_for_each_other(tmp_path: Path, key: TokenKey) -> None:
    access, identity = stand_tokens(key)
    assert refusal((identity, access), trust(tmp_path, key)) == "bad-token"
    critical = changed(access, key, {"crit": ["b64"], "b64": False})
    assert refusal((critical, identity), trust(tmp_path, key)) == "bad-token"


@pytest.mark.parametrize(
    "token", ["", "a.b", "a.b.c", "....", "é.é.é", "e30.e30.", "W10.W10.AA", "A" * 40_000]
)
def test_garbage_is_refused(tmp_path: Path, key: TokenKey, token: str) -> None:
    access, _ = stand_tokens(key)
    assert refusal((token, access), trust(tmp_path, key)) == "bad-token"
    assert refusal((access, token), trust(tmp_path, key)) == "bad-token"


def test_the_reference_token_of_an_independent_maker_has_a_good_signature(tmp_path: Path) -> None:
    (tmp_path / "esia.pem").write_text(CERTIFICATE)
    trusted = TrustedCertificates("GOST3410_2012_256", [tmp_path])
    message, _, signature = VECTOR.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    assert trusted.verifiers()[0].verify(message.encode(), raw)
    assert not trusted.verifiers()[0].verify(message.encode() + b"x", raw)
    # Long expired, so the whole check stops at its time and not at its signature.
    claims = json.loads(urlsafe_b64decode(message.split(".")[1] + "=="))
    with pytest.raises(EsiaError) as caught:
        identify(
            VECTOR,
            VECTOR.replace("x", "y"),
            trusted=trusted,
            issuer=claims["iss"],
            client_id="SCHOOL01",
            now=time.time(),
        )
    assert caught.value.code == "bad-token"


def test_a_key_and_a_foreign_certificate_make_no_signer() -> None:
    one, other = GostTokenKey.generate("a").to_pem(), GostTokenKey.generate("b").to_pem()
    with pytest.raises(GostKeyError):
        GostSigner.from_pem(one, other)
    assert urlsafe_b64encode(GostSigner.from_pem(one, one).sign(b"x"))
