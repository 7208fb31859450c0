"""A plan as a table: read from xlsx and csv as teachers keep it, and written for the same."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from core.database.session import Session
from core.errors import Conflict, Invalid
from core.exchange.columns import Header, Vocabulary, find_header
from core.exchange.tables import Cell, Sheet, is_empty, read_tables, text_of
from core.roles.actor import Actor
from core.web.i18n import counted, lazy, sentence
from core.web.i18n import gettext as _
from plugins.journal.settings import JournalSettings
from plugins.journal.topics.plan_topics import (
    MOST_TOPIC_HOURS,
    MOST_TOPICS,
    TEXTS,
    Topic,
    TopicIn,
    add_topics,
    lessons_given,
    remove_all,
)
from plugins.journal.topics.plans import open_plan

FIELDS: Mapping[str, str] = {
    "number": lazy("№"),
    "section": lazy("Раздел"),
    "title": lazy("Тема урока"),
    "hours": lazy("Часов"),
    "homework": lazy("Домашнее задание"),
    "control_kind": lazy("Вид контроля"),
    "links": lazy("Ссылки"),
    "remark": lazy("Примечание"),
    "ignore": lazy("Не загружать"),
}
_MEANINGS = (
    ("number", re.compile(r"(№|n|номер)( п/?п| п п| урока?| темы)?|п/?п|п п")),
    ("section", re.compile(r".*\b(раздел\w*|глава|модуль)\b.*")),
    ("homework", re.compile(r".*\b(домашн\w*|дз|д з|задани[ея] на дом)\b.*")),
    ("hours", re.compile(r".*\b(час\w*|кол во ч\w*|количество)\b.*")),
    ("control_kind", re.compile(r".*\b(контрол\w*|вид\w* работ\w*|форма контроля)\b.*")),
    ("links", re.compile(r".*\b(ссылк\w*|цор|эор|ресурс\w*|материал\w*)\b.*")),
    ("remark", re.compile(r".*\b(примечани\w*|комментари\w*|заметк\w*)\b.*")),
    ("ignore", re.compile(r".*\b(дат[аы]|план\w*|факт\w*|корректировк\w*)\b.*")),
    ("title", re.compile(r".*\b(тем[аы]\w*|содержание|название|наименование)\b.*")),
)
_TOTAL = re.compile(r"(итого|всего)\b", re.IGNORECASE)


def _meaning(text: str) -> tuple[str, str]:
    return next((field for field, pattern in _MEANINGS if pattern.fullmatch(text)), ""), ""


VOCABULARY = Vocabulary(fields=FIELDS, meaning=_meaning, named_by=("title",))


class ReadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: its number in the file, the topic, what is wrong and what is worth a look."""

    row: int
    topic: TopicIn
    errors: Sequence[str] = ()
    warnings: Sequence[str] = ()


class ReadTable(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood of a file: titles of columns with what they were taken for, and the topics."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[ReadRow]

    @property
    def topics(self) -> list[TopicIn]:
        """The topics in order."""
        return [row.topic for row in self.rows]

    @property
    def wrong(self) -> list[ReadRow]:
        """Rows that keep the table from being loaded."""
        return [row for row in self.rows if row.errors]


def read_plan_table(name: str, content: bytes, settings: JournalSettings) -> ReadTable:
    """The topics of a table. Raises `Invalid` or `TooLarge` for a file that has none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r"[^\w. -]+", "_", Path(name).name)[-80:] or "plan")
        path.write_bytes(content)
        sheets = read_tables(path)
    for sheet in sheets:
        header = find_header(sheet, {}, VOCABULARY)
        if header is not None:
            return _read(sheet, header, settings)
    raise Invalid(
        "В таблице не найдена колонка с темами.",
        advice="Озаглавьте её «Тема урока»; остальные – «Раздел», «Часов», «Домашнее задание», «Вид контроля».",
        fields={"file": "Нет колонки «Тема урока»."},
    )


def _read(sheet: Sheet, header: Header, settings: JournalSettings) -> ReadTable:
    places = {column.field: column.index for column in header.columns if column.field}
    rows: list[ReadRow] = []
    section = ""
    for number, cells in enumerate(sheet.rows[header.row + 1 :], header.row + 2):
        if is_empty(cells):
            continue
        filled = [text_of(cell) for cell in cells if text_of(cell)]
        if any(_TOTAL.match(text) for text in filled[:2]):
            continue
        if len(filled) == 1 and len(places) > 1 and "section" not in places and not filled[0].isdecimal():
            section = filled[0]
            continue
        rows.append(_row(number, cells, places, section, settings))
        if len(rows) > MOST_TOPICS:
            raise Invalid(
                counted("В таблице больше %(count)s темы.", "В таблице больше %(count)s тем.", MOST_TOPICS),
                advice="Оставьте в файле один план.",
            )
    if not rows:
        raise Invalid(
            "В таблице нет ни одной темы.",
            advice="Проверьте, тот ли файл вы выбрали.",
            fields={"file": "Тем нет."},
        )
    return ReadTable(
        columns=[(column.title, str(FIELDS.get(column.field, ""))) for column in header.columns], rows=rows
    )


def _row(
    number: int, cells: Sequence[Cell], places: Mapping[str, int], section: str, settings: JournalSettings
) -> ReadRow:
    def text(field: str) -> str:
        place = places.get(field)
        return text_of(cells[place]) if place is not None and place < len(cells) else ""

    errors: list[str] = []
    warnings: list[str] = []
    hours = _hours(text("hours"))
    if hours is None:
        errors.append(
            sentence(
                "«Часов»: целое число от 1 до %(most)s, а не «%(text)s».",
                most=MOST_TOPIC_HOURS,
                text=text("hours"),
            )
        )
    kind, remark = _kind(text("control_kind"), settings), text("remark")
    if kind is None:
        warnings.append(
            sentence(
                "Вида работы «%(kind)s» в школе нет: слова попадут в примечание.", kind=text("control_kind")
            )
        )
        remark = "\n".join(part for part in (remark, text("control_kind")) if part)
    topic = TopicIn(
        title=text("title"),
        section=text("section") or section,
        hours=hours or 1,
        homework=text("homework"),
        control_kind=kind or "",
        links=text("links"),
        remark=remark,
    )
    if not topic.title:
        errors.append(sentence("Тема не написана."))
    for field, longest in TEXTS.items():
        if len(getattr(topic, field)) > longest:
            errors.append(
                sentence("«%(field)s»: длиннее %(most)s знаков.", field=str(FIELDS[field]), most=longest)
            )
    return ReadRow(row=number, topic=topic, errors=errors, warnings=warnings)


def _hours(text: str) -> int | None:
    """Hours of a cell: «2», «2 ч», empty for 1. None for anything else."""
    found = re.fullmatch(r"(\d{1,4})(?:[.,]0+)?\s*(?:ч|час|часа|часов)?\.?", text)
    if not text:
        return 1
    return int(found[1]) if found and 1 <= int(found[1]) <= MOST_TOPIC_HOURS else None


def _kind(text: str, settings: JournalSettings) -> str | None:
    """The code of a kind of work by its title, letter or code; empty for none, None for an unknown one."""
    wanted = text.casefold().rstrip(".")
    if wanted in ("", "-", "–", "—", "нет", "обычный урок"):
        return ""
    short = {"к р": "control", "кр": "control", "с р": "independent", "ср": "independent", "п р": "practical"}
    for kind in settings.kinds.values():
        if wanted in (kind.code.casefold(), kind.title.casefold(), kind.letter.casefold()):
            return kind.code
    code = short.get(" ".join(re.sub(r"\W+", " ", wanted).split()), "")
    return code if code in settings.kinds else None


def load_table(
    db: Session, actor: Actor, plan_id: UUID, topics: Sequence[TopicIn], *, replace: bool = False
) -> int:
    """Put the topics of a table into the plan, behind those that are there or in place of them; returns how many.

    All or none. Raises `Conflict` if topics to be replaced have been given in lessons, and as `add_topics`.
    """
    plan = open_plan(db, actor, plan_id, edit=True, lock=True)
    if replace:
        given = lessons_given(db, plan_id)
        if given:
            raise Conflict(
                counted(
                    "Темы этого плана уже даны на %(count)s уроке.",
                    "Темы этого плана уже даны на %(count)s уроках.",
                    given,
                ),
                advice="Добавьте темы из файла в конец, а лишние уберите.",
            )
        remove_all(db, actor, plan)
    return len(add_topics(db, actor, plan, topics))


def plan_rows(topics: Sequence[Topic], settings: JournalSettings) -> Iterator[Sequence[Any]]:
    """A plan as rows of a file, which `read_plan_table` understands."""
    order = ("number", "section", "title", "hours", "homework", "control_kind", "links", "remark")
    yield [_(str(FIELDS[field])) for field in order]
    for topic in topics:
        kind = settings.kinds.get(topic.control_kind)
        yield [
            topic.number,
            topic.section,
            topic.title,
            topic.hours,
            topic.homework,
            kind.shown_title if kind else "",
            topic.links,
            topic.remark,
        ]
