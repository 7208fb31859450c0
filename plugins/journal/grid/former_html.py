"""Marks of former schools on a journal page: a button at the pupil's name, and the list that it opens.

The list is a popover of HTML's own: it opens without scripts, stands open in a browser that knows none, and is printed
below the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol
from uuid import UUID

from core.web.i18n import gettext as _
from plugins.journal.external.former_marks import FormerMark


class FormerPupil(Protocol):
    """A pupil of the page with marks of a former school."""

    id: UUID
    name: str
    former: Sequence[FormerMark]


def former_button_html(pupil_id: UUID, marks: Sequence[FormerMark]) -> str:
    """How many marks of a former school a pupil has; opens their list."""
    title = escape(f"{_('Из прежней школы')}: {', '.join(mark.value for mark in marks)}")
    return (
        f'<button class=jr-f popovertarget=f{pupil_id.hex} title="{title}">+{len(marks)}'
        f"<span class=visually-hidden> {title}</span></button>"
    )


def former_html(page_id: UUID, pupils: Sequence[FormerPupil]) -> str:
    """The lists of all pupils; empty where no pupil has any."""
    lists = [_list_html(page_id, pupil) for pupil in pupils if pupil.former]
    if not lists:
        return ""
    return f"<section class=jr-former><h2>{escape(_('Из прежней школы'))}</h2>\n{chr(10).join(lists)}\n</section>"


def _list_html(page_id: UUID, pupil: FormerPupil) -> str:
    marks = "".join(
        f"<li><b>{escape(mark.value)}</b> {escape(mark.about)} <small>{escape(mark.source)}</small>"
        for mark in pupil.former
    )
    return (
        f"<div popover id=f{pupil.id.hex}><p><strong>{escape(pupil.name)}</strong> "
        f"<span class=muted>{escape(_('из прежней школы'))}</span><ul>{marks}</ul>"
        f"<p class=no-print><a href=/journal/{page_id}/external>{escape(_('Все отметки прежней школы'))}</a></div>"
    )
