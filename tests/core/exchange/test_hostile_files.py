"""Files that are broken, hostile or no tables at all: a sentence in Russian, nothing loaded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from core.errors import PortalError
from core.identity.models import Person
from tests.core.exchange.conftest import School

BOMB = 700 * 1024 * 1024


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _piece in range(BOMB // (1024 * 1024)):
                sheet.write(b"\0" * 1024 * 1024)
    return out.getvalue()


def _broken_book() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<nonsense")
        archive.writestr("xl/workbook.xml", "<nonsense")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("пусто.csv", lambda: b"", "пустой"),
        ("пробелы.csv", lambda: b"\xef\xbb\xbf \r\n", "пустой"),
        ("мусор.csv", lambda: bytes(range(256)) * 40, "не читается как текст"),
        ("картинка.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(200), "не читается как текст"),
        ("старая.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "старого формата"),
        ("битая.xlsx", lambda: b"PK\x03\x04" + bytes(100), "повреждён"),
        ("кривая.xlsx", _broken_book, "повреждён"),
        ("бомба.xlsx", _bomb, "после распаковки слишком велико"),
        (
            "стихи.txt",
            lambda: "Буря мглою небо кроет\nВихри снежные крутя\n".encode(),
            "нет строки с заголовками",
        ),
        ("широкая.csv", lambda: (";" * 5000 + "\n").encode() + b"x", "больше 300 колонок"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    school: School, name: str, content: Callable[[], bytes], words: str
) -> None:
    path = school.folder / name
    path.write_bytes(content())
    refused = school.load(path)
    assert refused.exit_code == 1
    assert isinstance(refused.exception, PortalError), refused.output
    assert words in refused.exception.message
    assert refused.exception.advice
    assert school.count(Person) == 0


def test_a_table_under_a_wrong_suffix_is_read_by_its_content(school: School) -> None:
    text = school.table("Класс;ФИО;Дата рождения\n5А;Орлов Пётр;01.02.2015\n", name="список.xlsx")
    assert school.load(text).exit_code == 0
    book = school.book({"6А": [["ФИО", "Дата рождения"], ["Лис Яна", "02.02.2014"]]}, name="книга.csv")
    assert school.load(book).exit_code == 0


def test_a_missing_file_and_an_unknown_format_end_in_a_sentence(school: School) -> None:
    gone = school.load(school.folder / "нет.csv")
    assert gone.exit_code == 1
    assert "Файла" in str(gone.exception)
    table = school.table("Класс;ФИО\n5А;Орлов Пётр\n")
    assert "Формата «pdf» нет." in str(school.load(table, options=["--kind", "pdf"]).exception)
    assert "Учебный год «давно» не читается." in str(
        school.command("import", table, "--year", "давно").exception
    )
