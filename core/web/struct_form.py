"""A msgspec struct as a form: fields for the template, and what was submitted as a struct again.

Used for plugins' settings and for requests. The struct says everything once: `Meta(title=…)` is the label,
`description` the help, bounds and patterns are checked here with sentences for people, all at once.
`Meta(extra_json_schema={"titles": {value: title}})` names the values of a choice, `{"rows": 4}` asks for
a larger text field, `{"hidden": True}` keeps a field from being shown at all, `{"only": "asked"}` or `"told"` shows it
only where it is filled in or only where it is read, `{"reads": "phone"}` or `"email"`
takes the usual spellings and keeps the one of `core.identity.identifiers`. What may be chosen depends on the
reader for some fields: `choices` gives their values with titles, by the names of the fields.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from core.errors import Invalid
from core.identity import identifiers
from core.identity.identifiers import WrongIdentifier
from core.web.i18n import gettext as _
from core.web.i18n import ngettext

T = TypeVar("T", bound=msgspec.Struct)
LONG_TEXT = 200
Choices = Mapping[str, Sequence[tuple[str, str]]]
NO_CHOICES: Choices = {}
RUSSIAN_DATE = "%d.%m.%Y"
READERS: Mapping[str, Callable[[str], str]] = {"phone": identifiers.phone, "email": identifiers.email}
"""How a text is brought to the form it is kept in, by what a field `reads`."""


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field as the template shows it.

    `kind` is text, textarea, number, date, select, checkbox, choices (several of a few) or list (one per
    line). `options` are (value, title); `chosen` are the values of `choices`.
    """

    name: str
    label: str
    kind: str
    value: str = ""
    chosen: Sequence[str] = ()
    help: str = ""
    error: str = ""
    required: bool = False
    options: Sequence[tuple[str, str]] = ()
    attrs: Mapping[str, Any] = {}
    rows: int = 4

    @property
    def day(self) -> date | None:
        """The day in a date field; None in any other, and for what is no day."""
        try:
            return date.fromisoformat(self.value) if self.kind == "date" else None
        except ValueError:
            return None


class _Shape(msgspec.Struct, kw_only=True):
    """A field's type, taken apart."""

    type: inspect.Type
    optional: bool = False
    extra: dict[str, Any] = {}


def form_fields(
    kind: type[msgspec.Struct],
    values: Mapping[str, Any] | msgspec.Struct | None = None,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    choices: Choices = NO_CHOICES,
    use: str = "asked",
) -> list[FormField]:
    """The fields of `kind` filled with `values`, or with what was `typed` if the form comes back.

    They are to be filled in, or, where `use` is «told», to be read.
    """
    if isinstance(values, msgspec.Struct):
        values = msgspec.structs.asdict(values)
    known: Mapping[str, Any] = values or {}
    found: list[FormField] = []
    for field in _fields_of(kind):
        shape = _shape(field.type)
        if shape.extra.get("hidden") or shape.extra.get("only", use) != use:
            continue
        stored = known.get(field.name, _default(field))
        texts = _texts(typed.get(field.name)) if typed is not None else _shown(stored)
        if typed is None and shape.extra.get("reads") == "phone":
            texts = [identifiers.show_phone(text) for text in texts]
        widget = "select" if field.name in choices else _widget(shape)
        required = _is_required(field, shape, widget)
        options = choices[field.name] if field.name in choices else _options(shape)
        if widget == "select" and required and len(options) > 1 and not any(texts):
            options = [("", _("Выберите")), *options]
        found.append(
            FormField(
                name=field.name,
                label=_(str(shape.extra.get("title") or field.name)),
                kind=widget,
                value="\n".join(texts) if widget in ("list", "textarea") else (texts[0] if texts else ""),
                chosen=texts,
                help=_(str(shape.extra.get("description", ""))),
                error=(errors or {}).get(field.name, ""),
                required=required,
                options=options,
                attrs=_attributes(shape, widget),
                rows=int(shape.extra.get("rows", 4)),
            )
        )
    return found


def parse_form(kind: type[T], typed: Mapping[str, Any], choices: Choices = NO_CHOICES) -> T:
    """What was submitted as `kind`. Raises `Invalid` with a sentence for each wrong field, all at once."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in _fields_of(kind):
        shape = _shape(field.type)
        widget = _widget(shape)
        try:
            texts = _texts(typed.get(field.name))
            if field.name in choices:
                values[field.name] = _chosen(field, shape, texts, choices[field.name])
            else:
                values[field.name] = _value(field, shape, widget, texts)
        except _Wrong as wrong:
            errors[field.name] = str(wrong)
    if not errors:
        try:
            return msgspec.convert(values, kind, strict=False, str_keys=True)
        except msgspec.ValidationError as error:
            # Raised by the struct's own __post_init__: its sentence is meant for people.
            path = re.search(r" - at `\$\.?(\w*)", str(error))
            said = error.__cause__.args[0] if error.__cause__ is not None and error.__cause__.args else ""
            if not isinstance(said, str) or said.isascii():
                said = _("Запись не подходит. Сверьтесь с подсказкой под полем.")
            errors[path.group(1) if path and path.group(1) else ""] = said
    raise Invalid(
        _("Не сохранено: в форме есть ошибки."),
        advice=_("Исправьте отмеченное и отправьте снова."),
        fields=errors,
    )


class _Wrong(Exception):
    """What is wrong with one field, in words."""


def _fields_of(kind: type[msgspec.Struct]) -> Sequence[inspect.Field]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 -- a struct's info is a StructType
    return info.fields


def _shape(type_: inspect.Type) -> _Shape:
    shape = _Shape(type=type_, extra={})
    while True:
        if isinstance(shape.type, inspect.Metadata):
            shape.extra = {**(shape.type.extra_json_schema or {}), **shape.extra}
            shape.type = shape.type.type
        elif isinstance(shape.type, inspect.UnionType):
            others = [each for each in shape.type.types if not isinstance(each, inspect.NoneType)]
            shape.optional = shape.optional or len(others) < len(shape.type.types)
            shape.type = others[0]
        else:
            return shape


def _widget(shape: _Shape) -> str:
    match shape.type:
        case inspect.BoolType():
            return "checkbox"
        case inspect.IntType() | inspect.FloatType() | inspect.DecimalType():
            return "number"
        case inspect.DateType():
            return "date"
        case inspect.EnumType() | inspect.LiteralType():
            return "select"
        case inspect.ListType(item_type=item) | inspect.SetType(item_type=item):
            inner = _shape(item).type
            return "choices" if isinstance(inner, inspect.EnumType | inspect.LiteralType) else "list"
        case inspect.StrType(max_length=longest):
            long = longest is not None and longest > LONG_TEXT
            return "textarea" if long or "rows" in shape.extra else "text"
        case _:
            return "text"


def _options(shape: _Shape) -> list[tuple[str, str]]:
    type_ = shape.type
    if isinstance(type_, inspect.ListType | inspect.SetType):
        inner = _shape(type_.item_type)
        return _options(_Shape(type=inner.type, extra={**inner.extra, **shape.extra}))
    titles: Mapping[Any, str] = shape.extra.get("titles", {})
    if isinstance(type_, inspect.EnumType):
        return [(str(m.value), _(str(titles.get(m.value, m.value)))) for m in type_.cls]
    if isinstance(type_, inspect.LiteralType):
        # msgspec sorts the values; people read them in the order of the titles.
        order = [value for value in titles if value in type_.values]
        values = [*order, *(value for value in type_.values if value not in titles)]
        return [(str(value), _(str(titles.get(value, value)))) for value in values]
    return []


def _attributes(shape: _Shape, widget: str) -> dict[str, Any]:
    type_ = shape.type
    attributes: dict[str, Any] = {}
    if widget == "number":
        attributes["inputmode"] = "numeric" if isinstance(type_, inspect.IntType) else "decimal"
    if isinstance(type_, inspect.StrType) and type_.max_length is not None:
        attributes["maxlength"] = type_.max_length
    return attributes


def _is_required(field: inspect.Field, shape: _Shape, widget: str) -> bool:
    if shape.optional or widget in ("checkbox", "list", "choices"):
        return False
    if isinstance(shape.type, inspect.StrType):
        return field.required or bool(shape.type.min_length)
    return True


def _default(field: inspect.Field) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None


def _texts(value: Any) -> list[str]:
    """What a browser sent for one field: nothing, a text or several."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [str(each) for each in cast("Sequence[Any]", value)]
    return [str(value)]


def _shown(value: Any) -> list[str]:
    """A stored value as the field shows it."""
    if value is None or value is False:
        return []
    if value is True:
        return ["true"]
    if isinstance(value, Enum):
        return [str(value.value)]
    if isinstance(value, float):
        return [f"{value:g}".replace(".", ",")]
    if isinstance(value, datetime | date):
        return [value.isoformat()]
    if isinstance(value, list | tuple | set | frozenset):
        return [text for each in cast("Sequence[Any]", value) for text in _shown(each)]
    return [str(value)]


def _value(field: inspect.Field, shape: _Shape, widget: str, texts: list[str]) -> Any:
    if widget == "checkbox":
        return texts[-1:] in (["true"], ["on"], ["1"])
    if widget == "choices":
        return [_choice(shape, text) for text in texts if text]
    if widget == "list":
        lines = [line.strip() for text in texts for line in text.splitlines()]
        return _checked_length(shape.type, [line for line in lines if line])
    text = (texts[0] if texts else "").strip().replace("\r\n", "\n")
    if not text:
        if shape.optional:
            return None
        if _is_required(field, shape, widget):
            raise _Wrong(_("Заполните поле."))
        return _text(shape, "") if widget in ("text", "textarea") else _default(field)
    if widget == "select":
        return _choice(shape, text)
    if widget == "date":
        return _date(text)
    if widget == "number":
        return _number(shape.type, text)
    return _read(shape, _text(shape, text))


def _chosen(
    field: inspect.Field, shape: _Shape, texts: list[str], options: Sequence[tuple[str, str]]
) -> str | None:
    text = (texts[0] if texts else "").strip()
    if not text:
        if _is_required(field, shape, "select"):
            raise _Wrong(_("Заполните поле."))
        return None if shape.optional else ""
    if text not in {value for value, _title in options}:
        raise _Wrong(_("Выберите значение из списка."))
    return text


def _choice(shape: _Shape, text: str) -> Any:
    if text not in {value for value, _title in _options(shape)}:
        raise _Wrong(_("Выберите значение из списка."))
    type_ = shape.type
    if isinstance(type_, inspect.ListType | inspect.SetType):
        type_ = _shape(type_.item_type).type
    values: Sequence[Any] = ()
    if isinstance(type_, inspect.LiteralType):
        values = type_.values
    elif isinstance(type_, inspect.EnumType):
        values = [member.value for member in type_.cls]
    return next(value for value in values if str(value) == text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        try:
            return datetime.strptime(text, RUSSIAN_DATE).date()  # noqa: DTZ007 -- a school day has no zone
        except ValueError:
            raise _Wrong(_("Нужна дата, например 01.09.2026.")) from None


def _number(type_: inspect.Type, text: str) -> Any:
    plain = text.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        if isinstance(type_, inspect.IntType):
            number: Any = int(plain)
        elif re.fullmatch(r"[+-]?\d+(\.\d+)?", plain):
            number = float(plain)
        else:
            raise ValueError
    except ValueError:
        whole = isinstance(type_, inspect.IntType)
        raise _Wrong(_("Нужно целое число.") if whole else _("Нужно число.")) from None
    if isinstance(type_, inspect.IntType | inspect.FloatType):
        for bound, fits, sentence in (
            (type_.ge, operator.ge, _("Не меньше %(edge)s.")),
            (type_.gt, operator.gt, _("Больше %(edge)s.")),
            (type_.le, operator.le, _("Не больше %(edge)s.")),
            (type_.lt, operator.lt, _("Меньше %(edge)s.")),
        ):
            if bound is not None and not fits(number, bound):
                raise _Wrong(sentence % {"edge": _shown(bound)[0]})
    return number


def _text(shape: _Shape, text: str) -> str:
    type_ = shape.type
    if "\x00" in text:
        raise _Wrong(_("В тексте есть недопустимый знак."))
    if isinstance(type_, inspect.StrType):
        _checked_length(type_, text)
        if type_.pattern is not None and not re.search(type_.pattern, text):
            if not shape.extra.get("description"):
                raise _Wrong(_("Запись не подходит. Проверьте, нет ли лишних знаков."))
            raise _Wrong(_("Запись не подходит. Сверьтесь с подсказкой под полем."))
    return text


def _read(shape: _Shape, text: str) -> str:
    reader = READERS.get(shape.extra.get("reads", ""))
    try:
        return reader(text) if reader is not None else text
    except WrongIdentifier as wrong:
        raise _Wrong(_(wrong.message)) from None


def _checked_length(type_: inspect.Type, value: Any) -> Any:
    shortest, longest = getattr(type_, "min_length", None), getattr(type_, "max_length", None)
    if isinstance(value, str):
        if shortest and len(value) < shortest:
            raise _Wrong(
                ngettext("Не короче %(count)s знака.", "Не короче %(count)s знаков.", shortest)
                % {"count": shortest}
            )
        if longest is not None and len(value) > longest:
            raise _Wrong(
                ngettext("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", longest)
                % {"count": longest}
            )
    elif shortest and len(value) < shortest:
        raise _Wrong(_("Строк меньше, чем нужно: %(count)s.") % {"count": shortest})
    elif longest is not None and len(value) > longest:
        raise _Wrong(_("Строк больше, чем можно: %(count)s.") % {"count": longest})
    return value
