"""An empty state has one large picture; what else stands in it looks as everywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.browsers import sign_in

pytestmark = pytest.mark.only_sqlite
"""What scripts of the page do: the kind of database makes no difference."""


@pytest.mark.parametrize("width", [1440, 390])
def test_the_icon_of_a_button_in_an_empty_state_is_a_small_one(
    new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(width=width)
    sign_in(page, "nobody")
    page.goto("/")
    picture, inside = page.locator(".empty > .icon"), page.locator(".empty .button .icon").first
    large, small = picture.bounding_box(), inside.bounding_box()
    assert large and small
    assert large["width"] == 32
    assert small["width"] <= 20
    assert inside.evaluate("icon => getComputedStyle(icon).boxShadow") == "none"
