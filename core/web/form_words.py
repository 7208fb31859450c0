"""What a form of a page calls its fields: so that somebody can be shown in words what they wanted to send."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

import msgspec

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr", "use", "path"})


class Field(msgspec.Struct, kw_only=True):
    """A field as the page shows it: its label, the titles of its values, for files what may be chosen."""

    kind: str = ""
    label: str = ""
    titles: dict[str, str] = {}
    multiple: bool = False
    accept: str = ""


class Form(msgspec.Struct, kw_only=True):
    """A form of a page: where it is sent, and its fields by name; hidden ones have only their values."""

    actions: list[str]
    fields: dict[str, Field] = {}
    hidden: dict[str, str] = {}


class PageForms(msgspec.Struct, kw_only=True):
    """The heading of a page and its forms."""

    heading: str = ""
    forms: list[Form] = []

    def form_of(self, address: str, values: Sequence[tuple[str, str]]) -> Form | None:
        """The form that was sent to `address` with these values; None if the page has none such."""
        fitting = [form for form in self.forms if address in form.actions]
        sent = dict(values)

        def likeness(form: Form) -> tuple[int, int]:
            same = sum(sent.get(name) == value for name, value in form.hidden.items())
            return same, sum(name in sent for name in form.fields)

        return max(fitting, key=likeness, default=None)


def read_forms(html: str, address: str) -> PageForms:
    """Read a page that lies at `address`."""
    reader = _Reader(address)
    reader.feed(html)
    reader.close()
    return reader.found()


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._heading: list[str] = []
        self._forms: list[Form] = []
        self._form: Form | None = None
        self._open: list[tuple[str, dict[str, str]]] = []
        self._ids: dict[str, Field] = {}
        self._labels: list[tuple[str, list[str]]] = []
        self._legend: list[str] = []
        self._wrapped: list[tuple[Field, str | None]] = []
        self._select: Field | None = None
        self._option: tuple[Field, str, list[str]] | None = None
        self._button: tuple[Field, str, list[str]] | None = None

    def found(self) -> PageForms:
        """What has been read."""
        for name, words in self._labels:
            if name in self._ids:
                self._ids[name].label = _joined(words)
        return PageForms(heading=_joined(self._heading), forms=self._forms)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append((tag, of))
        if tag == "form":
            self._form = Form(actions=[of.get("action") or self._address])
            if of.get("method", "").lower() == "post":
                self._forms.append(self._form)
        elif tag == "label":
            self._labels.append((of.get("for", ""), []))
            self._wrapped = []
        elif tag == "legend":
            self._legend = []
        elif self._form is not None and tag in ("input", "select", "textarea", "button", "option"):
            self._take(self._form, tag, of)

    def _take(self, form: Form, tag: str, of: dict[str, str]) -> None:
        name, value, kind = of.get("name", ""), of.get("value", ""), of.get("type", tag).lower()
        if "formaction" in of:
            form.actions.append(of["formaction"])
        if tag == "option":
            if self._select is not None:
                self._option = (self._select, value, [])
            return
        if not name:
            return
        if kind == "hidden":
            form.hidden[name] = value
            return
        field = form.fields.setdefault(name, Field(kind="button" if tag == "button" else kind))
        field.multiple, field.accept = "multiple" in of, of.get("accept", "")
        if tag == "button":
            self._button = (field, value, [])
        elif kind in ("checkbox", "radio"):
            field.label = field.label or (_joined(self._legend) if self._inside("fieldset") else "")
            if self._inside("label"):
                self._wrapped.append((field, of.get("value", "on")))
        else:
            self._ids[of.get("id", "")] = field
            field.label = field.label or of.get("aria-label", "")
            if self._inside("label"):
                self._wrapped.append((field, None))
            if tag == "select":
                self._select = field

    def handle_data(self, data: str) -> None:
        if any("optional" in of.get("class", "") or tag in ("svg", "script") for tag, of in self._open):
            return
        inside = {tag for tag, _of in self._open}
        if "h1" in inside:
            self._heading.append(data)
        if "legend" in inside:
            self._legend.append(data)
        if self._option is not None:
            self._option[2].append(data)
        elif self._button is not None:
            self._button[2].append(data)
        elif "label" in inside and not inside & {"textarea", "select", "small"}:
            self._labels[-1][1].append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            last, _of = self._open.pop()
            if last == tag:
                break
        if tag == "form":
            self._form = None
        elif tag == "option" and self._option is not None:
            field, value, words = self._option
            field.titles[value], self._option = _joined(words), None
        elif tag == "button" and self._button is not None:
            field, value, words = self._button
            field.titles[value], self._button = _joined(words), None
        elif tag == "select":
            self._select = None
        elif tag == "label":
            words = _joined(self._labels[-1][1]) if self._labels else ""
            for field, value in self._wrapped:
                if value is None:
                    field.label = field.label or words
                else:
                    field.titles[value] = words
            self._wrapped = []

    def _inside(self, tag: str) -> bool:
        return any(each == tag for each, _of in self._open)


def _joined(words: Sequence[str]) -> str:
    return " ".join("".join(words).split())
