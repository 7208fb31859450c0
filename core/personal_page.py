"""Everything about one person as a page that people read, beside the files for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any, cast
from uuid import UUID

from core.audit.words import FIELDS, STATUSES
from core.web.i18n import current_locale, lazy, show_short_day
from core.web.i18n import gettext as _

NAMES: Mapping[str, str] = {**FIELDS, "error_id": lazy("номер ошибки")}
"""What plugins may call a fact without saying it in words themselves."""
INTERNAL = re.compile(r"[a-z][a-z0-9_.]*")
"""A name that programs give: no word of any language that people read here."""
LONGEST_TABLE = 8
"""Columns: a wider table is written as a list of facts."""

_STYLE = (
    "body{font:15px/1.5 sans-serif;margin:2rem auto;padding:0 1rem;max-width:70rem}"
    "table{border-collapse:collapse}h2{margin-top:2.5rem}"
    "td,th{border:1px solid #999;padding:.2rem .5rem;text-align:left;vertical-align:top;overflow-wrap:break-word}"
    "dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.2rem 1rem}dt{color:#555}"
    "dd{margin:0;overflow-wrap:anywhere}dl+dl{border-top:1px solid #ccc;padding-top:1em}"
    "@media(max-width:48rem){body{margin:1rem auto}thead{display:none}table,tbody,tr,td{display:block}"
    "tr{border:1px solid #999;margin-bottom:.75rem}td{border:0}td:empty{display:none}"
    "td::before{content:attr(data-label)': ';color:#555}}"
)


def as_fragment(content: Mapping[str, Any]) -> str:
    """Facts and tables of one source as HTML to stand in a page; everything in it is escaped."""
    return _Reader({}).mapping(content)


def readable(sources: Iterable[tuple[str, Mapping[str, Any], Mapping[str, str]]]) -> str:
    """A page of HTML that needs nothing else: of each source the title, what it knows, and its words for names
    and values. Keys of rows are left out.
    """
    title = _("Всё, что портал знает о человеке")
    parts = [f"<h1>{escape(title)}</h1><p>{escape(_('Рядом лежат те же данные для программ (JSON).'))}</p>"]
    for name, content, words in sources:
        told = _Reader(words).mapping(content) or f"<p>{escape(_('Ничего.'))}</p>"
        parts.append(f"<h2>{escape(_(name))}</h2>{told}")
    return (
        f'<!doctype html><html lang="{current_locale.get()}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def unnamed(content: Any, words: Mapping[str, str]) -> set[str]:
    """The names in what a source gives out that have no words."""
    if isinstance(content, Mapping):
        held = cast("Mapping[str, Any]", content)
        own = {name for name in held if INTERNAL.fullmatch(name) and name not in words and name not in NAMES}
        return own.union(*(unnamed(each, words) for each in held.values()))
    if isinstance(content, list | tuple):
        return set[str]().union(*(unnamed(each, words) for each in cast("list[Any]", content)))
    return set()


class _Reader:
    """Writes what one source knows, with its words."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def mapping(self, content: Mapping[str, Any]) -> str:
        facts: dict[str, Any] = {}
        sections: list[str] = []
        for name, value in content.items():
            if _is_nested(value):
                sections.append(f"<h3>{escape(self._name(name))}</h3>{self._nested(value)}")
            elif value not in (None, "", [], {}):
                facts[name] = value
        return self._facts(facts) + "".join(sections)

    def _nested(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return self.mapping(cast("Mapping[str, Any]", value))
        rows = cast("list[Mapping[str, Any]]", value)
        return self._rows([each for each in rows if _is_nested(each)])

    def _name(self, name: str) -> str:
        known = self._words.get(name) or NAMES.get(name)
        if known is None and INTERNAL.fullmatch(name):
            return _("другие сведения")
        words = _(str(known or name))
        return words[:1].upper() + words[1:]

    def _facts(self, facts: Mapping[str, Any]) -> str:
        lines: list[str] = []
        for name, value in facts.items():
            if _is_key(value):
                continue
            told = self._nested(value) if _is_nested(value) else escape(self._text(value))
            if told:
                lines.append(f"<dt>{escape(self._name(name))}</dt><dd>{told}</dd>")
        return f'<dl class="facts">{"".join(lines)}</dl>' if lines else ""

    def _rows(self, rows: Sequence[Mapping[str, Any]]) -> str:
        columns = [
            name
            for name in dict.fromkeys(name for row in rows for name in row)
            if any(_is_nested(row.get(name)) or self._text(row.get(name)) for row in rows)
        ]
        deep = any(_is_nested(value) for row in rows for value in row.values())
        if len(columns) > LONGEST_TABLE or len(rows) == 1 or deep:
            return "".join(self._facts({name: row.get(name) for name in columns}) for row in rows)
        head = "".join(f"<th>{escape(self._name(name))}</th>" for name in columns)
        body = "".join(
            "<tr>"
            + "".join(
                f'<td data-label="{escape(self._name(name))}">{escape(self._text(row.get(name)))}</td>'
                for name in columns
            )
            + "</tr>"
            for row in rows
        )
        return f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def _text(self, value: Any) -> str:
        match value:
            case None | "":
                return ""
            case True:
                return _("да")
            case False:
                return _("нет")
            case datetime():
                return f"{value:%d.%m.%Y %H:%M} UTC"
            case date():
                return show_short_day(value)
            case list() | tuple():
                told = (self._text(each) for each in cast("list[Any]", value) if not _is_key(each))
                return ", ".join(filter(None, told))
            case dict():
                pairs = cast("dict[str, Any]", value).items()
                return "; ".join(
                    f"{self._name(name)}: {self._text(each)}" for name, each in pairs if not _is_key(each)
                )
            case UUID():
                return ""
            case str() if _is_key(value):
                return ""
            case str() if value in self._words:
                return _(str(self._words[value]))
            case str() if (day := _day(value)) is not None:
                return show_short_day(day)
            case str() if value in STATUSES:
                return _(str(STATUSES[value]))
            case _:
                return str(value)


def _is_nested(value: Any) -> bool:
    """Whether it is a part of its own: facts, or a table."""
    if isinstance(value, Mapping):
        return bool(cast("Mapping[str, Any]", value))
    return isinstance(value, list | tuple) and any(
        isinstance(each, Mapping) for each in cast("list[Any]", value)
    )


def _is_key(value: Any) -> bool:
    """Whether it only points at another row: for programs, not for people."""
    if isinstance(value, UUID):
        return True
    try:
        return isinstance(value, str) and len(value) == 36 and bool(UUID(value))
    except ValueError:
        return False


def _day(text: str) -> date | None:
    """A day that is written for programs: «2026-11-29»."""
    try:
        return date.fromisoformat(text) if len(text) == 10 and text[4] == "-" else None
    except ValueError:
        return None
