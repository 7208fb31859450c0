"""A table of guardians and their children: its columns, and its rows read into typed rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.exchange.class_names import ClassName, WrongClass, read_class
from core.exchange.columns import FOREIGN, ORDINAL, WHAT, Vocabulary
from core.exchange.report import RowReport
from core.exchange.rows import ChildData, GuardianRow, read_snils
from core.exchange.school_table import relation_of
from core.exchange.table_rows import NOTHING, RowReader
from core.exchange.tables import Cell
from core.exchange.written_dates import WrongDate, read_date
from core.exchange.written_names import WrongName, split_name
from core.web.i18n import lazy, sentence

CHILDREN = ("child", "child2", "child3")
_CHILD = re.compile(
    r"\b(ребен\w*|дет(и|ей|ям)|учени\w*|учащ\w*|обучающ\w*|воспитанник\w*|child|pupil|student)\b"
)
_GUARDIAN = re.compile(
    r"\b(родител\w*|законн\w* представ\w*|представител\w*|опекун\w*|попечител\w*|зп|parent|guardian)\b"
)
_RIGHTS = re.compile(r"\b(права|ограничен\w*|что можно|rights)\b")
_RIGHTS_WORDS = (
    ("полн", "full"), ("все", "full"), ("просмотр", "view"), ("только", "view"),
    ("нет", "none"), ("лиш", "none"), ("без", "none"), ("запр", "none"),
)  # fmt: skip
_BASIS = re.compile(r"\b(основани\w*|документ\w*|решени\w* суда|реквизит\w*)\b")
_CLASS = re.compile(r"\b(класс\w*|class)\b")
_NUMBER = re.compile(r"\b([23])\b|\b(второ\w*)\b|\b(треть\w*)\b")
_PARTS = tuple(each for each in WHAT if each[0] != "relation")


def _meaning(text: str) -> tuple[str, str]:
    if ORDINAL.fullmatch(text):
        return "ignore", ""
    if WHAT[-1][1].search(text) or text == "кто":
        return "relation", ""
    if _RIGHTS.search(text):
        return "rights", ""
    if _BASIS.search(text):
        return "basis", ""
    if FOREIGN.search(text) and not re.search(r"\b(эл\w*|e)\b", text):
        return "", ""
    of_child = bool(_CHILD.search(text)) and not _GUARDIAN.search(text)
    who = f"{_which(text)}." if of_child else ""
    if _CLASS.search(text):
        return f"{_which(text)}.class", ""
    for field, pattern in _PARTS:
        if pattern.search(text):
            # Of a guardian schools seldom keep the date of birth: without a word of whose it is, it is the child's,
            # unless it stands right of the guardian's columns.
            if field == "birth_date" and not _GUARDIAN.search(text):
                return f"{_which(text)}.birth_date", ""
            return (f"{who}{field}", "") if not of_child or field not in ("phone", "email") else ("", "")
    if re.search(r"количеств|сколько|число", text):
        return "", ""
    if of_child:
        return f"{who}name", ""
    return ("name", "") if _GUARDIAN.search(text) else ("", "")


def _which(text: str) -> str:
    found = _NUMBER.search(text)
    if found is None:
        return "child"
    return "child3" if found[3] or found[1] == "3" else "child2"


GUARDIANS = Vocabulary(
    fields={
        "name": lazy("ФИО родителя"),
        "last_name": lazy("Фамилия родителя"),
        "first_name": lazy("Имя родителя"),
        "middle_name": lazy("Отчество родителя"),
        "birth_date": lazy("Дата рождения родителя"),
        "snils": lazy("СНИЛС родителя"),
        "phone": lazy("Телефон"),
        "email": lazy("Эл. почта"),
        "relation": lazy("Кем приходится"),
        "rights": lazy("Права: полные, только просмотр, нет"),
        "basis": lazy("Документ об ограничении прав"),
        **{
            f"{who}.{field}": sentence("%(who)s: %(field)s", who=title, field=word)
            for who, title in zip(
                CHILDREN, (lazy("Ребёнок"), lazy("Ребёнок 2"), lazy("Ребёнок 3")), strict=True
            )
            for field, word in (
                ("name", lazy("ФИО")),
                ("last_name", lazy("фамилия")),
                ("first_name", lazy("имя")),
                ("middle_name", lazy("отчество")),
                ("class", lazy("класс")),
                ("birth_date", lazy("дата рождения")),
                ("snils", lazy("СНИЛС")),
            )
        },
        "ignore": lazy("Не загружать"),
    },
    meaning=_meaning,
    named_by=("name", "last_name"),
    again={"child.": "child2.", "child2.": "child3."},
    whose=re.compile(f"{_CHILD.pattern}|{_GUARDIAN.pattern}"),
)
"""A list of guardians, each with children."""

_DAY = re.compile(r"[\s,(]*(\d{1,2}\.\d{1,2}\.\d{2,4})\s*(?:г\.?\s?р?\.?)?\)?")
_LAST_CLASS = re.compile(r"[\s,(]+(\d{1,2}\s*[-–]?\s*[«\"]?[А-ЯЁа-яёA-Za-z]?[»\"]?)\s*(?:кл\w*\.?)?\)?\s*$")


class GuardianReader(RowReader[GuardianRow]):
    """Reads guardians of one sheet."""

    vocabulary = GUARDIANS
    needed = sentence("Нужна строка с названиями колонок: «ФИО родителя», «ФИО ребёнка», «Класс», «Телефон».")
    no_table = (
        sentence("В файле не найдена таблица родителей: нет строки с заголовками колонок."),
        sentence(
            "Добавьте над списком строку с названиями: «ФИО родителя», «ФИО ребёнка», «Класс», «Телефон»."
        ),
    )
    nobody = sentence("В строке нет имени родителя.")

    def row(self, cells: Sequence[Cell], row: RowReport) -> GuardianRow | None:
        """The guardian of a row with the children named in it."""
        name = self.name(cells, row)
        row.title = name.full if name else self.named_as(cells)
        person = self.person(cells, row, "", name, self.birth_date(cells, row))
        children = [child for who in CHILDREN for child in self._children(cells, row, who)]
        if not children and not row.failed:
            row.remark(
                "error",
                "Не указан ребёнок.",
                "Добавьте имя ребёнка и его класс, дату рождения или СНИЛС.",
                field="child.name",
            )
        rights, basis = self._rights(cells, row), self.text(cells, "basis")[:300]
        if rights in ("view", "none") and not basis:
            row.remark("error", "Назовите документ, по которому права ограничены.", "Заполните ячейку.",
                       field="basis" if self.column("basis") else "rights")  # fmt: skip
        if row.failed or person is None:
            row.outcome = "error"
            return None
        relation = relation_of(self.text(cells, "relation"))
        return GuardianRow(
            report=row, person=person, children=children, relation=relation, rights=rights, basis=basis
        )

    def _rights(self, cells: Sequence[Cell], row: RowReport) -> str | None:
        text = self.text(cells, "rights").casefold()
        if not text or text in ("-", "–", "—"):
            return None
        for word, rights in _RIGHTS_WORDS:
            if text.startswith(word):
                return rights
        row.remark("error", "Права не читаются.", "Напишите «полные», «только просмотр» или «нет».",
                   field="rights", value=text)  # fmt: skip
        return None

    def _children(self, cells: Sequence[Cell], row: RowReport, who: str) -> list[ChildData]:
        whole = self.column(f"{who}.name")
        last, first = self.text(cells, f"{who}.last_name"), self.text(cells, f"{who}.first_name")
        school_class = self._class(cells, row, f"{who}.class")
        birth_date = self.birth_date(cells, row, f"{who}.birth_date")
        snils = self.value(cells, row, f"{who}.snils", read_snils)
        if whole is None or (last and first):
            if not last and not first:
                return []
            name = self.name(cells, row, who)
            return [
                ChildData(last_name=name.last_name, first_name=name.first_name, middle_name=name.middle_name,
                          school_class=school_class, birth_date=birth_date, snils=snils)
            ] if name else []  # fmt: skip
        cell = cells[whole.index] if whole.index < len(cells) else None
        text = cell if isinstance(cell, str) else self.text(cells, whole)
        if text.strip() in NOTHING:
            return []
        parts = [part for part in re.split(r"[;\n]", text) if part.strip(" ,")]
        found = [child for part in parts if (child := self._child(part, row, whole.title))]
        for child in found:
            child.school_class = child.school_class or school_class
            if len(parts) == 1:
                child.birth_date, child.snils = child.birth_date or birth_date, snils
        return found

    def _child(self, text: str, row: RowReport, column: str) -> ChildData | None:
        """One child in a cell: «Иванов Пётр, 5А», «Иванова Анна (05.03.2015)»."""
        rest, birth_date, school_class = " ".join(text.split()), None, None
        try:
            if day := _DAY.search(rest):
                birth_date = read_date(day[1], self.today)
                rest = (rest[: day.start()] + " " + rest[day.end() :]).strip()
            if written := _LAST_CLASS.search(rest):
                school_class = read_class(written[1])
                rest = rest[: written.start()]
            name = split_name(rest.strip(" ,()"))
        except (WrongDate, WrongClass, WrongName) as wrong:
            row.remark(
                "error",
                wrong.message,
                "Напишите фамилию и имя ребёнка, а класс или дату рождения – после запятой.",
                column=column,
                value=text.strip(),
            )
            return None
        return ChildData(
            last_name=name.last_name, first_name=name.first_name, middle_name=name.middle_name,
            school_class=school_class, birth_date=birth_date,
        )  # fmt: skip

    def _class(self, cells: Sequence[Cell], row: RowReport, field: str) -> ClassName | None:
        text = self.text(cells, field)
        if text in NOTHING:
            return None
        try:
            return read_class(text)
        except WrongClass as wrong:
            row.remark("error", wrong.message, "Исправьте ячейку.", field=field, value=text)
            return None
