"""The sheet of a pupil (табель): marks of terms and of the year, and all entries of one term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from core.database.session import Session
from core.identity.sessions import school_today
from core.papers import Column, NewSheet, Paper, Part, Signatures, Table, Words
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.external.former_marks import in_words
from plugins.journal.papers.headings import Heading, heading_of, paper_of
from plugins.journal.pupils.pupil_sheet import PupilSheet
from plugins.journal.terms.journal_term_marks import TITLES
from plugins.journal.terms.of_pupil import JournalTermMarks
from plugins.journal.terms.standings import TERM


def pupil_paper(db: Session, actor: Actor, sheet: PupilSheet) -> tuple[Paper, Iterator[Part]]:
    """The paper of a pupil whose sheet has been read, which is the right to see it."""
    heading = heading_of(db, sheet.school_class_id)
    title = _("Табель успеваемости, %s") % sheet.name
    paper = paper_of(actor, title, school=heading.school, about=heading.about)
    return paper, _parts(db, actor, sheet, heading)


def _parts(db: Session, actor: Actor, sheet: PupilSheet, heading: Heading) -> Iterator[Part]:
    yield NewSheet(title=_("Табель успеваемости"), lines=[f"{sheet.name}, {heading.about}"])
    yield from _year(db, actor, sheet.pupil_id, sheet)
    if sheet.term is not None:
        yield _entries(sheet, sheet.term.name)
    yield Signatures(
        lines=[
            (_("Классный руководитель"), heading.class_teacher),
            (_("Родитель (законный представитель)"), ""),
        ]
    )


def _year(db: Session, actor: Actor, pupil_id: UUID, sheet: PupilSheet) -> Iterator[Part]:
    """Marks of terms, the year, exams and final ones, by subject."""
    marks = JournalTermMarks().of_pupil(db, actor, pupil_id, school_today(actor))
    values: dict[str, dict[str, str]] = defaultdict(dict)
    kinds = {each.kind for each in marks if each.value and each.kind != TERM}
    # Own marks come last and stand; a star tells those that the former school has set.
    for each in sorted(marks, key=lambda mark: not mark.source):
        if each.value:
            values[each.subject][each.term or each.kind] = f"{each.value}*" if each.source else each.value
    brought = sorted({each.source for each in marks if each.value and each.source})
    columns = {term.name: term.name for term in sheet.terms}
    columns |= {kind: str(title) for kind, title in TITLES.items() if kind == "year" or kind in kinds}
    subjects = list(dict.fromkeys([each.subject for each in sheet.subjects] + list(values)))
    if not subjects:
        yield Words(text=_("Отметок нет."))
        return
    yield Table(
        columns=[
            Column(title=_("Предмет"), left=True, wraps=True),
            *(Column(title=title, width=17) for title in columns.values()),
        ],
        rows=[[subject, *(values[subject].get(name, "") for name in columns)] for subject in subjects],
        size=9,
    )
    if brought:
        yield Words(text=_("* из прежней школы: %s") % ", ".join(brought))


def _entries(sheet: PupilSheet, term: str) -> Table:
    rows: list[list[str]] = []
    for each in sheet.subjects:
        name = f"{each.subject} ({each.group})" if each.group else each.subject
        entries = ", ".join(f"{entry.text} ({entry.day:%d.%m})" for entry in each.entries)
        if each.former:
            brought = _("из прежней школы: %s") % in_words(each.former)
            entries = f"{entries}; {brought}" if entries else brought
        rows.append([name, entries, each.average or "–", str(each.absences)])
    return Table(
        columns=[
            Column(title=_("Предмет"), width=42, left=True, wraps=True),
            Column(title=_("Отметки и пропуски"), wraps=True),
            Column(title=_("Ср."), width=12),
            Column(title=_("Пропусков"), width=19),
        ],
        rows=rows,
        caption=_("Отметки и пропуски, %s") % term,
        signed=2,
    )
