"""A counter of visits: Яндекс Метрика, an operator's setting, off by default.

It is loaded only once the visitor has allowed it, and only on pages that anybody may open and that hold nobody's
data (`COUNTED`): a page for somebody signed in shows children's names, and its address may hold their ids. What is
sent is the path of the page, without title, query and referrer (`metrika.ts`).
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request

from core.web import cookies
from core.web.visit import portal_of, visit_of

COUNTED = ("/sign-in", "/privacy", "/support")
ALLOWED, NECESSARY = "allowed", "necessary"
SOURCES = "https://mc.yandex.ru https://mc.yandex.com"
"""Where the counter's script comes from and where it reports to."""


class Analytics(msgspec.Struct, frozen=True, kw_only=True):
    """The counter's number («» for none), what the visitor has chosen («» for nothing yet), whether it is loaded."""

    counter: str = ""
    choice: str = ""
    loads: bool = False

    @property
    def asks(self) -> bool:
        """Whether the visitor is to be asked."""
        return bool(self.counter) and not self.choice


def analytics_of(request: Request[Any, Any, Any]) -> Analytics:
    """What holds for this page; one that loads the counter gets the sources in its policy (`visit.add_headers`)."""
    config = portal_of(request).config
    if not config.yandex_metrika:
        return Analytics()
    choice = cookies.sent(config, request, cookies.COUNTER)
    loads = choice == ALLOWED and visit_of(request).actor is None and request.url.path in COUNTED
    request.scope["state"]["counter_sources"] = SOURCES if loads else ""
    return Analytics(
        counter=config.yandex_metrika, choice=choice if choice in (ALLOWED, NECESSARY) else "", loads=loads
    )
