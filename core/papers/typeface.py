"""Measuring and cutting text in the typeface of papers."""

from __future__ import annotations

from fpdf import FPDF
from fpdf.fonts import TTFFont

FAMILY = "golos"
POINT = 25.4 / 72
"""Millimetres of a point."""

ALIKE = str.maketrans({"→": "›", "←": "‹", "\u2011": "-", "\u00ad": ""})
"""What the typeface has for signs that it has not."""

UNKNOWN = "?"
"""What stands for a letter that the typeface has not."""


class Typeface:
    """The typeface of a file being drawn. Widths are kept: a journal repeats few texts thousands of times."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf
        font = pdf.fonts[FAMILY]
        assert isinstance(font, TTFFont)  # noqa: S101 -- both weights come from files
        self._known = frozenset(font.cmap)
        self._widths: dict[tuple[str, str, float], float] = {}
        self._clean: dict[str, str] = {}

    def shown(self, text: str) -> str:
        """The text in one line, with letters that can be drawn only."""
        found = self._clean.get(text)
        if found is None:
            line = " ".join(text.translate(ALIKE).split())
            found = "".join(each if ord(each) in self._known else UNKNOWN for each in line)
            self._clean[text] = found
        return found

    def width(self, text: str) -> float:
        """How wide the text is in the letters chosen now, in millimetres."""
        key = (text, self._pdf.font_style, self._pdf.font_size_pt)
        found = self._widths.get(key)
        if found is None:
            found = self._widths[key] = float(self._pdf.get_string_width(text))
        return found

    def fitting(self, text: str, room: float) -> str:
        """The text, cut with «…» if it is wider than `room`."""
        text = self.shown(text)
        if self.width(text) <= room:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "…") <= room:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…" if low else ""

    def lines(self, text: str, room: float) -> list[str]:
        """The text in lines no wider than `room`; a longer word is broken."""
        text = self.shown(text)
        if self.width(text) <= room:
            return [text]
        lines: list[str] = []
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if self.width(longer) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while self.width(line) > room and len(line) > 1:
                piece = self._beginning(line, room)
                lines.append(piece)
                line = line[len(piece) :]
        lines.append(line)
        return lines

    def _beginning(self, word: str, room: float) -> str:
        size = max(1, int(len(word) * room / self.width(word)))
        while size > 1 and self.width(word[:size]) > room:
            size -= 1
        return word[:size]
