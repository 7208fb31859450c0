"""`moyashkola esia doctor` tells an operator in words what is wrong, and the operators' page warns in time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.config import Config
from core.portal import Portal
from core.testing import PortalUnderTest
from plugins.auth_esia import gost
from plugins.auth_esia.doctor import examine
from plugins.auth_esia.doctor_files import check_certificates
from plugins.auth_esia.doctor_points import Point
from plugins.auth_esia.installation import installation
from plugins.auth_esia.stand.issuing import GostTokenKey, RsaTokenKey

from .conftest import CLIENT_ID, ISSUER, StandRun
from .served import free_port
from .test_oidc import CLIENT_ID as GATEWAY_CLIENT
from .test_oidc import SECRET, oidc_provider

ROOT = Path(__file__).resolve().parents[3]


def settings_for(stand: StandRun, home: Path, **changes: str) -> dict[str, str]:
    """Everything right for a stand that lives elsewhere, then changed; an empty value takes one away."""
    (home / "client.key").write_text(stand.client_key.to_pem())
    (home / "client.key").chmod(0o600)
    (home / "client.cer").write_text(stand.certificate.to_pem())
    (home / "trusted.pem").write_text(stand.key.certificate_pem())
    values = {
        "BASE_URL": stand.base_url,
        "ISSUER": ISSUER.replace("esia-stand.example.org", "127.0.0.1"),
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_KEY": "client.key",
        "CLIENT_CERTIFICATE": "client.cer",
        "TOKEN_CERTIFICATES": "trusted.pem",
        "TOKEN_ALG": stand.key.algorithm,
        **changes,
    }
    return {f"MOYASHKOLA_ESIA_{name}": value for name, value in values.items() if value}


def points(home: Path, environment: dict[str, str], **config: Any) -> list[Point]:
    portal = Portal(
        Config(home=str(home), plugins=["auth_esia"], environment=environment, port=free_port(), **config)
    )
    try:
        return list(examine(portal))
    finally:
        portal.close()


def wrong(found: list[Point], level: str = "error") -> str:
    return " ".join(f"{point.message} {point.advice}" for point in found if point.level == level)


def test_everything_right_is_told_point_by_point(stand: StandRun, tmp_path: Path) -> None:
    found = points(tmp_path, settings_for(stand, tmp_path))
    assert {point.level for point in found} == {"ok"}, wrong(found) + wrong(found, "warning")
    text = wrong(found, "ok")
    for words in (
        "одна пара",
        "действует до",
        "Часы идут верно",
        "Адрес возврата",
        "v3/te отвечает",
        "snils",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"CLIENT_ID": ""}, "warning", "Включён стенд"),
        ({"BASE_URL": ""}, "error", "не заданы base_url"),
        ({"TOKEN_CERTIFICATES": ""}, "error", "не заданы token_certificates"),
        ({"SIGNER": "remote"}, "error", "не заданы signer_url"),
        ({"CLIENT_KEY": "none.key"}, "error", "не прочитать"),
        ({"CLIENT_KEY": "client.cer"}, "error", "не подошли"),
        ({"CLIENT_CERTIFICATE": "trusted.pem", "TOKEN_ALG": "RS256"}, "error", "не подошли"),
        ({"SIGNER": "openssl", "SIGNER_PROGRAM": "/nowhere/openssl"}, "error", "Подписать не удалось"),
        ({"TOKEN_CERTIFICATES": "none.pem"}, "error", "Сертификаты ЕСИА не прочитать"),
        ({"TOKEN_CERTIFICATES": "client.key"}, "error", "нет ни одного"),
        ({"TOKEN_ALG": "ES256"}, "error", "не подходит"),
        ({"SCOPES": "openid,fullname"}, "error", "нет нужных: birthdate, snils"),
        ({"SCOPES": "openid,fullname,birthdate,snils"}, "warning", "Родители не свяжутся"),
        ({"SCOPES": "openid,openid,fullname,birthdate,snils"}, "error", "повторяются: openid"),
        ({"ISSUER": "http://esia.example.org/"}, "warning", "разные узлы"),
        ({"BASE_URL": "http://127.0.0.1:1"}, "error", "недоступен"),
    ],
)
def test_each_fault_has_its_words(
    rsa_stand: StandRun, tmp_path: Path, changes: dict[str, str], level: str, words: str
) -> None:
    rsa_stand.clock.ahead = 0.0
    assert words in wrong(points(tmp_path, settings_for(rsa_stand, tmp_path, **changes)), level)


LEAKS = ("Errno", "Error", "No such", "does not", "codec", "not set", "certificate", "private key")
"""English and Python that an operator has no use for."""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CLIENT_KEY": "none.key"}, "none.key нет"),
        ({"CLIENT_CERTIFICATE": "none.cer"}, "none.cer нет"),
        ({"CLIENT_KEY": "."}, "папка, а нужен файл"),
        ({"CLIENT_KEY": "noise.bin"}, "noise.bin не текст PEM"),
        ({"CLIENT_KEY": "client.cer"}, "нет блока «PRIVATE KEY»"),
        ({"CLIENT_KEY": "other.key"}, "закрытый ключ не от этого сертификата"),
        ({"CLIENT_CERTIFICATE": "client.key"}, "нет сертификата"),
        ({"SIGNER": "openssl", "SIGNER_PROGRAM": "/nowhere/openssl"}, "файла /nowhere/openssl нет"),
        ({"TOKEN_CERTIFICATES": "none.pem"}, "none.pem нет"),
        ({"TOKEN_CERTIFICATES": "client.key"}, "нет ни одного"),
        ({"TOKEN_ALG": "ES256"}, "не подходит"),
        ({"CLIENT_ID": "", "TOKEN_CERTIFICATES": "none.pem"}, "none.pem нет"),
        ({"CLIENT_ID": "", "CLIENT_KEY": "none.key"}, "none.key нет"),
    ],
)
def test_each_cause_is_told_once_and_in_words(
    rsa_stand: StandRun, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    rsa_stand.clock.ahead = 0.0
    (tmp_path / "noise.bin").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "noise.bin").chmod(0o600)
    (tmp_path / "other.key").write_text(gost.generate_key().to_pem())
    (tmp_path / "other.key").chmod(0o600)
    faults = [
        point
        for point in points(tmp_path, settings_for(rsa_stand, tmp_path, **changes))
        if point.level == "error"
    ]
    assert len(faults) == 1, faults
    assert words in faults[0].message
    assert not [leak for leak in LEAKS if leak in faults[0].message], faults[0].message


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
def test_a_silent_network_is_told_in_words(rsa_stand: StandRun, tmp_path: Path, address: str) -> None:
    said = wrong(points(tmp_path, settings_for(rsa_stand, tmp_path, BASE_URL=address)))
    assert "соединиться не удалось" in said and "Connect" not in said


def test_what_a_working_installation_must_not_have(rsa_stand: StandRun, tmp_path: Path) -> None:
    environment = settings_for(rsa_stand, tmp_path, STAND="true")
    said = wrong(points(tmp_path, environment, production=True))
    assert "стенд не включается" in said and "не годится для рабочей установки" in said
    right = points(
        tmp_path, settings_for(rsa_stand, tmp_path), production=True, base_url="https://s.example.org"
    )
    assert "s.example.org" in wrong(right, "ok") and "не годится" not in wrong(right)


def test_a_key_open_to_others_is_told(rsa_stand: StandRun, tmp_path: Path) -> None:
    environment = settings_for(rsa_stand, tmp_path)
    (tmp_path / "client.key").chmod(0o644)
    assert "могут прочитать другие" in wrong(points(tmp_path, environment), "warning")


@pytest.mark.parametrize(
    ("begins", "days", "level", "words"),
    [
        (-40, 100, "ok", "действует до"),
        (-40, 69, "warning", "Осталось дней: 28"),
        (-40, 20, "error", "Срок вышел"),
        (5, 100, "error", "ещё не начал"),
    ],
)
def test_dates_of_our_certificate(
    rsa_stand: StandRun, tmp_path: Path, begins: int, days: int, level: str, words: str
) -> None:
    environment = settings_for(rsa_stand, tmp_path)
    start = datetime.now(UTC) + timedelta(days=begins)
    certificate = gost.self_signed_certificate(rsa_stand.client_key, "x", valid_from=start, days=days)
    (tmp_path / "client.cer").write_text(certificate.to_pem())
    portal = Portal(Config(home=str(tmp_path), plugins=["auth_esia"], environment=environment))
    own = next(point for point in check_certificates(portal, datetime.now(UTC)) if "портала" in point.message)
    portal.close()
    assert own.level == level and words in own.message


def test_one_trusted_certificate_in_force_is_enough(rsa_stand: StandRun, tmp_path: Path) -> None:
    environment = settings_for(rsa_stand, tmp_path, TOKEN_ALG="GOST3410_2012_256")
    key = gost.generate_key()
    old = gost.self_signed_certificate(key, "x", valid_from=datetime(2020, 1, 1, tzinfo=UTC), days=100)
    (tmp_path / "trusted.pem").write_text(old.to_pem())
    assert "Срок вышел" in wrong(points(tmp_path, environment))
    (tmp_path / "trusted.pem").write_text(old.to_pem() + GostTokenKey.generate("new").certificate_pem())
    assert "Сертификатов ЕСИА для проверки маркеров: 2" in wrong(points(tmp_path, environment), "ok")


@contextmanager
def clock_ahead(seconds: int) -> Iterator[str]:
    """A server whose clock is wrong."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(400)
            moment = datetime.now(UTC) + timedelta(seconds=seconds)
            self.send_header("date", format_datetime(moment, usegmt=True))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_wrong_clock_is_told(rsa_stand: StandRun, tmp_path: Path) -> None:
    with clock_ahead(90) as address:
        said = wrong(points(tmp_path, settings_for(rsa_stand, tmp_path, BASE_URL=address)))
    assert "расходятся на" in said and "NTP" in said


def doctor(home: Path, environment: dict[str, str]) -> tuple[int, str]:
    """The command as an operator runs it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOYASHKOLA_")}
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "--home", str(home), "esia", "doctor"],
        cwd=ROOT,
        env={**clean, **environment, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_says_all_and_its_code_tells_good_from_bad(rsa_stand: StandRun, tmp_path: Path) -> None:
    rsa_stand.clock.ahead = 0.0
    environment = settings_for(rsa_stand, tmp_path)
    code, said = doctor(tmp_path, environment)
    assert code == 0, said
    assert "✓ Подпись работает (python)" in said and "ошибок: 0" in said
    code, said = doctor(tmp_path, {**environment, "MOYASHKOLA_ESIA_SCOPES": "openid"})
    assert code == 1
    assert "✗ В scopes нет нужных" in said and "ошибок: 1" in said


def test_without_settings_the_command_tells_of_the_stand(tmp_path: Path) -> None:
    code, said = doctor(tmp_path, {})
    assert code == 0 and "! Включён стенд" in said


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("MOYASHKOLA_ESIA_TOKEN_ALG", "none", "✗ Настройка «token_alg» ([plugins.auth_esia])"),
        ("MOYASHKOLA_ESIA_PROTOCOL", "v9", "✗ Настройка «protocol» ([plugins.auth_esia])"),
        ("MOYASHKOLA_LOCAL_ATTEMPTS_PER_LOGIN", "many", "Ошибка: Настройка «attempts_per_login»"),
    ],
)
def test_a_wrong_setting_of_a_plugin_does_not_take_the_command_away(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    code, said = doctor(tmp_path, {variable: value})
    assert code == 1
    assert words in said and "No such command" not in said and "Traceback" not in said


def test_beside_a_wrong_setting_the_rest_is_examined(rsa_stand: StandRun, tmp_path: Path) -> None:
    rsa_stand.clock.ahead = 0.0
    environment = settings_for(rsa_stand, tmp_path, SIGNER="abacus")
    (tmp_path / "moyashkola.toml").write_text("[plugins.auth_esia]\nmnemonic = 'X'\n")
    code, said = doctor(tmp_path, environment)
    assert code == 1
    assert "«signer»" in said and "'abacus'" in said and "неизвестная: «mnemonic»" in said
    assert "✓ Подпись работает (python)" in said and "ошибок: 2" in said


def test_a_gateway_is_examined(tmp_path: Path) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    environment = {
        "MOYASHKOLA_ESIA_DRIVER": "oidc",
        "MOYASHKOLA_ESIA_ISSUER": issuer,
        "MOYASHKOLA_ESIA_CLIENT_ID": GATEWAY_CLIENT,
        "MOYASHKOLA_ESIA_CLIENT_SECRET": SECRET,
    }
    redirect = "http://127.0.0.1:8000/auth/oidc/callback"
    with oidc_provider(issuer, redirect, auth="client_secret_basic", alg="RS256"):
        right = points(tmp_path, environment)
        assert {point.level for point in right} == {"ok"}, wrong(right) + wrong(right, "warning")
        assert "/auth/oidc/callback" in wrong(right, "ok") and "ключи: 1" in wrong(right, "ok")
        slash = points(tmp_path, {**environment, "MOYASHKOLA_ESIA_ISSUER": issuer + "/"})
        assert "не так, как должен" in wrong(slash)
        other = points(tmp_path, {**environment, "MOYASHKOLA_ESIA_TOKEN_ALG": "ES256"})
        assert "нет ни одного для ES256" in wrong(other)
    assert "не отвечают" in wrong(points(tmp_path, environment))
    del environment["MOYASHKOLA_ESIA_CLIENT_SECRET"]
    assert "не заданы client_secret" in wrong(points(tmp_path, environment))


def test_a_new_pair_is_used_without_a_restart(rsa_stand: StandRun, tmp_path: Path) -> None:
    environment = settings_for(rsa_stand, tmp_path)
    portal = Portal(Config(home=str(tmp_path), plugins=["auth_esia"], environment=environment))
    before = installation(portal)
    assert installation(portal) is before
    key = gost.generate_key()
    (tmp_path / "client.key").write_text(key.to_pem())
    os.utime(tmp_path / "client.key", (1, 1))
    assert installation(portal) is before, "half a pair is not used"
    certificate = gost.self_signed_certificate(key, CLIENT_ID)
    (tmp_path / "client.cer").write_text(certificate.to_pem())
    after = installation(portal)
    assert after is not before
    assert certificate.client_certificate_hash in after.driver.begin().address
    portal.close()


def test_the_operators_page_warns_of_a_certificate_that_ends(portal: PortalUnderTest, tmp_path: Path) -> None:
    plugin = portal.portal.plugins.loaded["auth_esia"]
    home = portal.portal.config.home_path
    start = datetime.now(UTC) - timedelta(days=80)
    key = gost.generate_key()
    certificate = gost.self_signed_certificate(key, "x", valid_from=start, days=100)
    (home / "client.cer").write_text(certificate.to_pem())
    (home / "trusted.pem").write_text(RsaTokenKey.generate("ESIA").certificate_pem())
    before = plugin.configuration
    plugin.configuration = type(before)(client_certificate="client.cer", token_certificates=["trusted.pem"])
    try:
        page = portal.sign_in("regional_coordinator").get("/plugins/auth_esia").text
        assert "Сертификат портала для Госуслуг действует до" in page and "Осталось дней: 19" in page
        assert "Осталось дней" not in portal.sign_in("head").get("/plugins/auth_esia").text
        english = portal.sign_in("regional_coordinator")
        english.cookies["moyashkola_locale"] = "en"
        assert "Days left: 19" in english.get("/plugins/auth_esia").text
    finally:
        plugin.configuration = before
