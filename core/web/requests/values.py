"""What a request asks, in words: fields with their values, and for a kind that changes something only what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.contributions import RequestKind
from core.identity.identifiers import show_phone
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.struct_form import FormField, form_fields


class AskedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a request with its value; `before` is what it would replace, None where it replaces nothing."""

    name: str
    label: str
    value: str
    before: str | None = None


def asked_fields(
    kind: RequestKind, values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Sequence[AskedField]:
    """The fields of a request as a card shows them; with `before` those that stay as they are, are left out."""
    fields = form_fields(kind.form, values, use="told")
    if before is None:
        return [AskedField(name=each.name, label=each.label, value=in_words(each)) for each in fields]
    known = {each.name: in_words(each) for each in form_fields(kind.form, before) if each.name in before}
    return [
        AskedField(name=each.name, label=each.label, value=in_words(each), before=known.get(each.name))
        for each in fields
        if known.get(each.name) != in_words(each)
    ]


def in_words(field: FormField) -> str:
    """A field's value as people write it; «» for an empty one."""
    if field.kind == "checkbox":
        return _("да") if field.value else _("нет")
    if field.options:
        return ", ".join(title for value, title in field.options if value in field.chosen)
    if field.day:
        return show_short_day(field.day)
    return "\n".join(show_phone(line) for line in field.value.splitlines())
