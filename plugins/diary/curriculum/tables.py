"""A curriculum as a table: written as xlsx and PDF, read from xlsx and csv as schools keep it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete

from core.database.session import Session
from core.errors import Invalid
from core.exchange.tables import Cell, Sheet, is_empty, read_tables, text_of
from core.identity.names import sort_key
from core.papers import Column as PaperColumn
from core.papers import NewSheet, Part
from core.papers import Table as PaperTable
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import CurriculumLine, note, open_curriculum
from plugins.diary.curriculum.editing import MOST_ROWS, insert_rows, subjects_of, write_hours
from plugins.diary.curriculum.hours import halves_of, show_hours
from plugins.diary.curriculum.models import CurriculumRow
from plugins.diary.curriculum.table import EXTRACURRICULAR, MANDATORY, SCHOOL, Column, Table, read_table
from plugins.diary.curriculum.view import part_title

_SUBJECT = re.compile(r"(учебн\w* )?предмет\w*( .*)?|наименование( учебного)? предмета|subject")
_PART = re.compile(r"часть( учебного)? плана|part.*")
_TOTAL = re.compile(r"(итого|всего|предел|до предела|за год|максимальн|недельн|total)\b", re.IGNORECASE)
_PARTS = (
    (EXTRACURRICULAR, re.compile(r".*(внеуроч|extracurricular).*", re.IGNORECASE)),
    (SCHOOL, re.compile(r".*(формируем|часть школы|школьн\w* компонент|school).*", re.IGNORECASE)),
    (MANDATORY, re.compile(r".*(обязательн|mandatory).*", re.IGNORECASE)),
)


class LoadedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of a table with hours by the keys of the plan's columns, as they were written."""

    subject_id: UUID
    part: Annotated[str, Meta(description="Часть плана: `mandatory`, `school` или `extracurricular`.")]
    hours: Annotated[Mapping[UUID, str], Meta(description="Часы по ключам столбцов.")]


class ReadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it was understood, and what is wrong with it."""

    number: Annotated[int, Meta(description="Номер строки в файле.")]
    subject: Annotated[str, Meta(description="Предмет, как он написан.")]
    loaded: Annotated[LoadedRow | None, Meta(description="Что загрузится; null, если предмета в школе нет.")]
    errors: Annotated[Sequence[str], Meta(description="Что не так.")]


class ReadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood of a file: titles of columns with the plan's columns they are, and rows."""

    columns: Annotated[
        Sequence[tuple[str, str]], Meta(description="Заголовки и столбцы плана; пусто – не загружается.")
    ]
    rows: Annotated[Sequence[ReadRow], Meta(description="Строки с предметами.")]

    @property
    def wrong(self) -> list[ReadRow]:
        """Rows that keep the table from being loaded."""
        return [row for row in self.rows if row.errors]

    @property
    def loaded(self) -> list[LoadedRow]:
        """What is to be loaded."""
        return [row.loaded for row in self.rows if row.loaded is not None]


def read_plan(db: Session, actor: Actor, curriculum_id: UUID, name: str, content: bytes) -> ReadPlan:
    """A file as rows of a draft. Changes nothing. Raises `Invalid` or `TooLarge` for a file that has no plan."""
    line = open_curriculum(db, actor, curriculum_id, edit=True)
    table = read_table(db, curriculum_id, with_pupils=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r"[^\w. -]+", "_", Path(name).name)[-80:] or "plan")
        path.write_bytes(content)
        sheets = read_tables(path)
    subjects: dict[str, UUID] = {}
    for each in subjects_of(db, line.organization_id):
        subjects.setdefault(sort_key(each.short_name), each.id)
        subjects[sort_key(each.name)] = each.id
    for sheet in sheets:
        for number, cells in enumerate(sheet.rows[:20]):
            texts = [_plain(text_of(cell)) for cell in cells]
            places = [place for place, text in enumerate(texts) if _SUBJECT.fullmatch(text)]
            if places:
                return _Reading(table, subjects, sheet, number, places[0]).read()
    raise Invalid(
        "В таблице не найдена колонка «Предмет».",
        advice="Озаглавьте колонки: «Предмет», «Часть плана», дальше классы – «5 класс», «5А».",
        fields={"file": sentence("Нет колонки «Предмет».")},
    )


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w/ ]+", " ", text.casefold()).split())


class _Reading:
    """One sheet with its head in row `head`."""

    def __init__(
        self, table: Table, subjects: Mapping[str, UUID], sheet: Sheet, head: int, subject: int
    ) -> None:
        self.subjects, self.sheet, self.head, self.subject = subjects, sheet, head, subject
        titles = [text_of(cell) for cell in sheet.rows[head]]
        self.part = next((place for place, text in enumerate(titles) if _PART.fullmatch(_plain(text))), None)
        known = _columns_by_title(table)
        self.titles = titles
        self.columns = {
            place: column
            for place, text in enumerate(titles)
            if place not in (subject, self.part) and (column := known.get(_title_key(text))) is not None
        }
        if not self.columns:
            raise Invalid(
                "В таблице нет колонок с классами этого плана.",
                advice="Озаглавьте их как в плане: «5 класс», «5А», «5А, группа 1».",
                fields={"file": sentence("Нет колонок с классами.")},
            )

    def read(self) -> ReadPlan:
        rows: list[ReadRow] = []
        part = MANDATORY
        for number, cells in enumerate(self.sheet.rows[self.head + 1 :], self.head + 2):
            if is_empty(cells):
                continue
            filled = [text_of(cell) for cell in cells if text_of(cell)]
            subject = self._text(cells, self.subject)
            if len(filled) == 1 and _part_of(filled[0]):
                part = _part_of(filled[0]) or part
                continue
            if not subject or _TOTAL.match(subject) or _part_of(subject):
                continue
            own = _part_of(self._text(cells, self.part)) if self.part is not None else None
            rows.append(self._row(number, cells, subject, own or part))
        if not rows or len(rows) > MOST_ROWS:
            wrong = sentence("В таблице должно быть от 1 до %(most)s предметов.", most=MOST_ROWS)
            raise Invalid("План не прочитан.", advice=wrong, fields={"file": wrong})
        return ReadPlan(
            columns=[
                (title, self.columns[place].title if place in self.columns else "")
                for place, title in enumerate(self.titles)
                if place not in (self.subject, self.part) and title
            ],
            rows=rows,
        )

    def _row(self, number: int, cells: Sequence[Cell], subject: str, part: str) -> ReadRow:
        errors: list[str] = []
        subject_id = self.subjects.get(sort_key(subject))
        if subject_id is None:
            errors.append(
                sentence("Предмета «%(subject)s» в школе нет: добавьте его в список.", subject=subject)
            )
        hours: dict[UUID, str] = {}
        for place, column in self.columns.items():
            text = self._text(cells, place)
            try:
                halves = halves_of(text)
            except Invalid:
                errors.append(
                    sentence("%(place)s: «%(text)s» – не часы.", place=column.title, text=text[:20])
                )
                continue
            if halves is not None:
                hours[column.id] = show_hours(halves)
        loaded = LoadedRow(subject_id=subject_id, part=part, hours=hours) if subject_id else None
        return ReadRow(number=number, subject=subject, loaded=loaded, errors=errors)

    def _text(self, cells: Sequence[Cell], place: int | None) -> str:
        return text_of(cells[place]) if place is not None and place < len(cells) else ""


def _part_of(text: str) -> str | None:
    return next((part for part, pattern in _PARTS if pattern.fullmatch(text.strip())), None)


def _title_key(text: str) -> str:
    """What titles of one column have in common: «5 класс» and «5», «5 А» and «5а»."""
    key = sort_key(text).replace('"', "").replace("«", "").replace("»", "")
    key = re.sub(r"\b(класс\w*|кл\.?|grade)\b", "", key)
    return re.sub(r"[\s,.-]+", "", key)


def _columns_by_title(table: Table) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in table.columns:
        title = str(column.grade_level) if column.kind == "grade" else column.title
        found.setdefault(_title_key(title), column)
    return found


def load_plan(
    db: Session, actor: Actor, curriculum_id: UUID, rows: Sequence[LoadedRow], *, replace: bool = False
) -> int:
    """Put the rows of a table into a draft, beside what it has or in place of it; returns how many.

    Raises as `open_curriculum`, `Invalid` for rows that do not belong to this plan.
    """
    line = open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    if replace:
        db.execute(delete(CurriculumRow).where(CurriculumRow.curriculum_id == curriculum_id))
    table = read_table(db, curriculum_id, with_pupils=True)
    known = {each.id for each in subjects_of(db, line.organization_id)}
    columns = {column.id for column in table.columns}
    if any(row.subject_id not in known or not columns.issuperset(row.hours) for row in rows):
        raise Invalid("План изменился, пока вы смотрели таблицу.", advice="Выберите файл ещё раз.")
    have = {(row.subject_id, row.part): row.id for row in table.rows}
    fresh = list(
        dict.fromkeys((row.subject_id, row.part) for row in rows if (row.subject_id, row.part) not in have)
    )
    if len(have) + len(fresh) > MOST_ROWS:
        raise Invalid(sentence("В плане не больше %(most)s строк.", most=MOST_ROWS), advice="Уберите лишние.")
    ids = insert_rows(db, curriculum_id, fresh, after=len(have))
    have |= dict(zip(fresh, ids, strict=True))
    hours: dict[tuple[UUID, UUID], int | None] = {
        (have[row.subject_id, row.part], column_id): halves_of(text)
        for row in rows
        for column_id, text in row.hours.items()
    }
    write_hours(db, curriculum_id, hours)
    note(db, actor, curriculum_id, "diary.curriculum.load", after={"rows": len(rows)})
    return len(rows)


def plan_rows(table: Table, columns: Sequence[Column]) -> Iterator[list[Any]]:
    """A plan as rows of a spreadsheet, which `read_plan` understands; hours that are inherited are left out."""
    yield [_("Часть плана"), _("Предмет"), *(column.title for column in columns)]
    for part, rows in table.parts():
        for row in rows:
            cells = (table.written.get((row.id, column.id)) for column in columns)
            yield [part_title(part), row.subject, *("" if cell is None else cell / 2 for cell in cells)]
    loads = [table.loads[column.id] for column in columns]
    yield ["", _("Всего в неделю"), *(load.lessons / 2 for load in loads)]
    yield ["", _("Внеурочная"), *(load.extracurricular / 2 for load in loads)]


def plan_parts(line: CurriculumLine, table: Table, columns: Sequence[Column]) -> Iterator[Part]:
    """A plan as a paper: a table with what holds for each class, sums below."""
    state = _("версия %(number)s") % {"number": line.number} + ", " + line.state_title.lower()
    yield NewSheet(title=line.title, lines=[line.year, state], landscape=True)
    rows: list[list[str]] = []
    bold: set[int] = set()
    for part, of_part in table.parts():
        bold.add(len(rows))
        rows.append([part_title(part), *("" for _column in columns)])
        rows += [
            [row.subject, *(show_hours(table.halves(row, column)) for column in columns)] for row in of_part
        ]
    bold.add(len(rows))
    rows.append([_("Всего в неделю"), *(show_hours(table.loads[column.id].lessons) for column in columns)])
    yield PaperTable(
        columns=[
            PaperColumn(title=_("Предмет"), left=True, wraps=True, width=48),
            *(
                PaperColumn(title=column.title, vertical=len(column.title) > 5, width=10)
                for column in columns
            ),
        ],
        rows=rows,
        fixed=1,
        bold_rows=frozenset(bold),
    )
