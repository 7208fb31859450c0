"""Jinja2 environments: one for each theme, with the theme's templates before the plugins' and the core's."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from core.idempotency import fresh_key
from core.identity.identifiers import show_phone
from core.web import i18n
from core.web import themes as theming
from core.web.assets import Assets
from core.web.i18n import Sentence, current_locale, gettext, ngettext, show_short_day

KEPT_PARTS = 1024
"""How many parts of pages are kept as they were written: menus of roles with their badges, above all."""

CORE_TEMPLATES = Path(__file__).parent / "templates"


class Templates:
    """Renders templates in a theme.

    A theme's template may extend the one it overrides as `!base/<name>` (with all plugins) or
    `!core/<name>`; a region's theme that inherits another reaches it as `!<theme>/<name>`.
    """

    def __init__(self, plugin_folders: Sequence[Path], assets: Assets) -> None:
        self.assets = assets
        self.themes = theming.read_themes()
        core = FileSystemLoader(CORE_TEMPLATES)
        self._base = ChoiceLoader(
            [*(FileSystemLoader(folder / "templates") for folder in plugin_folders), core]
        )
        self._prefixes: dict[str, BaseLoader] = {"!base": self._base, "!core": core}
        self._environments: dict[str, Environment] = {}

    def environment(self, theme: str) -> Environment:
        """The environment of a theme; an unknown theme falls back to the base one."""
        if theme not in self.themes:
            theme = theming.ROOT_THEME
        found = self._environments.get(theme)
        if found is None:
            found = self._environments[theme] = self._build(theme)
        return found

    def _build(self, theme: str) -> Environment:
        line = [each for each in theming.chain(self.themes, theme) if each.templates.is_dir()]
        own = {f"!{each.name}": FileSystemLoader(each.templates) for each in line if each.name != "base"}
        environment = Environment(
            loader=ChoiceLoader(
                [
                    PrefixLoader({**own, **self._prefixes}),
                    *(FileSystemLoader(each.templates) for each in reversed(line)),
                    self._base,
                ]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # A Cyrillic letter takes two bytes as itself and six as an escape.
        environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
        environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        shared: dict[str, Any] = environment.globals  # pyright: ignore[reportAssignmentType]
        shared["_"] = shared["gettext"] = _translated
        shared.update(
            asset=self.assets.url, icon=self.assets.icon, has_asset=self.assets.has, fresh_key=fresh_key
        )
        shared["still"] = _Still(environment)
        shared["kept_part"] = _Kept(environment)
        shared["of_page"] = _of_page
        environment.filters.update(
            phone=show_phone,
            day=show_day,
            short_day=show_short_day,
            moment=show_moment,
            day_of=show_day_of,
            number=show_number,
        )
        return environment

    def render(self, theme: str, template: str, context: Mapping[str, Any]) -> str:
        """The text of `template` in `theme`."""
        outer = _page.set(context)
        try:
            return self.environment(theme).get_template(template).render(context)
        finally:
            _page.reset(outer)


_page: ContextVar[Mapping[str, Any]] = ContextVar("page")


def _of_page(name: str) -> Any:
    """`of_page("frame")` in macros: what the page that is being rendered knows by this name."""
    return _page.get()[name]


class _Still:
    """`still("words.html")` in templates: a part that is the same for everybody, written once a language.

    Such a template sees nothing of the page: only the globals.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._written: dict[tuple[int, str, str], Markup] = {}

    def __call__(self, template: str) -> Markup:
        """The text of `template` in the current language."""
        key = (i18n.catalogues_read, current_locale.get(), template)
        found = self._written.get(key)
        if found is None:
            text = self._environment.get_template(template).render()
            found = self._written[key] = Markup(text)  # noqa: S704 -- a template's own text
        return found


class _Kept:
    """`kept_part("menu_rail.html", menu=…)` in templates: a part that depends on nothing but the values given to it.

    It is written once for each of them and kept for as long as it is asked for more often than others.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._written = lru_cache(maxsize=KEPT_PARTS)(self._write)

    def __call__(self, template: str, **values: Hashable) -> Markup:
        """The text of `template` in the current language."""
        return self._written(i18n.catalogues_read, current_locale.get(), template, tuple(values.items()))

    def _write(
        self, _catalogues: int, _locale: str, template: str, values: tuple[tuple[str, Hashable], ...]
    ) -> Markup:
        text = self._environment.get_template(template).render(dict(values))
        return Markup(text)  # noqa: S704 -- a template's own text


_marked_up: dict[tuple[int, str, str], Markup] = {}


def _translated(message: str, /, **values: Any) -> Markup:
    """`_("…")` in templates: the sentence in the current language, `%(name)s` filled in and escaped.

    A page has a hundred sentences, nearly all without values: those are kept ready.
    """
    if isinstance(message, Sentence):
        return message.__html__()
    if values:
        return Markup(gettext(message)) % values  # noqa: S704 -- sentences are ours, values are escaped
    key = (i18n.catalogues_read, current_locale.get(), message)
    found = _marked_up.get(key)
    if found is None:
        found = _marked_up[key] = Markup(gettext(message)) % ()  # noqa: S704
    return found


def show_day(day: date) -> str:
    """«понедельник, 23 ноября»."""
    return format_date(day, "EEEE, d MMMM", locale=current_locale.get())


def show_moment(moment: datetime, timezone: str = "Europe/Moscow") -> str:
    """«23.11.2026, 08:30» in the school's zone."""
    return format_datetime(
        moment, "dd.MM.yyyy, HH:mm", tzinfo=ZoneInfo(timezone), locale=current_locale.get()
    )


def show_day_of(moment: datetime, timezone: str = "Europe/Moscow") -> str:
    """«23.11.2026»: the day of a moment in the school's zone."""
    return show_short_day(moment.astimezone(ZoneInfo(timezone)).date())


def show_number(value: float, decimals: int | None = None) -> str:
    """«1 234,5»; with just so many `decimals` if they are said."""
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=current_locale.get())
