"""A school's table of classes and pupils, read row by row into typed rows. Knows nothing of the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from core.errors import Invalid
from core.exchange.class_names import ClassName, WrongClass, class_in_title, read_class
from core.exchange.columns import FIELDS, Column, Header, find_header, meaning_of
from core.exchange.report import ColumnReport, ImportReport, RowReport
from core.exchange.rows import GuardianData, PersonData, PupilRow, read_email, read_phone, read_snils
from core.exchange.tables import Advance, Cell, Sheet, is_empty, read_tables, text_of
from core.exchange.written_dates import WrongDate, read_date
from core.exchange.written_names import WrittenName, WrongName, join_name, split_name, take_phone_out
from core.identity.identifiers import WrongIdentifier
from core.web.i18n import counted, gettext, sentence

T = TypeVar("T")
_TOTALS = re.compile(
    r"\s*(итого|всего|в том числе|из них|директор|классный руководитель|исполнитель|м\.?\s?п\.?$)",
    re.IGNORECASE,
)
_BOY = frozenset({"м", "муж", "мужской", "мальчик", "male", "m", "юноша"})
_GIRL = frozenset({"ж", "жен", "женский", "девочка", "female", "f", "девушка"})
_RELATIONS = {"mother": "mother", "father": "father"}
_RELATION_WORDS = (
    ("мат", "mother"), ("мам", "mother"), ("от", "father"), ("пап", "father"), ("опек", "guardian"),
    ("попеч", "guardian"), ("баб", "grandmother"), ("дед", "grandfather"),
)  # fmt: skip
OLDEST_PUPIL, YOUNGEST_PUPIL = 25, 5
"""Ages in years beyond which a pupil's date of birth is doubted."""


class SchoolTable(msgspec.Struct, kw_only=True):
    """All rows of the files that could be read; those that could not are in the report only."""

    pupils: list[PupilRow] = []


def read_school(
    paths: Sequence[Path],
    report: ImportReport,
    today: date,
    mapping: Mapping[str, str] = {},
    advance: Advance = lambda _done, _total: None,
) -> SchoolTable:
    """Read the tables. What is wrong goes into `report`; raises `Invalid` for files that are no tables."""
    sheets = [(path, sheet) for path in paths for sheet in read_tables(path)]
    total = sum(len(sheet.rows) for _path, sheet in sheets)
    table, done, described = SchoolTable(), 0, False
    for path, sheet in sheets:
        if all(is_empty(row) for row in sheet.rows):
            continue
        header = find_header(sheet, mapping)
        place = (
            sheet.name
            if len(paths) == 1
            else f"{path.name}: {sheet.name}"
            if sheet.name != path.stem
            else path.name
        )
        if header is None:
            report.remark(
                "warning",
                sentence("«%(place)s»: нет строки с заголовками, лист пропущен.", place=place),
                "Нужна строка с названиями колонок: «Класс», «ФИО» или «Фамилия» и «Имя», «Дата рождения».",
            )
            continue
        described = True
        reader = _Reader(sheet, place, header, report, today, path.stem)
        reader.describe_columns()
        for number in range(header.row + 1, len(sheet.rows)):
            pupil = reader.read(number)
            if pupil is not None:
                table.pupils.append(pupil)
            done += 1
            if done % 200 == 0:
                advance(done, total)
    if not described:
        raise Invalid(
            "В файле не найдена таблица учеников: нет строки с заголовками колонок.",
            advice="Добавьте над списком строку с названиями: «Класс», «ФИО», «Дата рождения», «СНИЛС».",
        )
    advance(total, total)
    return table


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(
        self, sheet: Sheet, place: str, header: Header, report: ImportReport, today: date, stem: str
    ) -> None:
        self.sheet, self.place, self.header, self.report, self.today = sheet, place, header, report, today
        self.class_column = header.has("class", "grade")
        self.common_class = None if self.class_column else self._class_of_sheet(stem)

    def describe_columns(self) -> None:
        """Say in the report what each column was taken for."""
        for column in self.header.columns:
            if column.field == "ignore" and meaning_of(column.title)[0] == "ignore":
                continue
            sample = next(
                (text_of(row[column.index]) for row in self.sheet.rows[self.header.row + 1 :][:50]
                 if len(row) > column.index and text_of(row[column.index])), "",
            )  # fmt: skip
            known = ColumnReport(
                place=self.place, title=column.title, field=column.field,
                meaning=gettext(FIELDS.get(column.field, "")), sample=sample[:60],
            )  # fmt: skip
            same = any(c.title == known.title and c.field == known.field for c in self.report.columns)
            if not same:
                self.report.columns.append(known)

    def _class_of_sheet(self, stem: str) -> ClassName | None:
        for row in self.sheet.rows[: self.header.row]:
            for cell in row:
                if found := class_in_title(text_of(cell)):
                    return found
        for text in (self.sheet.name, stem):
            try:
                return read_class(text)
            except WrongClass:
                if found := class_in_title(text):
                    return found
        return None

    def read(self, number: int) -> PupilRow | None:
        """The pupil of a row; None if there is none or the row is wrong, which the report then says."""
        cells = self.sheet.rows[number]
        texts = [text_of(cell) for cell in cells]
        if not any(texts):
            return None
        row = RowReport(place=self.place, row=number + 1)
        filled = [text for text in texts if text]
        named = any(self._text(cells, column) for column in self._pupil("name", "last_name", "first_name"))
        if _TOTALS.match(filled[0]) or (len(filled) > 1 and filled[0].isdigit() and _TOTALS.match(filled[1])):
            return self._skip(row, filled[0], sentence("Строка итогов или подписи."))
        if not self.class_column and len(filled) == 1 and (found := self._class_heading(filled[0])):
            self.common_class = found
            return self._skip(
                row, filled[0], sentence("Заголовок класса: дальше идут ученики %(name)s.", name=found.name)
            )
        if not named and len(filled) <= 2:
            return self._skip(row, filled[0], sentence("В строке нет имени ученика."))
        self.report.rows.append(row)
        return self._pupil_row(cells, row)

    def _skip(self, row: RowReport, title: str, why: str) -> None:
        row.title, row.outcome = title[:80], "skipped"
        row.remark("note", why)
        self.report.rows.append(row)

    @staticmethod
    def _class_heading(text: str) -> ClassName | None:
        try:
            return read_class(text)
        except WrongClass:
            return class_in_title(text)

    def _pupil_row(self, cells: Sequence[Cell], row: RowReport) -> PupilRow | None:
        name = self._name(cells, row, "")
        row.title = name.full if name else self._first_text(cells)
        school_class = self._class(cells, row)
        birth_date = self._of(cells, row, "birth_date", self._date)
        if birth_date is not None:
            self._doubt_age(row, birth_date)
        person = self._person(cells, row, "", name, birth_date)
        admitted_on = self._of(cells, row, "admitted_on", self._date)
        guardians = [
            guardian
            for who in dict.fromkeys(column.who for column in self.header.columns if column.who)
            if (guardian := self._guardian(cells, row, who)) is not None
        ]
        if row.failed or person is None or school_class is None:
            row.outcome = "error"
            return None
        subgroups = [
            (column.split, text)
            for column in self._pupil("subgroup")
            if (text := self._text(cells, column)) and text not in ("-", "–", "—")
        ]
        return PupilRow(
            report=row, person=person, school_class=school_class, admitted_on=admitted_on,
            subgroups=subgroups, guardians=guardians,
        )  # fmt: skip

    def _first_text(self, cells: Sequence[Cell]) -> str:
        columns = self._pupil("name", "last_name", "first_name", "middle_name")
        return " ".join(text for column in columns if (text := self._text(cells, column)))[:80]

    def _pupil(self, *fields: str) -> list[Column]:
        return [column for column in self.header.columns if column.field in fields]

    def _column(self, field: str) -> Column | None:
        return next((column for column in self.header.columns if column.field == field), None)

    @staticmethod
    def _cell(cells: Sequence[Cell], column: Column) -> Cell:
        return cells[column.index] if column.index < len(cells) else None

    def _text(self, cells: Sequence[Cell], column: Column | None) -> str:
        return text_of(self._cell(cells, column)) if column else ""

    def _of(
        self, cells: Sequence[Cell], row: RowReport, field: str, read: Callable[[Cell], T | None]
    ) -> T | None:
        """The value of a field; what is wrong with it becomes an error of the row."""
        column = self._column(field)
        if column is None:
            return None
        cell = self._cell(cells, column)
        try:
            return read(cell)
        except (WrongDate, WrongIdentifier) as wrong:
            advice = sentence("Исправьте ячейку или оставьте её пустой.")
            level = "warning" if column.who or field in ("phone", "email") else "error"
            if level == "warning":
                advice = sentence("Это значение не загружено; исправьте его и загрузите файл ещё раз.")
            row.remark(level, wrong.message, advice, column=column.title, value=text_of(cell))
            return None

    def _date(self, cell: Cell) -> date | None:
        found = read_date(cell, self.today, self.sheet.mac_epoch)
        if found is not None and (found > self.today.replace(year=self.today.year + 1) or found.year < 1900):
            raise WrongDate("Такой даты здесь быть не может.")
        return found

    def _doubt_age(self, row: RowReport, birth_date: date) -> None:
        age = self.today.year - birth_date.year
        column = self._column("birth_date")
        title = column.title if column else ""
        if birth_date > self.today:
            row.remark(
                "error",
                "Дата рождения ещё не наступила.",
                "Исправьте год.",
                column=title,
                value=f"{birth_date:%d.%m.%Y}",
            )
        elif not YOUNGEST_PUPIL <= age <= OLDEST_PUPIL:
            row.remark(
                "warning",
                counted("Ученику %(count)s год.", "Ученику %(count)s лет.", age),
                "Проверьте год рождения.",
                column=title,
                value=f"{birth_date:%d.%m.%Y}",
            )

    def _name(self, cells: Sequence[Cell], row: RowReport, who: str) -> WrittenName | None:
        prefix = f"{who}." if who else ""
        whole, last = self._column(f"{prefix}name"), self._column(f"{prefix}last_name")
        parts = [
            self._text(cells, self._column(f"{prefix}{part}"))
            for part in ("last_name", "first_name", "middle_name")
        ]
        text = self._text(cells, whole)
        try:
            if parts[0] and parts[1]:
                name = join_name(*parts)
            elif (
                last is not None
                and parts[0]
                and whole is None
                and self._column(f"{prefix}first_name") is None
            ):
                name = split_name(parts[0])
            elif last is not None and not text:
                name = join_name(*parts)
            else:
                name = split_name(text)
                if parts[2] and name.middle_name is None:
                    name.middle_name = join_name(name.last_name, name.first_name, parts[2]).middle_name
        except WrongName as wrong:
            column = whole or last
            shown = text or " ".join(part for part in parts if part)
            if who:
                row.remark(
                    "warning",
                    sentence("%(wrong)s Родитель не загружен.", wrong=wrong.message),
                    "Напишите фамилию, имя и отчество полностью.",
                    column=column.title if column else "",
                    value=shown,
                )
            else:
                row.remark("error", wrong.message, "Напишите фамилию, имя и отчество полностью.",
                           column=column.title if column else "", value=shown)  # fmt: skip
            return None
        for doubt in name.doubts:
            row.remark("warning", doubt, "Проверьте имя.", value=text or " ".join(parts))
        return name

    def _person(
        self,
        cells: Sequence[Cell],
        row: RowReport,
        who: str,
        name: WrittenName | None,
        birth_date: date | None,
    ) -> PersonData | None:
        prefix = f"{who}." if who else ""
        snils = self._of(cells, row, f"{prefix}snils", read_snils)
        phone = self._of(cells, row, f"{prefix}phone", lambda cell: read_phone(cell, row))
        email = self._of(cells, row, f"{prefix}email", read_email)
        personal_file = self._text(cells, self._column("personal_file"))[:100] if not who else ""
        gender = self._gender(cells, row) if not who else None
        if name is None:
            return None
        return PersonData(
            last_name=name.last_name, first_name=name.first_name, middle_name=name.middle_name,
            birth_date=birth_date, gender=gender, snils=snils, phone=phone, email=email,
            external_id=personal_file or None,
        )  # fmt: skip

    def _gender(self, cells: Sequence[Cell], row: RowReport) -> str | None:
        column = self._column("gender")
        text = self._text(cells, column).casefold().strip(" .")
        if not column or not text:
            return None
        if text in _BOY:
            return "M"
        if text in _GIRL:
            return "F"
        row.remark("error", "Пол не читается.", "Напишите «м» или «ж».", column=column.title, value=text)
        return None

    def _class(self, cells: Sequence[Cell], row: RowReport) -> ClassName | None:
        column, letter = self._column("class") or self._column("grade"), self._column("letter")
        if column is None:
            if self.common_class is None:
                row.remark(
                    "error",
                    "Не указан класс.",
                    "Добавьте колонку «Класс» или назовите лист именем класса: 5А.",
                )
            return self.common_class
        grade = self._column("grade")
        text = self._text(cells, column) or self._text(cells, grade)
        if not text:
            row.remark("error", "Не указан класс.", "Заполните ячейку.", column=column.title)
            return None
        letters = self._text(cells, letter)
        if (
            column.field == "class"
            and grade is not None
            and not any(character.isdigit() for character in text)
        ):
            text, letters = self._text(cells, grade), text
        try:
            return read_class(text, letters if letters.casefold() not in text.casefold() else "")
        except WrongClass as wrong:
            row.remark("error", wrong.message, "Исправьте ячейку.", column=column.title, value=text)
            return None

    def _guardian(self, cells: Sequence[Cell], row: RowReport, who: str) -> GuardianData | None:
        columns = [column for column in self.header.columns if column.who == who]
        given = [column for column in columns if self._text(cells, column) not in ("", "-", "–", "—", "нет")]
        if not given:
            return None
        whole = self._column(f"{who}.name")
        text, phone_inside = take_phone_out(self._text(cells, whole)) if whole else ("", "")
        if not any(column.field.endswith("name") for column in given) or (whole in given and not text):
            row.remark("warning", "Есть данные родителя, но нет имени: они не загружены.",
                       "Добавьте фамилию, имя и отчество родителя.", column=given[0].title)  # fmt: skip
            return None
        if whole is not None and phone_inside:
            replaced = list(cells)
            replaced[whole.index] = text
            cells = replaced
        name = self._name(cells, row, who)
        person = self._person(cells, row, who, name, None)
        if person is None:
            return None
        if phone_inside and person.phone is None:
            person.phone = read_phone(phone_inside, row)
        word = self._text(cells, self._column(f"{who}.relation")).casefold()
        relation = next((kind for stem, kind in _RELATION_WORDS if word.startswith(stem)), "parent")
        return GuardianData(person=person, relation=_RELATIONS.get(who, relation))
