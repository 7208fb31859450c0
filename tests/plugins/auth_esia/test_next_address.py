"""After a sign-in people go to pages of the portal and nowhere else."""

from __future__ import annotations

import pytest

from plugins.auth_esia.next_address import safe_next


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "//evil.example.net",
        "///evil.example.net",
        "/\\evil.example.net",
        "\\/evil.example.net",
        "https://evil.example.net/",
        "javascript:alert(1)",
        "/\t/evil.example.net",
        "/\n//evil.example.net",
        "\t//evil.example.net",
        " /journal",
        "/journal\r\nSet-Cookie: x=1",
        "journal",
        "/auth/esia/login",
        "/auth/logout",
        "/esia-stand/login",
        "/" + "a" * 3000,
        "//[evil",
    ],
)
def test_foreign_and_broken_addresses_lead_home(address: str | None) -> None:
    assert safe_next(address) == "/"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/journal/7A?term=2&day=2026-11-23#cell", "/journal/7A?term=2&day=2026-11-23#cell"),
        ("/search?q=%D0%B0", "/search?q=%D0%B0"),
        ("/поиск", "/%D0%BF%D0%BE%D0%B8%D1%81%D0%BA"),
    ],
)
def test_own_pages_are_kept(address: str, given: str) -> None:
    assert safe_next(address) == given
