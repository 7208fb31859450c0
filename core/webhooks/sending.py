"""One request to an address that somebody outside has named: guarded, timed, and never followed elsewhere.

The name is resolved here and the connection goes to the very address that was looked at, so that a name which answers
differently the second time leads nowhere inside. Addresses of the machine and of networks that are not public are
refused unless the installation allows them (`webhook_networks`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx2
import msgspec

from core.config import Config
from core.web.i18n import sentence

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
"""How long one attempt may take in all, however slowly the other side speaks."""

KEPT_BYTES = 1024
"""So much of an answer is read and kept; the rest is of no use to anybody."""

LONGEST_URL = 1000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The portal does not call this address; the argument says why, in a sentence."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: the HTTP status or 0, the beginning of the text, milliseconds, and what went wrong."""

    status: int = 0
    text: str = ""
    took: int = 0
    error: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken it: 2xx, redirects do not count."""
        return 200 <= self.status < 300


def objection(config: Config, url: str) -> str:
    """Why an address cannot be registered, as far as that is seen without asking anybody; «» if it can."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return sentence("Это не адрес: проверьте, как он написан.")
    if any(each.isspace() or not each.isprintable() for each in url) or len(url) > LONGEST_URL:
        return sentence("Это не адрес: проверьте, как он написан.")
    if parts.scheme != "https" and (config.production or parts.scheme != "http"):
        return sentence("Адрес начинается с https://.")
    if not parts.hostname or port == 0:
        return sentence("В адресе нет имени сервера.")
    if parts.username is not None or parts.password is not None:
        return sentence("Имя и пароль в адресе не передают: подпись и так говорит, что это портал.")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return ""
    return "" if is_allowed(config, address) else _private()


def is_allowed(config: Config, address: Address) -> bool:
    """Whether the portal calls this address: a public one, or one of the networks that the operator names."""
    real = _inside(address)
    for text in config.webhook_networks:
        network = ipaddress.ip_network(text, strict=False)
        if real.version == network.version and real in network:
            return True
    return real.is_global and not real.is_multicast and not real.is_reserved


def _inside(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _private() -> str:
    return sentence("Адрес ведёт внутрь сети портала: туда портал не отправляет.")


def send(config: Config, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post `body` to `url` once; whatever happens comes back as an `Answer`."""
    began = time.monotonic()

    def answer(**what: Any) -> Answer:
        return Answer(took=round((time.monotonic() - began) * 1000), **what)

    try:
        wrong = objection(config, url)
        if wrong:
            raise Refused(wrong)
        parts = urlsplit(url)
        address = _resolved(config, parts)
        status, text = _post(parts, address, body, headers)
    except Refused as refusal:
        return answer(error=refusal.args[0])
    except TimeoutError:
        return answer(
            error=sentence("Сервер не ответил за %(seconds)s секунд.", seconds=round(WHOLE_SECONDS))
        )
    except httpx2.TimeoutException:
        return answer(error=sentence("Сервер отвечает слишком долго или соединиться с ним не удалось."))
    except httpx2.ConnectError:
        return answer(error=sentence("Соединиться с сервером не удалось, или его сертификату нельзя верить."))
    except httpx2.HTTPError:
        return answer(error=sentence("Соединение прервалось, или ответ – не HTTP."))
    error = ""
    if 300 <= status < 400:
        error = sentence("Сервер отправляет на другой адрес: портал за ним не идёт. Укажите конечный адрес.")
    elif not 200 <= status < 300:
        error = sentence("Сервер ответил отказом: %(status)s.", status=status)
    return answer(status=status, text="" if not error else text, error=error)


def _resolved(config: Config, parts: SplitResult) -> str:
    """The address to connect to. Raises `Refused` if the name has none, or one that leads inside."""
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(sentence("Сервера с таким именем не найти: %(host)s.", host=host)) from error
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses or not all(is_allowed(config, each) for each in addresses):
        raise Refused(_private())
    return str(addresses[0])


def _post(parts: SplitResult, address: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    host = parts.hostname or ""
    there = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    named = f"[{host}]" if ":" in host else host
    with _deadline() as watched, httpx2.Client(follow_redirects=False, trust_env=False) as client:
        request = client.build_request(
            "POST",
            f"{parts.scheme}://{there}{port}{path}",
            content=body,
            headers={
                **headers,
                "host": f"{named}{port}",
                "content-type": "application/json",
                "user-agent": "MoyaShkola-Webhooks/1",
                "accept-encoding": "identity",
            },
            timeout=httpx2.Timeout(WHOLE_SECONDS, connect=CONNECT_SECONDS),
            extensions={"sni_hostname": host, "trace": watched.heard},
        )
        answer = client.send(request, stream=True)
        try:
            return answer.status_code, _beginning(answer.iter_raw())
        finally:
            answer.close()


def _beginning(chunks: Iterator[bytes]) -> str:
    kept = b""
    for chunk in chunks:
        kept += chunk
        if len(kept) >= KEPT_BYTES:
            break
    text = kept[:KEPT_BYTES].decode("utf-8", "replace")
    return "".join(each for each in text if each.isprintable() or each == "\n")


class _Watched:
    """The socket of the attempt: shut from another thread, it ends a conversation that never ends."""

    def __init__(self) -> None:
        self.is_over = False
        self._socket: Any = None

    def heard(self, event: str, info: Mapping[str, Any]) -> None:
        """Take the socket once it is connected, and again once it is encrypted."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def shut(self) -> None:
        """End the conversation."""
        self.is_over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _deadline() -> Generator[_Watched]:
    """Shut the watched socket after `WHOLE_SECONDS`. Raises `TimeoutError` for what that broke off."""
    watched = _Watched()
    timer = threading.Timer(WHOLE_SECONDS, watched.shut)
    timer.daemon = True
    timer.start()
    try:
        yield watched
    except httpx2.HTTPError:
        if watched.is_over:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if watched.is_over:
        raise TimeoutError
