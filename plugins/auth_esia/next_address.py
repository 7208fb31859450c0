"""Where a person goes after the sign-in: only to pages of the portal itself."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

HOME = "/"
_LONGEST = 2000


def safe_next(address: str | None) -> str:
    """The address when it is a path on this portal, otherwise the home page.

    Refused: other hosts (`//host`, `/\\host`, a scheme), control characters and spaces, the sign-in's own
    addresses (they would run in a circle), overlong ones.
    """
    if not address or len(address) > _LONGEST or not address.startswith("/"):
        return HOME
    if address.startswith("//") or "\\" in address:
        return HOME
    if any(ord(character) <= 32 or ord(character) == 127 for character in address):
        return HOME
    try:
        parts = urlsplit(address)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith(("/auth/", "/esia-stand/")):
        return HOME
    return quote(address, safe="/?&=#%+:;,@!$'()*~[]-._")
