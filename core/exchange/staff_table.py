"""A table of a school's staff: its columns, and its rows read into typed rows. Knows nothing of the database."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.exchange.class_names import ClassName, WrongClass, class_in_title, read_class
from core.exchange.columns import ORDINAL, WHAT, Vocabulary
from core.exchange.report import RowReport
from core.exchange.rows import Load, StaffRow
from core.exchange.table_rows import NOTHING, RowReader
from core.exchange.tables import Cell
from core.web.i18n import lazy, sentence

_TITLES = (
    ("ignore", ORDINAL),
    ("ignore", re.compile(r".*\b(табельн\w*|стаж\w*|категори\w*|образован\w*|адрес\w*|паспорт\w*)\b.*")),
    (
        "class_teacher_of",
        re.compile(r".*\b(кл(ассн\w*)? рук\w*|классное руководство|классный руководитель)\b.*|руководит классом"),
    ),
    ("position", re.compile(r"(.*\b)?(должност[ьи]|роль|роли|кем работает|position)\b.*")),
    ("subjects", re.compile(r".*\b(предмет\w*|дисциплин\w*|нагрузк\w*|преподает|что ведет)\b.*|subjects?")),
    ("classes", re.compile(r"(ведет |преподает )?(в )?класс(ы|е|ах|ов)?( преподавания)?|где (ведет|преподает)")),
    ("starts_on", re.compile(
        r".*\b(дата (начала|приема|назначения|вступления)\w*|принят\w*|назначен\w*|работает с|действует с|с какого)\b.*"
    )),
    ("basis", re.compile(r".*\b(приказ\w*|основани\w*)\b.*")),
    ("gender", re.compile(r"пол( м ж)?|gender|sex")),
)  # fmt: skip
_PERSON = re.compile(
    r"(сотрудник\w*|работник\w*|учител[ья]|педагог\w*|преподавател[ья]|employee|staff|teacher)"
)


_CLASS_TEACHER_OF = re.compile(
    r"\bкл\w*\.?\s*рук\w*\.?,?\s+(?:в\s+)?(?:класс\w*\s+)?(\d.*?)\s*(?:\bкл(?:асс\w*)?\.?)?$", re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"\b(мат[ьи]|матер\w*|мам\w*|отец|отц\w*|пап[аы]|родител\w*|представител\w*|учени\w*|ребен\w*|обучающ\w*)\b"
)


def _meaning(text: str) -> tuple[str, str]:
    if _OF_OTHERS.search(text):
        return "", ""
    for field, pattern in _TITLES:
        if pattern.fullmatch(text):
            return field, ""
    for field, pattern in WHAT:
        if field != "relation" and pattern.search(text):
            return field, ""
    return ("name", "") if _PERSON.fullmatch(text) else ("", "")


STAFF = Vocabulary(
    fields={
        "name": lazy("ФИО сотрудника"),
        "last_name": lazy("Фамилия"),
        "first_name": lazy("Имя"),
        "middle_name": lazy("Отчество"),
        "birth_date": lazy("Дата рождения"),
        "gender": lazy("Пол"),
        "snils": lazy("СНИЛС"),
        "phone": lazy("Телефон"),
        "email": lazy("Эл. почта"),
        "position": lazy("Должность или роль"),
        "subjects": lazy("Предметы"),
        "classes": lazy("Классы, где преподаёт"),
        "class_teacher_of": lazy("Классный руководитель в"),
        "starts_on": lazy("С какого дня"),
        "basis": lazy("Основание: приказ"),
        "ignore": lazy("Не загружать"),
    },
    meaning=_meaning,
    named_by=("name", "last_name"),
)
"""A list of staff."""

_BETWEEN = re.compile(r"\s*[;\n,/+]\s*")
_LOAD = re.compile(r"\s*([^;:()\n]+?)\s*(?:[:(–—]|\s-\s)\s*([^;()\n]*\d[^;()\n]*)\)?\s*")
_LETTERS = re.compile(r"(\d{1,2})\s*[-–«\"]?\s*([А-ЯЁа-яё](?:\s*,\s*[А-ЯЁа-яё](?![А-Яа-яЁё\d]))*)")


class StaffReader(RowReader[StaffRow]):
    """Reads members of staff of one sheet."""

    vocabulary = STAFF
    needed = sentence("Нужна строка с названиями колонок: «ФИО», «Должность», «Предметы», «Классы».")
    no_table = (
        sentence("В файле не найдена таблица сотрудников: нет строки с заголовками колонок."),
        sentence("Добавьте над списком строку с названиями: «ФИО», «Должность», «Дата рождения», «СНИЛС»."),
    )
    nobody = sentence("В строке нет имени сотрудника.")

    def row(self, cells: Sequence[Cell], row: RowReport) -> StaffRow | None:
        """The member of staff of a row."""
        name = self.name(cells, row)
        row.title = name.full if name else self.named_as(cells)
        person = self.person(cells, row, "", name, self.birth_date(cells, row))
        starts_on = self.value(cells, row, "starts_on", self.date)
        positions = self._parts(cells, "position")
        home = self._classes(cells, row, "class_teacher_of")
        for position in positions:
            found = self._class_in_position(position, row)
            if found is not None and found not in home:
                home.append(found)
        loads = self._loads(cells, row)
        if row.failed or person is None:
            row.outcome = "error"
            return None
        return StaffRow(
            report=row, person=person, positions=positions, class_teacher_of=home, loads=loads,
            starts_on=starts_on, basis=self.text(cells, "basis")[:300],
        )  # fmt: skip

    def _class_in_position(self, position: str, row: RowReport) -> ClassName | None:
        """The class in «классный руководитель 5А», «учитель 5 «А» класса»."""
        named = _CLASS_TEACHER_OF.search(position)
        if named is None:
            return class_in_title(position)
        try:
            return read_class(named[1])
        except WrongClass as wrong:
            row.remark("error", wrong.message, "Исправьте ячейку.", field="position", value=position)
            return None

    def _parts(self, cells: Sequence[Cell], field: str) -> list[str]:
        text = self._raw(cells, field)
        return [part for part in (each.strip(" .") for each in _BETWEEN.split(text)) if part not in NOTHING]

    def _raw(self, cells: Sequence[Cell], field: str) -> str:
        """The text of a cell with its lines kept apart: they separate things, as commas do."""
        column = self.column(field)
        if column is None or column.index >= len(cells):
            return ""
        cell = cells[column.index]
        lines = cell.splitlines() if isinstance(cell, str) else []
        return "\n".join(" ".join(line.split()) for line in lines) if lines else self.text(cells, column)

    def _classes(self, cells: Sequence[Cell], row: RowReport, field: str) -> list[ClassName]:
        text = self._raw(cells, field)
        if text in NOTHING or text.casefold() == "да":
            return []
        return self._read_classes(text, row, field)

    def _read_classes(self, text: str, row: RowReport, field: str) -> list[ClassName]:
        """Classes in one text: `5А, 5Б`, `5 А,Б`, `5А; 10 физмат`."""
        found: list[ClassName] = []
        spread = _LETTERS.sub(
            lambda match: ", ".join(f"{match[1]}{letter.strip()}" for letter in match[2].split(",")), text
        )
        column = self.column(field)
        for part in re.split(r"[,;\n]|\s+и\s+", spread):
            if part.strip(" .") in NOTHING:
                continue
            try:
                name = read_class(part.strip(" ."))
            except WrongClass as wrong:
                row.remark("error", wrong.message, "Исправьте ячейку.",
                           column=column.title if column else "", value=part.strip())  # fmt: skip
                continue
            if name not in found:
                found.append(name)
        return found

    def _loads(self, cells: Sequence[Cell], row: RowReport) -> list[Load]:
        """Who teaches what where: «Алгебра: 7А, 7Б; Физика (9А)», or subjects and classes in columns of their own."""
        text = self._raw(cells, "subjects")
        classes = self._classes(cells, row, "classes")
        written = [match for part in re.split(r"[;\n]|(?<=\)),", text) if (match := _LOAD.fullmatch(part))]
        if written:
            return [
                Load(subject=match[1].strip(), classes=self._read_classes(match[2], row, "subjects"))
                for match in written
            ]
        subjects = [part for part in re.split(r"\s*[;,\n]\s*", text) if part not in NOTHING]
        if not subjects or not classes:
            return [Load(subject=subject) for subject in subjects] or (
                [Load(subject="", classes=classes)] if classes else []
            )
        if len(subjects) > 1 and len(classes) > 1:
            column = self.column("subjects")
            row.remark(
                "warning",
                "Неясно, какой предмет в каком классе: нагрузка не загружена.",
                "Напишите так: «Алгебра: 7А, 7Б; Физика: 9А».",
                column=column.title if column else "",
                value=text,
            )
            return [Load(subject=subject) for subject in subjects]
        return [Load(subject=subject, classes=classes) for subject in subjects]
