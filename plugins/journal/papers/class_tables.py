"""Behaviour of a class and points of a work as spreadsheets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.access import open_page
from plugins.journal.behaviour.sheets import read_behaviour
from plugins.journal.criteria.points import read_points
from plugins.journal.papers.journal_page import page_title
from plugins.journal.papers.reading import GivenTable


def behaviour_table(db: Session, actor: Actor, class_id: UUID) -> GivenTable:
    """Behaviour of a class by terms and the year. Raises as `read_behaviour`."""
    sheet = read_behaviour(db, actor, class_id)
    rows: list[list[Any]] = [
        ["№", _("Ученик"), *(column.title for column in sheet.columns)],
        *(
            [number, line.name, *(cell.value for cell in line.cells)]
            for number, line in enumerate(sheet.lines, 1)
        ),
    ]
    title = _("Поведение, %(name)s") % {"name": sheet.class_name}
    return GivenTable(
        list_name="journal.behaviour", title=title, sheets=[(_("Поведение"), rows)], count=len(sheet.lines)
    )


def points_table(db: Session, actor: Actor, page_id: UUID, lesson_id: UUID) -> GivenTable:
    """The points of a work by its criteria, with sums and marks. Raises as `open_page` and `read_points`."""
    page = open_page(db, actor, page_id)
    table = read_points(db, actor, page, lesson_id)
    rows: list[list[Any]] = [
        [
            "№",
            _("Ученик"),
            *(
                _("%(title)s, до %(most)s") % {"title": each.title, "most": each.greatest}
                for each in table.criteria
            ),
            _("Сумма"),
            _("Отметка"),
        ],
        *(
            [
                number,
                line.name,
                *line.points,
                line.total,
                int(line.marks) if line.marks.isdecimal() else line.marks,
            ]
            for number, line in enumerate(table.pupils, 1)
        ),
    ]
    title = _("Баллы по критериям: %(page)s, %(day)s") % {
        "page": page_title(page),
        "day": show_short_day(table.day),
    }
    return GivenTable(
        list_name="journal.points",
        title=title,
        sheets=[(_("Баллы по критериям"), rows)],
        count=len(table.pupils),
    )
