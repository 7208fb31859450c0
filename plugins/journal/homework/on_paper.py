"""Homework as papers and tables of the journal say it: the words, and what of the library came with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.web.i18n import gettext as _
from plugins.journal.grid.gradebook import GridLesson
from plugins.journal.homework.models import GivenItem


def homework_lines(db: Session, lessons: Sequence[GridLesson]) -> Mapping[UUID, str]:
    """What was given to the class at some lessons, by lesson: «№ 5. Из библиотеки: «Сложение дробей»».

    Items are called as they were when they were given: a paper does not change with the library.
    """
    titles: dict[UUID, list[str]] = defaultdict(list)
    for row in db.execute(
        select(GivenItem.lesson_id, GivenItem.title)
        .where(GivenItem.lesson_id.in_([each.id for each in lessons]))
        .order_by(GivenItem.lesson_id, GivenItem.position)
    ):
        titles[row.lesson_id].append(_("«%s»") % row.title)
    return {each.id: _line(each.homework, titles.get(each.id, ())) for each in lessons}


def _line(words: str, titles: Sequence[str]) -> str:
    if not titles:
        return words
    library = _("Из библиотеки: %s") % ", ".join(titles)
    return f"{words}{'' if words[-1] in '.!?…' else '.'} {library}" if words else library
