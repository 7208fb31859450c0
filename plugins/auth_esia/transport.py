"""How the portal's server waits for a provider, and reads what it answers."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec

from plugins.auth_esia.errors import EsiaError

TIMEOUTS = httpx2.Timeout(10.0, connect=3.0)
_LARGEST_ANSWER = 1_000_000


def json_object(answer: httpx2.Response, what: str) -> dict[str, Any]:
    """The body as an object; a provider also answers with text, HTML and 5xx when it is unwell.

    Raises EsiaError `no-answer` for 5xx, `bad-answer` for anything else but an object.
    """
    if answer.status_code >= 500:
        raise EsiaError("no-answer", f"{what}: status {answer.status_code}")
    if len(answer.content) > _LARGEST_ANSWER:
        raise EsiaError("bad-answer", f"{what}: the answer is too long")
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError as problem:
        raise EsiaError("bad-answer", f"{what}: status {answer.status_code}, no JSON object") from problem
