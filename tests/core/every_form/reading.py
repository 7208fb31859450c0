"""Forms of a page, as a browser reads them."""

from __future__ import annotations

from html.parser import HTMLParser


class FormReader(HTMLParser):
    """The forms of a page, as a browser would send them: by action, the fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open: dict[str, str] | None = None
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        name, value = of.get("name") or "", of.get("value") or ""
        if tag == "form":
            self._open = {}
            self.forms.append((of.get("action") or "", self._open))
        if self._open is None:
            return
        if tag == "input" and of.get("type") != "file":
            if of.get("type") not in ("checkbox", "radio") or "checked" in of:
                self._open[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in of or self._select not in self._open):
            self._open[self._select] = value
        elif tag == "textarea":
            self._textarea = name
            self._open[name] = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea:
            self._open[self._textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._textarea = ""


def read_form(page: str, action: str) -> dict[str, str]:
    """The fields of the first form of a page that goes to `action`."""
    reader = FormReader()
    reader.feed(page)
    return next(fields for where, fields in reader.forms if where == action)
