"""A school's table of classes and pupils, read row by row into typed rows. Knows nothing of the database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from core.exchange.class_names import ClassName, WrongClass, class_in_title, read_class
from core.exchange.columns import SCHOOL, Header
from core.exchange.report import ImportReport, RowReport
from core.exchange.rows import GuardianData, PupilRow, read_phone
from core.exchange.table_rows import NOTHING, RowReader
from core.exchange.tables import Cell, Sheet, text_of
from core.exchange.written_names import take_phone_out
from core.web.i18n import counted, sentence

_RELATIONS = {"mother": "mother", "father": "father"}
_RELATION_WORDS = (
    ("мат", "mother"), ("мам", "mother"), ("отч", "relative"), ("от", "father"), ("пап", "father"),
    ("опек", "guardian"), ("попеч", "guardian"), ("баб", "grandmother"), ("дед", "grandfather"),
    ("родств", "relative"), ("мач", "relative"), ("тет", "relative"), ("тёт", "relative"), ("дяд", "relative"),
    ("брат", "relative"), ("сестр", "relative"),
)  # fmt: skip
OLDEST_PUPIL, YOUNGEST_PUPIL = 25, 5
"""Ages in years beyond which a pupil's date of birth is doubted."""


def relation_of(word: str, otherwise: str = "parent") -> str:
    """What a guardian is to the child, from a word such as «мама»."""
    text = word.casefold()
    return next((kind for stem, kind in _RELATION_WORDS if text.startswith(stem)), otherwise)


class PupilReader(RowReader[PupilRow]):
    """Reads pupils of one sheet."""

    vocabulary = SCHOOL
    needed = sentence(
        "Нужна строка с названиями колонок: «Класс», «ФИО» или «Фамилия» и «Имя», «Дата рождения»."
    )
    no_table = (
        sentence("В файле не найдена таблица учеников: нет строки с заголовками колонок."),
        sentence("Добавьте над списком строку с названиями: «Класс», «ФИО», «Дата рождения», «СНИЛС»."),
    )
    nobody = sentence("В строке нет имени ученика.")
    totals = re.compile(
        r"\s*(итого|всего|в том числе|из них|директор|классный руководитель|исполнитель|м\.?\s?п\.?$)",
        re.IGNORECASE,
    )

    def __init__(
        self, sheet: Sheet, place: str, header: Header, report: ImportReport, today: date, stem: str
    ) -> None:
        super().__init__(sheet, place, header, report, today, stem)
        self.class_column = header.has("class", "grade")
        self.common_class = None if self.class_column else self._class_of_sheet(stem)

    def _class_of_sheet(self, stem: str) -> ClassName | None:
        for row in self.sheet.rows[: self.header.row]:
            for cell in row:
                if found := class_in_title(text_of(cell)):
                    return found
        for text in (self.sheet.name, stem):
            if found := self._class_heading(text):
                return found
        return None

    def heading(self, row: RowReport, filled: Sequence[str]) -> bool:
        """A class between the rows: the pupils below belong to it."""
        if self.class_column or len(filled) != 1 or not (found := self._class_heading(filled[0])):
            return False
        self.common_class = found
        self.skip(
            row, filled[0], sentence("Заголовок класса: дальше идут ученики %(name)s.", name=found.name)
        )
        return True

    @staticmethod
    def _class_heading(text: str) -> ClassName | None:
        try:
            return read_class(text)
        except WrongClass:
            return class_in_title(text)

    def lenient(self, field: str) -> bool:
        """What is wrong about a guardian or a contact does not keep the pupil out."""
        return "." in field or super().lenient(field)

    def row(self, cells: Sequence[Cell], row: RowReport) -> PupilRow | None:
        """The pupil of a row with class, subgroups and guardians."""
        name = self.name(cells, row)
        row.title = name.full if name else self.named_as(cells)
        school_class = self._class(cells, row)
        birth_date = self.birth_date(cells, row)
        if birth_date is not None and birth_date <= self.today:
            self._doubt_age(row, birth_date)
        person = self.person(cells, row, "", name, birth_date)
        if person is not None:
            person.external_id = self.text(cells, "personal_file")[:100] or None
        admitted_on = self.value(cells, row, "admitted_on", self.date)
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
            for column in self.columns("subgroup")
            if (text := self.text(cells, column)) and text not in NOTHING
        ]
        return PupilRow(
            report=row, person=person, school_class=school_class, admitted_on=admitted_on,
            subgroups=subgroups, guardians=guardians,
        )  # fmt: skip

    def _doubt_age(self, row: RowReport, birth_date: date) -> None:
        age = self.today.year - birth_date.year
        if not YOUNGEST_PUPIL <= age <= OLDEST_PUPIL:
            row.remark(
                "warning",
                counted("Ученику %(count)s год.", "Ученику %(count)s лет.", age),
                "Проверьте год рождения.",
                column=next((column.title for column in self.columns("birth_date")), ""),
                value=f"{birth_date:%d.%m.%Y}",
            )

    def _class(self, cells: Sequence[Cell], row: RowReport) -> ClassName | None:
        column, grade = self.column("class") or self.column("grade"), self.column("grade")
        if column is None:
            if self.common_class is None:
                row.remark(
                    "error",
                    "Не указан класс.",
                    "Добавьте колонку «Класс» или назовите лист именем класса: 5А.",
                )
            return self.common_class
        text = self.text(cells, column) or self.text(cells, grade)
        if not text:
            row.remark("error", "Не указан класс.", "Заполните ячейку.", column=column.title)
            return None
        letters = self.text(cells, "letter")
        if (
            column.field == "class"
            and grade is not None
            and not any(character.isdigit() for character in text)
        ):
            text, letters = self.text(cells, grade), text
        try:
            return read_class(text, letters if letters.casefold() not in text.casefold() else "")
        except WrongClass as wrong:
            row.remark("error", wrong.message, "Исправьте ячейку.", column=column.title, value=text)
            return None

    def _guardian(self, cells: Sequence[Cell], row: RowReport, who: str) -> GuardianData | None:
        columns = [column for column in self.header.columns if column.who == who]
        given = [column for column in columns if self.text(cells, column) not in NOTHING]
        if not given:
            return None
        whole = self.column(f"{who}.name")
        text, phone_inside = take_phone_out(self.text(cells, whole)) if whole else ("", "")
        if not any(column.field.endswith("name") for column in given) or (whole in given and not text):
            row.remark("warning", "Есть данные родителя, но нет имени: они не загружены.",
                       "Добавьте фамилию, имя и отчество родителя.", column=given[0].title)  # fmt: skip
            return None
        if whole is not None and phone_inside:
            replaced = list(cells)
            replaced[whole.index] = text
            cells = replaced
        name = self.name(cells, row, who, may_lack=True)
        person = self.person(cells, row, who, name, self.birth_date(cells, row, f"{who}.birth_date"))
        if person is None:
            return None
        if phone_inside and person.phone is None:
            person.phone = read_phone(phone_inside, row)
        relation = relation_of(self.text(cells, f"{who}.relation"))
        return GuardianData(person=person, relation=_RELATIONS.get(who, relation), who=who)
