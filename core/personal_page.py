"""Everything about one person as a page that people read, beside the files for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any, cast
from uuid import UUID

from core.audit.reading import FIELDS, STATUSES
from core.web.i18n import gettext as _
from core.web.i18n import lazy, show_short_day

SECTIONS: Mapping[str, str] = {
    "person": lazy("О человеке"),
    "account": lazy("Учётная запись"),
    "identities": lazy("Внешние учётные записи"),
    "sessions": lazy("Сеансы"),
    "tokens": lazy("Ключи доступа"),
    "roles": lazy("Роли"),
    "classes": lazy("Классы"),
    "groups": lazy("Группы"),
    "teaching": lazy("Нагрузка"),
    "former_schools": lazy("Прежние школы"),
    "guardianships": lazy("Связи с детьми и представителями"),
    "consents": lazy("Согласия"),
    "notifications": lazy("Уведомления"),
    "views_of_me": lazy("Кто смотрел данные"),
    "requests": lazy("Запросы"),
    "request_comments": lazy("Комментарии к запросам"),
    "questions": lazy("Вопросы в поддержку"),
    "changes_made": lazy("Сделанные изменения"),
}
NAMES: Mapping[str, str] = {
    "exported_at": lazy("выгружено"),
    "created_at": lazy("создано"),
    "changed_at": lazy("изменено"),
    "seen_at": lazy("последний раз"),
    "read_at": lazy("прочитано"),
    "at": lazy("когда"),
    "gender": lazy("пол"),
    "starts_on": lazy("с"),
    "ends_on": lazy("по"),
    "user_agent": lazy("программа"),
    "body": lazy("текст"),
    "text": lazy("текст"),
    "action": lazy("действие"),
    "what": lazy("что"),
    "subject": lazy("о чём"),
    "answer": lazy("ответ"),
    "relation": lazy("кем приходится"),
    "given_on": lazy("дано"),
    "withdrawn_on": lazy("отозвано"),
    "signed_by": lazy("кто подписал"),
    "last_sign_in_at": lazy("последний вход"),
    "expires_at": lazy("действует до"),
    "error_id": lazy("номер ошибки"),
}
LONGEST_TABLE = 8
"""Columns: a wider table is written as a list of facts."""

_STYLE = (
    "body{font:15px/1.5 sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.2rem .5rem;text-align:left;vertical-align:top}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#555}dd{margin:0}"
)


def as_fragment(content: Mapping[str, Any]) -> str:
    """Facts and tables of one source as HTML to stand in a page; everything in it is escaped."""
    return _mapping(content)


def readable(data: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """A page of HTML that needs nothing else: sources under their `titles`, keys of rows left out."""
    title = _("Всё, что портал знает о человеке")
    parts = [f"<h1>{escape(title)}</h1><p>{escape(_('Рядом лежат те же данные для программ (JSON).'))}</p>"]
    for name, content in data.items():
        parts.append(f"<h2>{escape(_(titles.get(name, name)))}</h2>{_mapping(content)}")
    return (
        f'<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _mapping(content: Mapping[str, Any]) -> str:
    facts: dict[str, Any] = {}
    sections: list[str] = []
    for name, value in content.items():
        if isinstance(value, list | tuple) and any(
            isinstance(each, Mapping) for each in cast("list[Any]", value)
        ):
            sections.append(f"<h3>{escape(_section(name))}</h3>{_rows(cast('list[Any]', value))}")
        elif isinstance(value, Mapping):
            sections.append(f"<h3>{escape(_section(name))}</h3>{_mapping(cast('Mapping[str, Any]', value))}")
        elif value not in (None, "", [], {}):
            facts[name] = value
    return _facts(facts) + "".join(sections)


def _section(name: str) -> str:
    words = _(str(SECTIONS.get(name, name)))
    return words[:1].upper() + words[1:]


def _name(name: str) -> str:
    return _(str(NAMES.get(name) or FIELDS.get(name) or name))


def _facts(facts: Mapping[str, Any]) -> str:
    told = [(name, _text(value)) for name, value in facts.items() if not _is_key(value)]
    lines = [f"<dt>{escape(_name(name))}</dt><dd>{escape(text)}</dd>" for name, text in told if text]
    return f'<dl class="facts">{"".join(lines)}</dl>' if lines else ""


def _rows(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = [
        name
        for name in dict.fromkeys(name for row in rows for name in row)
        if any(not _is_key(row.get(name)) and _text(row.get(name)) for row in rows)
    ]
    if len(columns) > LONGEST_TABLE or len(rows) == 1:
        return "".join(_facts({name: row.get(name) for name in columns}) for row in rows)
    head = "".join(f"<th>{escape(_name(name))}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(row.get(name)))}</td>" for name in columns) + "</tr>"
        for row in rows
    )
    return f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


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


def _text(value: Any) -> str:
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
            return ", ".join(_text(each) for each in cast("list[Any]", value) if not _is_key(each))
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return "; ".join(f"{_name(name)}: {_text(each)}" for name, each in pairs if not _is_key(each))
        case str() if _is_key(value):
            return ""
        case str() if (day := _day(value)) is not None:
            return show_short_day(day)
        case str() if value in STATUSES:
            return _(str(STATUSES[value]))
        case _:
            return str(value)
