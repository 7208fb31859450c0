"""Setting term marks: the teacher decides, beside what the portal proposes, with history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, update

from core.audit.record import Change, record
from core.capabilities import TermMarkKind, TermMarkSet
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.access import MARK, Opened, open_page, require_right
from plugins.journal.grid.cell_text import LATIN_KEYS, RUSSIAN_KEYS, score_of
from plugins.journal.grid.cells import require_open_term
from plugins.journal.grid.stored_cells import raise_version, tell
from plugins.journal.scales import MarkScale
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.journal_term_marks import (
    TERM_MARK,
    CellShown,
    Column,
    LineShown,
    TermMarks,
    Value,
    column_named,
    line_of,
    marks_on,
    subject_id_of,
)
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.proposals import EXEMPT, NOT_ATTESTED, needs_reason

LONGEST_REASON = 500
_AS_TYPED_IN_RUSSIAN = str.maketrans(LATIN_KEYS, RUSSIAN_KEYS)
_SPELLINGS = {"н/а": NOT_ATTESTED, "на": NOT_ATTESTED, "н.а.": NOT_ATTESTED, "осв": EXEMPT, "осв.": EXEMPT}


class TermMarkChanged(Conflict):
    """Somebody else has changed the mark; `fields` carry what stands there now."""


class ReasonNeeded(Invalid):
    """The mark differs from the proposed one by more than rounding: the teacher is asked why."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed mark that is to be set, or was."""

    pupil_id: UUID
    pupil: Annotated[str, Meta(description="Фамилия и имя ученика.")]
    value: Value
    why: Annotated[str, Meta(description="Почему портал предлагает именно это, словами.")]


def parse_term_mark(text: str, settings: JournalSettings, scale: MarkScale) -> str:
    """What somebody meant by `text`, in one spelling; empty takes the mark back. Raises `Invalid`."""
    typed = text.replace("\x00", "").strip().casefold()
    if not typed:
        return ""
    words = dict(_SPELLINGS)
    for word in settings.words.values():
        words |= dict.fromkeys((word.code, *word.aliases), word.code)
    for candidate in (typed, typed.translate(_AS_TYPED_IN_RUSSIAN)):
        if candidate in words:
            return words[candidate]
    if typed.isascii() and typed.isdigit() and len(typed) <= 3:
        number = int(typed)
        if scale.has(number):
            return str(number)
    possible = ", ".join((NOT_ATTESTED, EXEMPT, *settings.words))
    raise Invalid(
        sentence("«%(text)s» – не отметка за период.", text=text.strip()[:20]),
        advice=sentence("По этому предмету ставят зачёт или незачёт. Можно: %(words)s.", words=possible)
        if scale.passes
        else sentence(
            "Можно: от %(lowest)s до %(highest)s, %(words)s.",
            lowest=scale.lowest,
            highest=scale.highest,
            words=possible,
        ),
    )


def set_term_mark(
    db: Session,
    actor: Actor,
    page_id: UUID,
    pupil_id: UUID,
    name: str,
    value: str,
    *,
    was: str | None = None,
    reason: str = "",
) -> LineShown:
    """Set a pupil's mark in a column, or take it back; returns the pupil's line.

    `was` is the mark the writer saw, None means "whatever it is". Raises `Invalid` for what is no mark,
    `ReasonNeeded` for one that differs from the proposed by more than rounding and has no reason,
    `Conflict` in a closed term or an archived year, `TermMarkChanged` if somebody was faster, `Forbidden` on
    another teacher's page.
    """
    page = open_page(db, actor, page_id, lock=True)
    require_right(actor, MARK, page.may_mark, None)
    column = column_named(page, name)
    require_settable(db, actor, page, column)
    mark = parse_term_mark(value, page.settings, page.scale)
    if mark.isdigit() and page.without_marks:
        raise Invalid(
            sentence("В %(grade)s классе отметки не ставят.", grade=page.grade_level),
            advice=sentence("Можно записать: %(words)s.", words=", ".join((EXEMPT, *page.settings.words))),
        )
    line = line_of(db, actor, page, pupil_id)
    cell = next(each for each in line.cells if each.column.name == column.name)
    if not cell.present:
        raise Conflict(
            sentence("%(term)s: этого ученика не было в списке.", term=column.title),
            advice="Проверьте даты зачисления у секретаря школы.",
        )
    reason = reason.replace("\x00", "").strip()
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            "Отметка не сохранена: причина слишком длинная.",
            fields={"reason": sentence("Не длиннее %(count)s знаков.", count=LONGEST_REASON)},
        )
    if mark == cell.value and (not reason or cell.mark is None or reason == cell.mark.reason):
        return line
    if was is not None and _spelt(was, page) != cell.value:
        raise TermMarkChanged(
            sentence("Отметку уже изменили: сейчас там «%(text)s».", text=cell.value)
            if cell.value
            else sentence("Отметку уже убрали."),
            advice="Проверьте её и при необходимости введите свою ещё раз.",
            fields={"text": cell.value},
        )
    if needs_reason(mark, cell.proposal) and not reason:
        raise ReasonNeeded(
            sentence(
                "Предложено «%(proposed)s», а вы ставите «%(mark)s»: напишите почему.",
                proposed=cell.proposal.value,
                mark=mark,
            ),
            advice="Причину увидят завуч и те, кто смотрит историю отметки.",
            fields={"reason": sentence("Напишите причину.")},
        )
    _write(db, actor, page, [(pupil_id, cell, mark, reason if mark else "")])
    return line_of(db, actor, page, pupil_id)


def _spelt(was: str, page: Opened) -> str:
    """What the writer saw, as it is stored; a mark from before the scale was changed is as it was written."""
    try:
        return parse_term_mark(was, page.settings, page.scale)
    except Invalid:
        return was.strip()


def require_settable(db: Session, actor: Actor, page: Opened, column: Column) -> None:
    """Whether marks of a column may change at present. Raises `Conflict`.

    Year, exam and final marks are set until the academic year goes to the archive.
    """
    year = db.get_one(AcademicYear, page.academic_year_id)
    refuse_archived(year, advice=sentence("Исправить отметку можно только приказом по школе."))
    if column.term is not None:
        require_open_term(page, column.term.ends_on)
        if column.term.starts_on > school_today(actor):
            raise Conflict(
                sentence(
                    "Период ещё не начался: %(term)s, с %(day)s.",
                    term=column.term.name,
                    day=column.term.starts_on,
                ),
                advice="Отметки за него ставят, когда он идёт.",
            )


def proposed_for_empty(marks: TermMarks, name: str) -> list[Accepted]:
    """What «set the proposed» would set in a column: pupils without a mark who have something proposed."""
    column = column_named(marks.page, name)
    found: list[Accepted] = []
    for line in marks.lines:
        for cell in line.cells:
            if cell.column.name == column.name and cell.present and not cell.value and cell.proposal.value:
                found.append(
                    Accepted(
                        pupil_id=line.id, pupil=line.name, value=cell.proposal.value, why=cell.proposal.why
                    )
                )
    return found


def accept_proposed(
    db: Session, actor: Actor, page_id: UUID, name: str, pupils: Sequence[UUID] | None = None
) -> list[Accepted]:
    """Set what is proposed in a column wherever nothing is set; only for `pupils` if they are named.

    Returns what was set. Raises as `set_term_mark`.
    """
    page = open_page(db, actor, page_id, lock=True)
    require_right(actor, MARK, page.may_mark, None)
    column = column_named(page, name)
    require_settable(db, actor, page, column)
    marks = marks_on(db, actor, page)
    accepted = [each for each in proposed_for_empty(marks, name) if pupils is None or each.pupil_id in pupils]
    cells = {line.id: cell for line in marks.lines for cell in line.cells if cell.column.name == column.name}
    if accepted:
        _write(db, actor, page, [(each.pupil_id, cells[each.pupil_id], each.value, "") for each in accepted])
    return accepted


def _write(
    db: Session, actor: Actor, page: Opened, marks: Sequence[tuple[UUID, CellShown, str, str]]
) -> None:
    """Write marks of one page with their history and tell of them: pupil, cell as it was, mark, reason."""
    moment = now()
    changes: list[Change] = []
    for pupil_id, cell, mark, reason in marks:
        column, before, proposal = cell.column, cell.mark, cell.proposal
        place = (
            JournalTermMark.page_id == page.id,
            JournalTermMark.pupil_id == pupil_id,
            JournalTermMark.kind == column.kind,
            JournalTermMark.term_id == column.term.id if column.term else JournalTermMark.term_id.is_(None),
        )
        values = {
            "value": mark,
            "score": score_of(mark),
            "proposed": proposal.value,
            "proposed_total": proposal.sums.total,
            "proposed_weights": proposal.sums.weights,
            "proposed_count": proposal.sums.count,
            "reason": reason,
            "revision": before.revision + 1 if before else 1,
            "author_id": actor.person_id,
            "changed_at": moment,
        }
        if not mark:
            db.execute(delete(JournalTermMark).where(*place))
        elif before:
            db.execute(
                update(JournalTermMark)
                .where(*place)
                .values(values)
                .execution_options(synchronize_session=False)
            )
        else:
            db.execute(
                insert(JournalTermMark).values(
                    id=new_id(),
                    organization_id=page.organization_id,
                    academic_year_id=page.academic_year_id,
                    page_id=page.id,
                    pupil_id=pupil_id,
                    kind=column.kind,
                    term_id=column.term.id if column.term else None,
                    created_at=moment,
                    **values,
                )
            )
        after = {"value": mark, "proposed": proposal.value} if mark else None
        if after and proposal.sums.weights:
            after["average"] = proposal.sums.text()
        changes.append(
            Change(
                action="journal.term_mark.set",
                subject_type=TERM_MARK,
                subject_id=subject_id_of(page.id, pupil_id, column.slot),
                before={"value": before.value} if before else None,
                after=after,
                reason=reason,
            )
        )
    version = raise_version(db, page.id)
    record(db, actor, page.organization_id, *changes)
    for pupil_id, cell, mark, _reason in marks:
        db.publish(
            TermMarkSet(
                organization_id=page.organization_id,
                pupil_id=pupil_id,
                subject_id=page.subject_id,
                kind=msgspec.convert(cell.column.kind, TermMarkKind),
                term_id=cell.column.term.id if cell.column.term else None,
                value=mark,
                page_id=page.id,
                version=version,
            )
        )
    tell(db, page.id, version)
