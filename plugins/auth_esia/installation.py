"""Gosuslugi as this installation uses them: settings and key files turned into a driver, and a stand if wanted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import structlog

from core.config import Config
from core.database.session import Session
from core.portal import Portal
from core.web.i18n import sentence
from plugins.auth_esia import gost
from plugins.auth_esia.client import Endpoint, EsiaClient
from plugins.auth_esia.driver import Driver
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.oidc import Gateway, GatewayClaims, OidcClient
from plugins.auth_esia.settings import (
    ESIA_ALGORITHMS,
    ESIA_SCOPES,
    OIDC_ALGORITHMS,
    OIDC_SCOPES,
    EsiaSettings,
)
from plugins.auth_esia.signing import (
    GostSigner,
    OpensslSigner,
    RemoteSigner,
    Signer,
    signs_for_its_certificate,
)
from plugins.auth_esia.stand.checks import Client
from plugins.auth_esia.stand.issuing import GostTokenKey, RsaTokenKey
from plugins.auth_esia.stand.service import Stand, StandOptions
from plugins.auth_esia.stand_store import DatabaseStore
from plugins.auth_esia.tokens import TrustedCertificates, certificates_in

PLUGIN = "auth_esia"
CALLBACK_PATHS = {"esia": "/auth/esia/callback", "oidc": "/auth/oidc/callback"}
"""One return address for each driver, so that the answer of the one is never taken for the other's."""
STAND_PREFIX = "/esia-stand"
STAND_CLIENT_ID = "MOYASHKOLA"
GOSUSLUGI = "gosuslugi.ru"
PORTAL_NAME, STAND_NAME, PORTAL_ON_STAND = "Моя школа", "Стенд ЕСИА", "Моя школа, стенд"
_ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to

log = structlog.get_logger("auth_esia")


class Installation:
    """Everything the pages need. Building it reads keys, and makes those of the stand at first use.

    Raises EsiaError `keys` when the settings are not complete or a file is not usable.
    """

    def __init__(self, portal: Portal) -> None:
        self.settings = settings_of(portal)
        self.portal_address = portal_address(portal.config, self.settings)
        self.stand: Stand | None = None
        self._own_files: list[Path] = []
        self.driver: Driver = (
            self._gateway() if self.settings.driver == "oidc" else self._esia(portal, portal.config)
        )

    @property
    def elsewhere(self) -> bool:
        """Whether the provider lives on another origin than the portal."""
        here, there = urlsplit(self.portal_address), urlsplit(self.driver.browser_address)
        return (here.scheme, here.netloc) != (there.scheme, there.netloc)

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Changes when the portal's own key or certificate is replaced."""
        return tuple((stat.st_mtime_ns, stat.st_size) for stat in (file.stat() for file in self._own_files))

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends browsers back to."""
        return f"{self.portal_address}{CALLBACK_PATHS[self.settings.driver]}"

    def _gateway(self) -> OidcClient:
        settings = self.settings
        missing = missing_settings(settings)
        if missing:
            raise EsiaError("keys", f"not set in [plugins.auth_esia]: {', '.join(missing)}")
        if settings.token_alg not in OIDC_ALGORITHMS:
            raise EsiaError("keys", f"token_alg of a gateway is one of {', '.join(OIDC_ALGORITHMS)}")
        scopes = tuple(settings.scopes) or OIDC_SCOPES
        return OidcClient(
            Gateway(
                issuer=settings.issuer,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                scopes=scopes,
                redirect_uri=self.redirect_uri,
                algorithm=settings.token_alg,
                claims=GatewayClaims(snils=settings.claim_snils, level=settings.claim_level),
            )
        )

    def _esia(self, portal: Portal, config: Config) -> EsiaClient:
        settings, folder = self.settings, config.home_path / "esia"
        stand_on = stand_wanted(config, settings)
        if not stand_on:
            missing = missing_settings(settings)
            if missing:
                raise EsiaError("keys", f"not set in [plugins.auth_esia]: {', '.join(missing)}")
        if settings.token_alg not in ESIA_ALGORITHMS:
            raise EsiaError("keys", f"token_alg of ESIA is one of {', '.join(ESIA_ALGORITHMS)}")
        if stand_on:
            self._stand_key(folder)
        self._own_files = own_files(config, settings) or [_new_client(folder)]
        try:
            signer = make_signer(settings, self._own_files)
        except (OSError, ValueError) as problem:
            raise EsiaError("keys", f"{type(problem).__name__}: {problem}") from problem
        trusted = [config.home_path / path for path in settings.token_certificates]
        if not trusted and stand_on:
            trusted = [self._stand_key_file(folder)]
        stand_address = f"{self.portal_address}{STAND_PREFIX}"
        base_url = (settings.base_url or stand_address).rstrip("/")
        own_stand = stand_on and not settings.base_url
        server_url = settings.server_url or (_own_address(config) if own_stand else base_url)
        endpoint = Endpoint(
            base_url=base_url,
            server_url=server_url.rstrip("/"),
            issuer=settings.issuer or f"{stand_address}/",
            client_id=settings.client_id or STAND_CLIENT_ID,
            scopes=tuple(settings.scopes) or ESIA_SCOPES,
            redirect_uri=self.redirect_uri,
            pkce=settings.pkce,
            protocol=settings.protocol,
        )
        if stand_on:
            self.stand = Stand(
                StandOptions(
                    address=stand_address,
                    issuer=endpoint.issuer,
                    pkce_required=settings.pkce,
                ),
                clients=[
                    Client(
                        endpoint.client_id,
                        PORTAL_NAME,
                        signer.certificate,
                        (f"{self.portal_address}/",),
                    )
                ],
                key=self._stand_key(folder),
                store=DatabaseStore(portal.database),
            )
        return EsiaClient(endpoint, signer, TrustedCertificates(settings.token_alg, trusted))

    def _stand_key_file(self, folder: Path) -> Path:
        return folder / f"stand-{self.settings.token_alg.lower()}.pem"

    def _stand_key(self, folder: Path) -> RsaTokenKey | GostTokenKey:
        kind = RsaTokenKey if self.settings.token_alg == "RS256" else GostTokenKey  # noqa: S105
        pem = _kept(self._stand_key_file(folder), lambda: kind.generate(STAND_NAME).to_pem())
        return kind.from_pem(pem)


def settings_of(portal: Portal) -> EsiaSettings:
    """The plugin's settings in this installation."""
    return cast("EsiaSettings", portal.plugins.loaded[PLUGIN].configuration)


def stand_wanted(config: Config, settings: EsiaSettings) -> bool:
    """Whether the stand runs: never in production, else as set, else as long as no real ESIA is named."""
    if config.production:
        if settings.stand:
            log.error("the ESIA stand is refused in production", setting="plugins.auth_esia.stand")
        return False
    return settings.stand if settings.stand is not None else not settings.client_id


def missing_settings(settings: EsiaSettings) -> list[str]:
    """The settings that a real ESIA or gateway needs and that are not set."""
    if settings.driver == "oidc":
        needed = ["issuer", "client_id", "client_secret"]
    else:
        needed = ["base_url", "issuer", "client_id", "client_certificate", "token_certificates"]
        needed.append("signer_url" if settings.signer == "remote" else "client_key")
    return [name for name in needed if not getattr(settings, name)]


def own_files(config: Config, settings: EsiaSettings) -> list[Path]:
    """The files of the portal's own certificate and, where it signs itself, of its key; the certificate last."""
    names = [settings.client_certificate]
    if settings.signer != "remote":
        names.insert(0, settings.client_key)
    return [config.home_path / name for name in names if name]


def make_signer(settings: EsiaSettings, files: Sequence[Path]) -> Signer:
    """The signer of the settings; `files` are those of `own_files`.

    Raises OSError for a file that cannot be read, GostKeyError for one that is no key or certificate or belongs
    to another key, EsiaError where the signer does not answer.
    """
    found = certificates_in(files[-1])
    if not found:
        raise gost.GostKeyError(sentence("в файле %(name)s нет сертификата", name=files[-1].name))
    certificate = gost.read_certificate(found[0])
    if settings.signer == "remote":
        return RemoteSigner(
            settings.signer_url,
            certificate,
            token=settings.signer_token,
            reversed_bytes=settings.signer_reversed,
        )
    if settings.signer == "python":
        return GostSigner(gost.load_private_key(files[0].read_text(encoding="ascii")), certificate)
    signer = OpensslSigner(files[0], certificate, settings.signer_program)
    if not signs_for_its_certificate(signer):
        raise gost.GostKeyError(sentence("закрытый ключ не от этого сертификата"))
    return signer


_built: WeakKeyDictionary[Portal, tuple[Installation, tuple[tuple[int, int], ...]]] = WeakKeyDictionary()
_building = threading.Lock()


def installation(portal: Portal) -> Installation:
    """The installation of this portal, built anew when its key or certificate is replaced.

    Raises EsiaError `keys` until the settings are right. While a new pair is put in place half of it does
    not fit: the old one goes on.
    """
    with _building:
        kept = _built.get(portal)
        try:
            if kept is not None and kept[1] == kept[0].stamp():
                return kept[0]
            made = Installation(portal)
            _built[portal] = (made, made.stamp())
        except (EsiaError, OSError) as problem:
            if kept is None:
                raise
            log.warning("the new key of the portal is not used", problem=str(problem))
            return kept[0]
        return made


def knows_issuer(db: Session, issuer: str) -> bool:
    """Whether an account with this issuer is one of Gosuslugi: of the present settings, of old ones, of a stand."""
    there = urlsplit(issuer)
    host = there.hostname or ""
    if host == GOSUSLUGI or host.endswith(f".{GOSUSLUGI}") or there.path.rstrip("/") == STAND_PREFIX:
        return True
    try:
        return issuer == installation(db.portal).driver.issuer
    except EsiaError:
        return False


def portal_address(config: Config, settings: EsiaSettings) -> str:
    """Where browsers find the portal: as the operator says, never as a request claims."""
    if not settings.redirect_base and not config.base_url and config.host in _ANY_ADDRESS:
        return f"http://127.0.0.1:{config.port}"
    return (settings.redirect_base or config.address).rstrip("/")


def _own_address(config: Config) -> str:
    """Where this very server listens, for its own calls to the stand."""
    host = "127.0.0.1" if config.host in _ANY_ADDRESS else config.host
    return f"http://{f'[{host}]' if ':' in host else host}:{config.port}{STAND_PREFIX}"


def _new_client(folder: Path) -> Path:
    """The file of the key and certificate with which the portal comes to its own stand."""
    path = folder / "client.pem"

    def make() -> str:
        key = gost.generate_key()
        return key.to_pem() + gost.self_signed_certificate(key, PORTAL_ON_STAND).to_pem()

    _kept(path, make)
    return path


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The text of a secret file, made at first use; of several processes one wins and all read the same."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make(), encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
