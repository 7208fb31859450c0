"""Secrets of webhooks and signatures after the Standard Webhooks specification (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "whsec_"
BYTES = 32
NONCE = 12


def new_secret() -> str:
    """A fresh secret as it is shown: `whsec_` and 32 random bytes in Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def seal(portal_secret: bytes, webhook_id: UUID, secret: str) -> bytes:
    """A secret as the table keeps it: a copy of the database alone does not let anybody sign."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher(portal_secret).encrypt(nonce, secret.encode(), webhook_id.bytes)


def unseal(portal_secret: bytes, webhook_id: UUID, sealed: bytes) -> str:
    """The secret that was sealed. Raises `cryptography.exceptions.InvalidTag` if the portal's secret is another."""
    nonce, rest = sealed[:NONCE], sealed[NONCE:]
    return _cipher(portal_secret).decrypt(nonce, rest, webhook_id.bytes).decode()


def signed_headers(used: Sequence[str], message_id: str, moment: datetime, body: bytes) -> Mapping[str, str]:
    """The headers of one attempt: a signature with each secret in use, the newest first."""
    timestamp = str(int(moment.timestamp()))
    signatures = (f"v1,{signature(secret, message_id, timestamp, body)}" for secret in used)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `id.timestamp.body` in Base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _cipher(portal_secret: bytes) -> AESGCM:
    return AESGCM(hmac.new(portal_secret, b"core.webhooks", hashlib.sha256).digest())
