"""ESIA as this installation uses it: settings and key files turned into a client, and a stand if wanted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import structlog

from core.config import Config
from core.portal import Portal
from plugins.auth_esia import gost
from plugins.auth_esia.client import Endpoint, EsiaClient
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.settings import EsiaSettings
from plugins.auth_esia.signing import GostSigner
from plugins.auth_esia.stand.checks import Client
from plugins.auth_esia.stand.issuing import GostTokenKey, RsaTokenKey
from plugins.auth_esia.stand.service import Stand, StandOptions
from plugins.auth_esia.stand_store import DatabaseStore
from plugins.auth_esia.tokens import TrustedCertificates

PLUGIN = "auth_esia"
CALLBACK_PATH = "/auth/esia/callback"
STAND_PREFIX = "/esia-stand"
STAND_CLIENT_ID = "MOYASHKOLA"
PORTAL_NAME, STAND_NAME, PORTAL_ON_STAND = "Моя школа", "Стенд ЕСИА", "Моя школа, стенд"
_ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to

log = structlog.get_logger("auth_esia")


class Installation:
    """Everything the pages need. Building it reads keys, and makes those of the stand at first use.

    Raises EsiaError `keys` when the settings are not complete or a file is not usable.
    """

    def __init__(self, portal: Portal) -> None:
        config = portal.config
        self.settings = cast("EsiaSettings", portal.plugins.loaded[PLUGIN].configuration)
        self.portal_address = _portal_address(config, self.settings)
        folder = config.home_path / "esia"
        self.stand: Stand | None = None
        stand_on = stand_wanted(config, self.settings)
        if not stand_on and not (self.settings.base_url and self.settings.client_id and self.settings.issuer):
            raise EsiaError("keys", "base_url, client_id and issuer are needed in [plugins.auth_esia]")
        try:
            key, certificate, trusted = self._keys(config, folder, stand_on=stand_on)
            signer = GostSigner.from_pem(key, certificate)
        except (OSError, ValueError) as problem:
            raise EsiaError("keys", f"{type(problem).__name__}: {problem}") from problem
        stand_address = f"{self.portal_address}{STAND_PREFIX}"
        base_url = (self.settings.base_url or stand_address).rstrip("/")
        own_stand = stand_on and not self.settings.base_url
        server_url = self.settings.server_url or (_own_address(config) if own_stand else base_url)
        endpoint = Endpoint(
            base_url=base_url,
            server_url=server_url.rstrip("/"),
            issuer=self.settings.issuer or f"{stand_address}/",
            client_id=self.settings.client_id or STAND_CLIENT_ID,
            scopes=tuple(self.settings.scopes),
            redirect_uri=f"{self.portal_address}{CALLBACK_PATH}",
            pkce=self.settings.pkce,
        )
        self.client = EsiaClient(endpoint, signer, TrustedCertificates(self.settings.token_alg, trusted))
        if stand_on:
            self.stand = Stand(
                StandOptions(address=stand_address, issuer=endpoint.issuer, pkce_required=endpoint.pkce),
                clients=[
                    Client(
                        endpoint.client_id,
                        PORTAL_NAME,
                        gost.load_certificate(certificate),
                        (f"{self.portal_address}/",),
                    )
                ],
                key=self._stand_key(folder),
                store=DatabaseStore(portal.database),
            )

    @property
    def elsewhere(self) -> bool:
        """Whether ESIA lives on another origin than the portal."""
        here, there = urlsplit(self.portal_address), urlsplit(self.client.endpoint.base_url)
        return (here.scheme, here.netloc) != (there.scheme, there.netloc)

    def _keys(self, config: Config, folder: Path, *, stand_on: bool) -> tuple[str, str, list[Path]]:
        """The portal's key and certificate, and the files of the certificates it trusts."""
        settings, home = self.settings, config.home_path
        if stand_on:
            self._stand_key(folder)
        if settings.client_key or not stand_on:
            key = (home / settings.client_key).read_text(encoding="ascii")
            certificate = (home / settings.client_certificate).read_text(encoding="ascii")
        else:
            key = certificate = _kept(folder / "client.pem", _new_client_key)
        trusted = [home / path for path in settings.token_certificates]
        if not trusted and stand_on:
            trusted = [self._stand_key_file(folder)]
        return key, certificate, trusted

    def _stand_key_file(self, folder: Path) -> Path:
        return folder / f"stand-{self.settings.token_alg.lower()}.pem"

    def _stand_key(self, folder: Path) -> RsaTokenKey | GostTokenKey:
        kind = RsaTokenKey if self.settings.token_alg == "RS256" else GostTokenKey  # noqa: S105
        pem = _kept(self._stand_key_file(folder), lambda: kind.generate(STAND_NAME).to_pem())
        return kind.from_pem(pem)


def stand_wanted(config: Config, settings: EsiaSettings) -> bool:
    """Whether the stand runs: never in production, else as set, else as long as no real ESIA is named."""
    if config.production:
        if settings.stand:
            log.error("the ESIA stand is refused in production", setting="plugins.auth_esia.stand")
        return False
    return settings.stand if settings.stand is not None else not settings.client_id


_built: WeakKeyDictionary[Portal, Installation] = WeakKeyDictionary()
_building = threading.Lock()


def installation(portal: Portal) -> Installation:
    """The installation of this portal, built once; raises EsiaError `keys` until its settings are right."""
    with _building:
        found = _built.get(portal)
        if found is None:
            found = _built[portal] = Installation(portal)
        return found


def _portal_address(config: Config, settings: EsiaSettings) -> str:
    """Where browsers find the portal: as the operator says, never as a request claims."""
    if not settings.redirect_base and not config.base_url and config.host in _ANY_ADDRESS:
        return f"http://127.0.0.1:{config.port}"
    return (settings.redirect_base or config.address).rstrip("/")


def _own_address(config: Config) -> str:
    """Where this very server listens, for its own calls to the stand."""
    host = "127.0.0.1" if config.host in _ANY_ADDRESS else config.host
    return f"http://{f'[{host}]' if ':' in host else host}:{config.port}{STAND_PREFIX}"


def _new_client_key() -> str:
    key = gost.generate_key()
    return key.to_pem() + gost.self_signed_certificate(key, PORTAL_ON_STAND).to_pem()


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
