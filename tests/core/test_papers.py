"""Papers: what stands on a PDF can be read back, searched and counted."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date

from pypdf import PdfReader

from core.papers import (
    TOTAL,
    Column,
    Contents,
    Cover,
    Head,
    NewSheet,
    Paper,
    Part,
    Signatures,
    Table,
    Words,
    as_pdf,
)

PAPER = Paper(
    title="Сводная ведомость 9А", organization="СОШ № 13", about="9А, 2026/2027", made_on=date(2026, 11, 30)
)
NAMES = Table(
    columns=[Column(title="№", width=7), Column(title="Ученик", width=40, left=True)],
    rows=[["1", "Ёлкина А. Б."]],
)


def read(parts: Iterable[Part], paper: Paper = PAPER) -> PdfReader:
    return PdfReader(io.BytesIO(as_pdf(paper, parts)))


def text(reader: PdfReader, sheet: int = 0) -> str:
    return reader.pages[sheet].extract_text()


def test_letters_can_be_read_back_and_every_sheet_is_numbered() -> None:
    reader = read([NewSheet(title="Ведомость", lines=["1 четверть"]), NAMES, NewSheet(), NAMES])
    assert len(reader.pages) == 2
    for number in (1, 2):
        shown = text(reader, number - 1)
        assert "Ёлкина А. Б." in shown
        assert "СОШ № 13 · 9А, 2026/2027" in shown
        assert f"стр. {number} из 2" in shown
        assert "30.11.2026" in shown


def test_the_file_says_what_it_is_and_in_which_language() -> None:
    reader = read([NewSheet(title="Ведомость"), NAMES])
    assert reader.trailer["/Root"]["/Lang"] == "ru"
    about = reader.xmp_metadata
    assert about is not None
    assert about.dc_title == {"x-default": "Сводная ведомость 9А"}
    raw = about.rdf_root.toxml()
    assert "<pdfaid:part>2</pdfaid:part>" in raw
    assert "<pdfaid:conformance>U</pdfaid:conformance>" in raw


def test_a_long_table_repeats_its_titles() -> None:
    table = Table(columns=NAMES.columns, rows=[[str(each), f"Ученик {each}"] for each in range(120)])
    reader = read([NewSheet(title="Список"), table])
    assert len(reader.pages) > 1
    for page in reader.pages:
        assert "Ученик\n" in page.extract_text()
    every = "".join(page.extract_text() for page in reader.pages)
    assert all(f"Ученик {each}\n" in every for each in range(119))


def test_a_wide_table_goes_on_with_the_names_and_keeps_what_belongs_together() -> None:
    columns = [*NAMES.columns, *(Column(title="", width=15) for _each in range(20))]
    heads = [Head(title="", columns=2), *(Head(title=f"П{each}", columns=5) for each in range(4))]
    table = Table(columns=columns, rows=[["1", "Ёлкина А. Б.", *(["5"] * 20)]], heads=heads, fixed=2)
    reader = read([NewSheet(), table])
    assert len(reader.pages) == 4
    for number, page in enumerate(reader.pages):
        shown = page.extract_text()
        assert "Ёлкина А. Б." in shown
        assert [each for each in range(4) if f"П{each}" in shown] == [number]
        assert shown.count(" 5") == 5


def test_long_texts_wrap_and_lose_nothing() -> None:
    topic = " ".join(f"слово{each}" for each in range(400))
    table = Table(
        columns=[Column(title="Тема", width=50, wraps=True), Column(title="Задание", wraps=True)],
        rows=[[topic, "Ю" * 300]],
    )
    reader = read([NewSheet(landscape=True), table])
    every = "".join(page.extract_text() for page in reader.pages)
    assert all(f"слово{each}" in every for each in (0, 200, 399))
    assert every.count("Ю") == 300


def test_contents_tell_where_each_part_begins() -> None:
    reader = read(
        [
            Cover(title="Классный журнал", below=["9А"]),
            Contents(title="Содержание", entries=3),
            NewSheet(title="Алгебра"),
            NAMES,
            NewSheet(title="Алгебра (продолжение)", listed=False),
            NAMES,
            NewSheet(title="История"),
            Words(text=f"Всего страниц: {TOTAL}"),
        ]
    )
    assert "стр." not in text(reader, 0)
    contents = text(reader, 1).split("\n")
    assert "Алгебра 3" in contents
    assert "История 5" in contents
    assert not any("продолжение" in line for line in contents)
    assert [each.title for each in reader.outline] == ["Алгебра", "История"]
    assert "Всего страниц: 5" in text(reader, 4)


def test_signs_without_a_letter_do_not_break_a_paper() -> None:
    shown = text(read([NewSheet(), Words(text="2→5 \U0001f600 Ҡазан\x00\n•")]))
    assert "2›5 ? Ҡазан" in shown
    assert "•" in shown


def test_signatures_name_who_signs() -> None:
    shown = text(read([Signatures(lines=[("Директор", "Иванова М. И."), ("Завуч", "")], dated=True)]))
    assert "Директор" in shown
    assert "Иванова М. И." in shown
    assert "20____" in shown


def test_a_paper_with_nothing_on_it_is_a_sheet() -> None:
    assert len(read([]).pages) == 1
    assert len(read([NewSheet(), Table(columns=NAMES.columns, rows=[])]).pages) == 1
