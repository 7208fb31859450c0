"""The whole journal of a class for a year, as the archive keeps it.

Title, contents, list of the class, every page with marks and topics, attendance, summary sheet, corrections made
after terms were closed, and the sheet that says how many sheets there are, to be signed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import case, select

from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, PupilGroup, SchoolClass, Subject
from core.papers import (
    TOTAL,
    Column,
    Contents,
    Cover,
    Head,
    NewSheet,
    Paper,
    Part,
    Signatures,
    Table,
    Words,
)
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from plugins.journal.access import PageTerm, group_title, open_page
from plugins.journal.attendance.reach import pages_of_class, seen_pages
from plugins.journal.attendance.statistics import Tally, count_attendance
from plugins.journal.models import JournalPage
from plugins.journal.papers.corrections import corrections_for
from plugins.journal.papers.headings import Heading, heading_of, paper_of
from plugins.journal.papers.journal_page import page_parts
from plugins.journal.papers.summary import NUMBER, list_columns, read_year_sheet, year_parts
from plugins.journal.settings import JournalSettings, settings_of
from plugins.journal.terms.class_sheets import class_with_terms

Advance = Callable[[int, int], None]
"""Told how many of how many pages are drawn; raises to stop."""


class AttendanceCounts:
    """Attendance by term, read once for all classes of the actor's: a school's archive asks 22 times for the same."""

    def __init__(self, db: Session, actor: Actor, class_id: UUID | None = None) -> None:
        self._db, self._actor, self._class = db, actor, class_id
        self._known: dict[UUID, Mapping[UUID, Mapping[UUID, Tally]]] = {}

    def of(self, term: PageTerm, class_id: UUID) -> Mapping[UUID, Tally]:
        """What each pupil of the class missed in the term; nothing about those who missed nothing."""
        found = self._known.get(term.id)
        if found is None:
            counted = count_attendance(self._db, self._actor, term.starts_on, term.ends_on, self._class)
            found = self._known[term.id] = {each.id: _by_pupil(each.pupils) for each in counted.classes}
        return found.get(class_id, {})


def _by_pupil(pupils: Sequence[Any]) -> Mapping[UUID, Tally]:
    found: dict[UUID, Tally] = defaultdict(Tally)
    for each in pupils:
        found[each.id].add(each.missed)
    return found


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the list of the class. Days are those of coming after the year's beginning, and of leaving."""

    id: UUID
    name: str
    came: str
    left: str


def journal_title(heading: Heading) -> str:
    """«Классный журнал 9А, 2026-2027», which is the name of a file too."""
    return _("Классный журнал %(name)s, %(year)s") % {
        "name": heading.class_name,
        "year": heading.year.replace("/", "-"),
    }


def class_journal(
    db: Session,
    actor: Actor,
    class_id: UUID,
    attendance: AttendanceCounts | None = None,
    advance: Advance = lambda _done, _total: None,
) -> tuple[Paper, Iterator[Part]]:
    """The journal of a class to be drawn; its parts are read one after the other.

    Raises `NotFound` for a class whose sheet is not for the actor to see, `Forbidden`.
    """
    school_class, terms = class_with_terms(db, actor, class_id)
    heading = heading_of(db, class_id)
    paper = paper_of(actor, journal_title(heading), school=heading.school, about=heading.about)
    counts = attendance or AttendanceCounts(db, actor, class_id)
    return paper, _parts(db, actor, class_id, school_class, terms, heading, counts, advance)


def _parts(
    db: Session,
    actor: Actor,
    class_id: UUID,
    school_class: Any,
    terms: Sequence[PageTerm],
    heading: Heading,
    attendance: AttendanceCounts,
    advance: Advance,
) -> Iterator[Part]:
    pages = _pages(db, actor, class_id, school_class, terms)
    today = school_today(actor)
    begun = [term for term in terms if term.starts_on <= today]
    yield Cover(
        above=[heading.full_school],
        title=_("Классный журнал"),
        below=[
            _("%s класс") % heading.class_name,
            _("%s учебный год") % heading.year,
            *([_("Классный руководитель: %s") % heading.class_teacher] if heading.class_teacher else []),
        ],
    )
    listed = len(pages) * (max(len(begun), 1) + 1) + 5
    yield Contents(title=_("Содержание"), entries=listed)
    pupils = _list_of(db, class_id, terms)
    yield NewSheet(title=_("Список класса"))
    yield Table(
        columns=[
            Column(title="№", width=NUMBER),
            Column(title=_("Фамилия, имя, отчество"), left=True),
            Column(title=_("Прибыл"), width=25),
            Column(title=_("Выбыл"), width=25),
        ],
        rows=[[str(number), each.name, each.came, each.left] for number, each in enumerate(pupils, 1)],
        size=9,
    )
    yield from legend(settings_of(db, actor))
    for number, page_id in enumerate(pages):
        advance(number, len(pages))
        page = open_page(db, actor, page_id)
        yield from page_parts(db, actor, page, page.terms[: len(begun)], with_totals=True)
    yield from _attendance_parts(class_id, terms, pupils, attendance)
    yield from year_parts(
        read_year_sheet(db, actor, class_id), heading, listed_as=_("Сводная ведомость учёта успеваемости")
    )
    yield from _correction_parts(corrections_for(db, actor, school_class, terms, pages))
    yield NewSheet(title=_("Заверение журнала"), lines=[heading.about])
    yield Words(
        text=_("В этом журнале пронумеровано страниц: %(sheets)s. Страниц журнала по предметам: %(pages)s.")
        % {"sheets": TOTAL, "pages": len(pages)}
    )
    yield Words(
        text=_("Исправления, сделанные после закрытия учебных периодов, перечислены в журнале полностью.")
    )
    yield Signatures(
        lines=[
            (_("Классный руководитель"), heading.class_teacher),
            (_("Заместитель директора"), ""),
            (_("Директор"), heading.head),
        ],
        dated=True,
    )
    advance(len(pages), len(pages))


def legend(settings: JournalSettings) -> Iterator[Part]:
    """What the signs in the cells mean."""
    yield Words(text=_("Обозначения"), bold=True)
    codes = "; ".join(f"{each.code} – {each.shown_title}" for each in settings.codes.values())
    yield Words(text=_("%(codes)s; › – пересдача; • – работа не сдана.") % {"codes": codes}, size=9)
    letters = [f"{kind.letter} – {kind.shown_title}" for kind in settings.kinds.values() if kind.letter]
    if letters:
        yield Words(text=_("Виды работ: %s.") % "; ".join(letters), size=9)


def pages_of(db: Session, actor: Actor, class_id: UUID) -> Mapping[UUID, str]:
    """The titles of a class's pages by their ids. Raises as `class_journal`."""
    school_class, terms = class_with_terms(db, actor, class_id)
    return _pages(db, actor, class_id, school_class, terms)


def _pages(
    db: Session, actor: Actor, class_id: UUID, school_class: Any, terms: Sequence[PageTerm]
) -> Mapping[UUID, str]:
    """The journal pages of the class, its subgroups and the groups its pupils are in, with their titles."""
    if not terms:
        return {}
    rows = db.execute(
        select(
            JournalPage.id,
            Subject.name.label("subject"),
            SchoolClass.name.label("class_name"),
            PupilGroup.name.label("group_name"),
        )
        .join(Subject, Subject.id == JournalPage.subject_id)
        .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
        .outerjoin(
            SchoolClass,
            SchoolClass.id
            == case(
                (JournalPage.school_class_id.is_not(None), JournalPage.school_class_id),
                else_=PupilGroup.school_class_id,
            ),
        )
        .where(
            JournalPage.organization_id == school_class.organization_id,
            JournalPage.academic_year_id == school_class.academic_year_id,
            pages_of_class(class_id, terms[0].starts_on, terms[-1].ends_on),
            seen_pages(actor),
        )
        .order_by(Subject.position, Subject.name_key, PupilGroup.name, JournalPage.id)
    )
    return {
        row.id: ", ".join(
            filter(None, (row.subject, group_title(row.group_name, row.class_name, row.subject)))
        )
        for row in rows
    }


def _list_of(db: Session, class_id: UUID, terms: Sequence[PageTerm]) -> list[Listed]:
    rows = db.execute(
        select(
            Person.id,
            Person.last_name,
            Person.first_name,
            Person.middle_name,
            Enrollment.starts_on,
            Enrollment.ends_on,
        )
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == class_id)
        .order_by(Person.name_key, Person.id, Enrollment.starts_on)
    )
    first = terms[0].starts_on if terms else None
    last = terms[-1].ends_on if terms else None
    return [
        Listed(
            id=row.id,
            name=full_name(row.last_name, row.first_name, row.middle_name),
            came=show_short_day(row.starts_on) if first and row.starts_on > first else "",
            left=show_short_day(row.ends_on) if row.ends_on and last and row.ends_on < last else "",
        )
        for row in rows
    ]


def _attendance_parts(
    class_id: UUID, terms: Sequence[PageTerm], pupils: Sequence[Listed], attendance: AttendanceCounts
) -> Iterator[Part]:
    yield NewSheet(
        title=_("Пропуски за учебный год"),
        lines=[_("Пропущено: дней целиком, уроков всего, из них по болезни и без уважительной причины.")],
        landscape=True,
    )
    titles = (_("дней"), _("уроков"), _("по болезни"), _("неуваж."))
    spans = [(term.name, attendance.of(term, class_id)) for term in terms]
    once = list({each.id: each for each in pupils}.values())
    total: dict[UUID, Tally] = {each.id: Tally() for each in once}
    for _name, counted in spans:
        for pupil_id, tally in counted.items():
            if pupil_id in total:
                total[pupil_id].add(tally)
    shown = [*spans, (_("Год"), total)]
    yield Table(
        columns=[
            *list_columns(),
            *(Column(title=title, width=9.5, vertical=True) for _span in shown for title in titles),
        ],
        heads=[Head(title="", columns=2), *(Head(title=name, columns=len(titles)) for name, _of in shown)],
        rows=[
            [
                str(number),
                each.name,
                *(text for _name, counted in shown for text in _counted(counted.get(each.id))),
            ]
            for number, each in enumerate(once, 1)
        ],
        fixed=2,
    )


def _counted(tally: Tally | None) -> list[str]:
    if tally is None:
        return [""] * 4
    return [str(each or "") for each in (tally.days, tally.lessons, tally.ill, tally.unexcused)]


def _correction_parts(rows: Sequence[Sequence[str]]) -> Iterator[Part]:
    yield NewSheet(
        title=_("Исправления после закрытия учебных периодов"),
        lines=[_("Кто, когда и что изменил в закрытых периодах. Полная история хранится на портале.")],
        landscape=True,
    )
    if not rows:
        yield Words(text=_("Исправлений нет."))
        return
    yield Table(
        columns=[
            Column(title=_("Когда"), width=30),
            Column(title=_("Кто изменил"), width=42, wraps=True),
            Column(title=_("Страница"), width=45, wraps=True),
            Column(title=_("Урок"), width=20),
            Column(title=_("Ученик"), width=38, left=True),
            Column(title=_("Что изменено"), wraps=True),
        ],
        rows=rows,
    )
