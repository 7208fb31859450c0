"""Looking at a page in every guise: light, dark and for weak sight, on a desktop and on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Response

from core.web.cookies import SESSION, VIEW
from core.web.frame import View, view_cookie
from tests.browser.browsers import AXE, sign_in

STRANGER = ""
GUISES = ("light", "dark", "contrast")
WIDTHS: Mapping[int, int] = {1440: 900, 390: 844}
"""Width of the window → its height, in CSS pixels."""

ALL_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""All that can differ between the guises of one page."""

PICTURES = os.environ.get("PAGES_PICTURES")
"""A folder: every page looked at is drawn there too, `make test` draws nothing."""

SAME_KIND = 3
"""So many links that differ only in an id or in what they ask for are followed from one page: one template writes
them all."""

STRUCTURE = """() => {
  const seen = element => element.checkVisibility({visibilityProperty: true});
  const named = element => element.outerHTML.slice(0, 120);
  const wrong = [];
  const heads = [...document.querySelectorAll('h1')].filter(seen);
  if (heads.length !== 1) wrong.push(`${heads.length} h1`);
  if (!document.title.replace('– Моя школа', '').trim()) wrong.push('no title');
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push(`wider than the window by ${wide} px`);
  for (const link of document.querySelectorAll('a')) {
    const target = link.getAttribute('href');
    if (!target || target === '#') wrong.push(`dead link ${named(link)}`);
    else if (target.startsWith('#') && !document.getElementById(target.slice(1)))
      wrong.push(`link to nowhere ${named(link)}`);
  }
  for (const button of document.querySelectorAll('button')) {
    const acts = button.popoverTargetElement || (button.type === 'submit' ? button.form
      : Object.keys(button.dataset).length || button.closest('journal-grid, .toasts'));
    if (!acts) wrong.push(`dead button ${named(button)}`);
  }
  return wrong;
}"""

TARGETS = """() => [...document.querySelectorAll(
    'main :is(.button, .input:not([type=file]), .select, summary), .bottom-bar a, .top :is(a, button, summary)')]
  .filter(each => each.checkVisibility({visibilityProperty: true}) && !each.closest('.jr-switch'))
  .map(each => [each, each.getBoundingClientRect()])
  .filter(([, box]) => box.width && Math.min(box.height, 999) < 43.5)
  .map(([each, box]) => `${Math.round(box.height)} px high: ${each.outerHTML.slice(0, 90)}`)"""

AXE_RUN = """async rules => {
  const options = {resultTypes: ['violations'], runOnly: rules};
  return (await axe.run(document, options)).violations.flatMap(violation => violation.nodes.slice(0, 3).map(
    node => `${violation.id}: ${violation.help}: ${node.target} ${node.html.slice(0, 120)}`));
}"""


@dataclass(frozen=True)
class Sight:
    """A page in one of its states.

    `route` is the address as the application declares it; `url` the one to open, or a function that finds it
    on other pages as a person would; `act` brings the state about; `pressed` is done once more in each width.
    """

    name: str
    route: str
    persona: str = STRANGER
    url: str | Callable[[Page], str] = ""
    act: Callable[[Page], object] | None = None
    pressed: Callable[[Page], object] | None = None
    status: int = 200

    def __str__(self) -> str:
        return self.name


CONTRAST = """([bar, marks]) => {
  const html = document.documentElement;
  for (const [name, value] of Object.entries(marks)) html.toggleAttribute(name) && html.setAttribute(name, value);
  if (html.hasAttribute('data-contrast')) document.querySelector('.skip')?.insertAdjacentHTML('afterend', bar);
  else document.querySelector('.contrast-bar')?.remove();
}"""
"""Turns the look for weak sight on, or off again: what `document.html` draws differently then."""

KEPT_BY_BROWSER = "local_storage,indexeddb"


@dataclass
class Eyes:
    """Browsers of the personas before one server, and which of their links have been tried."""

    chromium: Browser
    address: str
    states: dict[str, Any] = field(default_factory=dict[str, Any])
    browsers: dict[str, BrowserContext] = field(default_factory=dict[str, BrowserContext])
    tried: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def context(self, persona: str) -> BrowserContext:
        """A fresh browser in which the persona is signed in."""
        if persona and persona not in self.states:
            first = self._context()
            sign_in(first.new_page(), persona)
            self.states[persona] = first.storage_state()
            first.close()
        return self._context(storage_state=self.states.get(persona))

    def _context(self, **options: Any) -> BrowserContext:
        return self.chromium.new_context(
            viewport={"width": 1440, "height": 900},
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            base_url=self.address,
            reduced_motion="reduce",
            **options,
        )

    @cached_property
    def contrast(self) -> tuple[str, dict[str, str]]:
        """What a page for weak sight has more: the bar on top of it, and attributes of the document."""
        context = self._context()
        context.add_cookies([{"name": VIEW, "value": view_cookie(View(contrast=True)), "url": self.address}])
        page = context.new_page()
        page.goto("/sign-in")
        bar = page.locator(".contrast-bar").evaluate("bar => bar.outerHTML")
        marks = page.evaluate(
            "Object.fromEntries([...document.documentElement.attributes].map(each => [each.name, each.value]))"
        )
        context.close()
        return bar, {name: value for name, value in marks.items() if name.startswith("data-")}

    def look(self, sight: Sight) -> list[str]:
        """What is wrong with a page, one line each."""
        wrong: list[str] = []
        page = self._new_page(sight.persona, wrong)
        wrong += self._look(page, sight)
        wrong += self._dead_links(page, sight.persona)
        page.close()
        return wrong

    def _new_page(self, persona: str, wrong: list[str]) -> Page:
        """A page of a browser that remembers but its files; errors of scripts and lost files go to `wrong`."""
        if persona not in self.browsers:
            self.browsers[persona] = self.context(persona)
        context = self.browsers[persona]
        context.clear_cookies()
        context.add_cookies(self.states.get(persona, {"cookies": []})["cookies"])
        page = context.new_page()
        context.new_cdp_session(page).send(
            "Storage.clearDataForOrigin", {"origin": self.address, "storageTypes": KEPT_BY_BROWSER}
        )
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda line: wrong.append(f"console: {line.text}") if _matters(line) else None)
        page.on(
            "response",
            lambda answer: wrong.append(f"{answer.status} {answer.url}") if _lost(answer) else None,
        )
        return page

    def _look(self, page: Page, sight: Sight) -> list[str]:
        wrong: list[str] = []
        address = sight.url(page) if callable(sight.url) else sight.url or sight.route
        answer = page.goto(address)
        if answer is not None and not sight.act and answer.status != sight.status:
            wrong.append(f"answered {answer.status}")
        if not re.fullmatch(_pattern(sight.route), _first_path(answer)):
            wrong.append(f"{_first_path(answer)} is not {sight.route}")
        if sight.act:
            sight.act(page)
        page.wait_for_load_state()
        self._remember(page.context, sight.persona)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            if sight.pressed:
                sight.pressed(page)
            for guise in GUISES:
                page.emulate_media(color_scheme="dark" if guise == "dark" else "light")
                if guise == "contrast":
                    page.evaluate(CONTRAST, self.contrast)
                wrong += [f"{width} {guise}: {each}" for each in self._problems(page, width, guise)]
                _draw(page, f"{sight.name}.{width}.{guise}")
            page.evaluate(CONTRAST, self.contrast)
        return wrong

    def _remember(self, context: BrowserContext, persona: str) -> None:
        """Keep the session for the next look: another role may have begun it anew."""
        cookies = context.cookies()
        if persona and any(each["name"] == SESSION for each in cookies):
            kept = [each for each in cookies if each["name"] != VIEW]
            self.states[persona] = {"cookies": kept, "origins": []}

    def _problems(self, page: Page, width: int, guise: str) -> list[str]:
        found: list[str] = page.evaluate(AXE_RUN, list(ALL_RULES if guise == "light" else COLOUR_RULES))
        if guise != "dark":
            found += page.evaluate(STRUCTURE)
        if guise == "light" and width == 390:
            found += page.evaluate(TARGETS)
        return found

    def _dead_links(self, page: Page, persona: str) -> list[str]:
        hrefs: list[str] = page.evaluate(
            "() => [...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))"
        )
        kinds: dict[str, int] = {}
        wrong: list[str] = []
        for href in dict.fromkeys(hrefs):
            url = urljoin(page.url, href)
            if href.startswith("#") or not url.startswith(self.address):
                continue
            url = url.partition("#")[0]
            kind = re.sub(r"[0-9a-f-]{36}|\d{4}-\d\d-\d\d|(?<==)[^&]+", "*", url)
            kinds[kind] = kinds.get(kind, 0) + 1
            if (persona, url) not in self.tried and kinds[kind] <= SAME_KIND:
                self.tried[persona, url] = page.context.request.get(url, max_redirects=0).status
            if (status := self.tried.get((persona, url), 200)) >= 400:
                wrong.append(f"{status} by the link {href}")
        return wrong


def _matters(line: Any) -> bool:
    """Whether a line of the console is an error of ours; a lost file is told by its answer."""
    return line.type == "error" and not line.text.startswith("Failed to load resource")


def _lost(answer: Response) -> bool:
    return answer.status >= 400 and answer.request.resource_type in ("stylesheet", "script", "font", "image")


def _first_path(answer: Response | None) -> str:
    """The path that was asked for, before any redirect."""
    if answer is None:
        return ""
    request = answer.request
    while request.redirected_from is not None:
        request = request.redirected_from
    return urlsplit(request.url).path


def _pattern(route: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda kind: ".*" if kind[1] == "path" else "[^/]+", route)


def _draw(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def routes_of(sights: Sequence[Sight]) -> set[str]:
    """The routes that these show."""
    return {sight.route for sight in sights}


def by_link(start: str, selector: str) -> Callable[[Page], str]:
    """The address of a link on another page."""

    def find(page: Page) -> str:
        page.goto(start)
        return str(page.locator(selector).first.get_attribute("href"))

    return find


def click(selector: str) -> Callable[[Page], object]:
    """Press what is found."""
    return lambda page: page.locator(selector).first.click()


def send_unchecked(selector: str) -> Callable[[Page], object]:
    """Send a form as it is, past what the browser itself would refuse."""

    def send(page: Page) -> None:
        with page.expect_navigation():
            page.locator(selector).first.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")

    return send
