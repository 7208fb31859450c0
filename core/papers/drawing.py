"""Drawing a paper: PDF/A-2u, A4, text that can be searched and copied, every sheet numbered «стр. 3 из 12»."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from core.papers.content import (
    SIGNATURE,
    TOTAL,
    Contents,
    Cover,
    NewSheet,
    Paper,
    Part,
    Signatures,
    Table,
    Words,
)
from core.papers.table_drawing import draw_table
from core.papers.typeface import FAMILY, Typeface
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day

MARGIN = 10.0
LEFT_MARGIN = 15.0
"""Wider than the others: papers are filed or bound at the left."""

FOOT = 8.0
_WIDTH, _HEIGHT = 210.0, 297.0
_CONTENTS_LINE = 6.5
FONTS = Path(__file__).resolve().parent / "fonts"


def room_for(*, landscape: bool) -> float:
    """How wide a table may be on a sheet."""
    return (_HEIGHT if landscape else _WIDTH) - LEFT_MARGIN - MARGIN


def as_pdf(paper: Paper, parts: Iterable[Part]) -> bytes:
    """The paper as a file. `parts` are taken one by one, so that they may be read while it is drawn."""
    return _Drawing(paper).finished(parts)


class _Drawing(FPDF):
    """A file being drawn."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-2U")
        self.paper = paper
        self._covers = set[int]()
        self._contents_on: list[int] = []
        self._contents_title = ""
        self._listed: list[tuple[str, int]] = []
        self.set_margins(LEFT_MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)
        self.c_margin = 0
        self.alias_nb_pages(TOTAL)
        self.add_font(FAMILY, "", FONTS / "golos-text-regular.ttf")
        self.add_font(FAMILY, "B", FONTS / "golos-text-bold.ttf")
        self.typeface = Typeface(self)
        self.set_title(paper.title)
        self.set_lang(paper.language)
        self.set_subject(", ".join(filter(None, (paper.organization, paper.about))))
        self.set_creator(_("Моя школа"))
        self.set_creation_date(datetime.now(UTC))

    @property
    def bottom(self) -> float:
        """Where the room for content ends."""
        return float(self.h) - MARGIN - FOOT

    def header(self) -> None:
        """What stands on top of every sheet but the cover."""
        if self.page in self._covers:
            return
        self.set_font(FAMILY, "", 8)
        text = self.typeface.fitting(
            " · ".join(filter(None, (self.paper.organization, self.paper.about))), self.epw
        )
        self.set_xy(LEFT_MARGIN, MARGIN - 4)
        self.cell(self.epw, 4, text)
        self.set_xy(LEFT_MARGIN, MARGIN + 2)

    def footer(self) -> None:
        """The title, the day and the number of the sheet."""
        if self.page in self._covers:
            return
        self.set_font(FAMILY, "", 8)
        number = _("стр. %(page)s из %(pages)s") % {"page": self.page_no(), "pages": TOTAL}
        room = self.typeface.width(number.replace(TOTAL, "000"))
        day = self.paper.made_on
        left = f"{self.paper.title}, {show_short_day(day)}" if day else self.paper.title
        self.set_xy(LEFT_MARGIN, float(self.h) - MARGIN - 3)
        self.cell(self.epw - room, 4, self.typeface.fitting(left, self.epw - room - 5))
        # Only when all is drawn the file puts in how many sheets there are.
        self.cell(room, 4, number)

    def finished(self, parts: Iterable[Part]) -> bytes:
        """Draw everything."""
        for part in parts:
            if not self.pages and not isinstance(part, NewSheet | Cover):
                self.add_page()
            self._draw(part)
        if not self.pages:
            self.add_page()
        self._list_sheets()
        return bytes(self.output())

    def _draw(self, part: Part) -> None:
        if isinstance(part, NewSheet):
            self._sheet(part)
        elif isinstance(part, Cover):
            self._cover(part)
        elif isinstance(part, Contents):
            self._contents(part)
        elif isinstance(part, Words):
            self._words(part)
        elif isinstance(part, Table):
            draw_table(self, self.typeface, part, self.bottom)
        else:
            self._signatures(part)

    def _sheet(self, sheet: NewSheet) -> None:
        self.add_page(orientation="L" if sheet.landscape else "P")
        title = self.typeface.shown(sheet.title)
        if title and sheet.listed:
            self.start_section(title)
            self._listed.append((title, self.page))
        if title:
            self._lines([title], "B", 13, 6)
        self._lines(sheet.lines, "", 9, 4.6)
        if title or sheet.lines:
            self.ln(1.5)

    def _lines(self, texts: Iterable[str], style: Literal["", "B"], size: float, height: float) -> None:
        self.set_font(FAMILY, style, size)
        for text in texts:
            for line in self.typeface.lines(text, self.epw):
                self.cell(self.epw, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _cover(self, cover: Cover) -> None:
        self._covers.add(self.page + 1)
        self.add_page(orientation="P")
        self.set_y(35)
        self._centred(cover.above, "", 13)
        self.ln(45)
        self._centred([cover.title], "B", 26)
        self.ln(10)
        self._centred(cover.below, "", 14)

    def _centred(self, texts: Iterable[str], style: Literal["", "B"], size: float) -> None:
        self.set_font(FAMILY, style, size)
        for text in texts:
            for line in self.typeface.lines(text, self.epw):
                self.cell(self.epw, size * 0.6, line, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _contents(self, contents: Contents) -> None:
        for _each in range(max(1, -(-contents.entries // self._listed_on_a_page()))):
            self.add_page(orientation="P")
            self._contents_on.append(self.page)
        self._contents_title = contents.title

    def _listed_on_a_page(self) -> int:
        return int((_HEIGHT - 2 * MARGIN - FOOT - 14) / _CONTENTS_LINE)

    def _list_sheets(self) -> None:
        """Write the contents onto the sheets kept for them, now that the numbers are known."""
        last, per_page = self.page, self._listed_on_a_page()
        # An entry for which no room was asked is left out; it is a bookmark all the same.
        for at, page in enumerate(self._contents_on):
            self.page = page
            self._font_again("B", 13)
            self.set_line_width(0.12)
            self.set_xy(LEFT_MARGIN, MARGIN + 2)
            self.cell(
                self.epw, 8, self.typeface.shown(self._contents_title), new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )
            self.set_font(FAMILY, "", 10)
            for section in self._listed[at * per_page : (at + 1) * per_page]:
                self._entry(*section)
        self.page = last

    def _entry(self, name: str, page: int) -> None:
        link, height = self.add_link(page=page), _CONTENTS_LINE
        self.cell(self.epw - 20, height, self.typeface.fitting(name, self.epw - 25), border="B", link=link)
        self.cell(
            20, height, str(page), border="B", align="R", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _font_again(self, style: Literal["", "B"], size: float) -> None:
        """Choose letters on a sheet gone back to, which knows nothing of what was chosen since."""
        self.set_font(FAMILY, style, size + 1)
        self.set_font(FAMILY, style, size)

    def _words(self, words: Words) -> None:
        style = "B" if words.bold else ""
        self.set_font(FAMILY, style, words.size)
        height = words.size * 0.5
        lines = self.typeface.lines(words.text, self.epw)
        # A paragraph does not begin with a line or two at the foot of a sheet.
        together = height * min(len(lines), 3)
        for number, line in enumerate(lines):
            if float(self.get_y()) + (height if number else together) > self.bottom:
                self.add_page(same=True)
                self.set_font(FAMILY, style, words.size)
            self.cell(self.epw, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1.5)

    def _signatures(self, signatures: Signatures) -> None:
        height = SIGNATURE
        if self.get_y() + height * (len(signatures.lines) + signatures.dated) + 2 > self.bottom:
            self.add_page(same=True)
        self.set_font(FAMILY, "", 10)
        self.ln(2)
        for whose, name in signatures.lines:
            self.cell(72, height, self.typeface.fitting(whose, 70))
            top = self.get_y() + height - 1.5
            self.line(LEFT_MARGIN + 72, top, LEFT_MARGIN + 110, top)
            self.line(LEFT_MARGIN + 114, top, LEFT_MARGIN + 174, top)
            if name:
                self.set_x(LEFT_MARGIN + 114)
                self.cell(60, height, self.typeface.fitting(name, 60), align="C")
            self.set_xy(LEFT_MARGIN, self.get_y() + height)
        if signatures.dated:
            self.cell(self.epw, height, "«____» ______________ 20____", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
