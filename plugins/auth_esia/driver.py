"""What the two ways to Gosuslugi have in common: ESIA's own protocol, and OpenID Connect to a gateway."""

from __future__ import annotations

from typing import Protocol

import msgspec

from plugins.auth_esia.profile import Profile


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that was begun: what has to be remembered until the person comes back."""

    state: str
    verifier: str
    """PKCE's secret; empty when PKCE is switched off."""
    nonce: str = ""
    """What the id token has to repeat; empty where the protocol has none."""
    address: str
    """Where to send the browser."""


class Driver(Protocol):
    """Speaks with one provider. Everything may block: call it in a worker thread, outside of transactions."""

    @property
    def name(self) -> str:
        """`esia` or `oidc`; each has a return address of its own."""
        ...

    @property
    def issuer(self) -> str:
        """Whose accounts these are: the first half of an account's key."""
        ...

    @property
    def browser_address(self) -> str:
        """An address of the site that browsers are sent to."""
        ...

    def begin(self) -> Login:
        """Start a sign-in; raises EsiaError when the provider has to be asked first and cannot be."""
        ...

    def sign_in(self, code: str, verifier: str, *, nonce: str = "") -> Profile:
        """Exchange the code once, check the tokens, read the profile, drop the tokens; raises EsiaError."""
        ...

    def logout_address(self, return_to: str) -> str | None:
        """Where the browser ends the provider's own session, if it offers that; raises EsiaError."""
        ...

    def clock_difference(self) -> float:
        """Seconds that the provider's clock is ahead of ours; raises EsiaError `no-answer`."""
        ...
