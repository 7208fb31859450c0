"""The sheet of behaviour of a class: pupils by terms and the year; setting a mark, one or to all who have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, update

from core.audit.record import Change, history, record
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Forbidden, NotFound
from core.identity.sessions import school_today
from core.organizations.academic_years import refuse_archived
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.roles.permissions import Reach
from core.school_events import BehaviourMarkSet
from core.web.i18n import gettext as _
from core.web.i18n import sentence
from plugins.journal.access import PageTerm
from plugins.journal.behaviour.models import JournalBehaviour
from plugins.journal.behaviour.scale import SCALES, is_failing, parse_behaviour, proposed_for_year
from plugins.journal.behaviour.stored import behaviour_of_year
from plugins.journal.grid.history import HistoryLine
from plugins.journal.scales import BehaviourKind
from plugins.journal.settings import settings_of
from plugins.journal.terms.class_members import ClassPupil, pupils_of_class
from plugins.journal.terms.class_sheets import class_with_terms
from plugins.journal.terms.standings import YEAR

BEHAVE = "journal.behaviour.set"
BEHAVIOUR = "journal.behaviour"
MOST_CHANGES = 60


class BehaviourColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A term or the year."""

    name: Annotated[str, Meta(description="Номер учебного периода в году или `year`.")]
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]
    term_id: Annotated[UUID | None, Meta(description="Ключ учебного периода; null у года.")]
    is_closed: Annotated[bool, Meta(description="Период закрыт: менять в нём ничего нельзя.")]
    is_open: Annotated[bool, Meta(description="Вам можно ставить здесь отметки сегодня.")]


class BehaviourCell(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a column. `present` – they were in the class then."""

    value: Annotated[str, Meta(description="Отметка: `обр`, `зач`, `5`; пусто – не выставлена.")]
    proposed: Annotated[str, Meta(description="Что предложено за год, когда выставлены все периоды.")]
    present: Annotated[bool, Meta(description="Ученик был в классе: отметку можно поставить.")]
    failing: Annotated[bool, Meta(description="Поведение неудовлетворительное.")]


class BehaviourLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil with all columns."""

    id: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    cells: Annotated[Sequence[BehaviourCell], Meta(description="По порядку столбцов.")]


class BehaviourSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet of a class."""

    school_class_id: UUID
    class_name: Annotated[str, Meta(description="Название класса: «7А».")]
    kind: Annotated[BehaviourKind, Meta(description="Шкала: `pass_fail`, `levels` или `five`.")]
    columns: Annotated[Sequence[BehaviourColumn], Meta(description="Учебные периоды и год.")]
    lines: Annotated[Sequence[BehaviourLine], Meta(description="Ученики по алфавиту.")]

    @property
    def open_columns(self) -> list[BehaviourColumn]:
        """The columns in which the reader may put marks today."""
        return [each for each in self.columns if each.is_open]


def read_behaviour(db: Session, actor: Actor, class_id: UUID) -> BehaviourSheet:
    """The sheet of a class; three statements and the year.

    A class teacher sees the own class, whoever sees all journals every class. Raises `NotFound` for another's class
    and where the school does not mark behaviour.
    """
    school_class, terms = class_with_terms(db, actor, class_id)
    kind = settings_of(db, actor).behaviour
    if kind == "off":
        raise NotFound(
            "В школе не ставят отметки за поведение.",
            advice="Включает их директор в настройках журнала.",
        )
    year = db.get_one(AcademicYear, school_class.academic_year_id)
    pupils = pupils_of_class(db, class_id, year.starts_on, year.ends_on)
    stored = behaviour_of_year(db, school_class, class_id)
    may_set, today = _may_set(actor, class_id) and not year.archived, school_today(actor)
    return BehaviourSheet(
        school_class_id=class_id,
        class_name=school_class.name,
        kind=kind,
        columns=[
            *(
                BehaviourColumn(
                    name=str(term.number),
                    title=term.name,
                    term_id=term.id,
                    is_closed=term.is_closed,
                    is_open=may_set and not term.is_closed and term.starts_on <= today,
                )
                for term in terms
            ),
            BehaviourColumn(name=YEAR, title=_("Год"), term_id=None, is_closed=False, is_open=may_set),
        ],
        lines=[_line(pupil, terms, stored, kind) for pupil in pupils.values()],
    )


def _may_set(actor: Actor, class_id: UUID) -> bool:
    reach = actor.reach(BEHAVE)
    own = actor.role.school_class_id if actor.role else None
    return reach is not None and (reach is not Reach.OWN or own == class_id)


def _line(
    pupil: ClassPupil,
    terms: Sequence[PageTerm],
    stored: Mapping[tuple[UUID, UUID | None], str],
    kind: BehaviourKind,
) -> BehaviourLine:
    there = [term for term in terms if pupil.was_there(term)]
    proposed = proposed_for_year([stored.get((pupil.id, term.id), "") for term in there], kind)

    def cell(term_id: UUID | None, *, present: bool, proposed: str = "") -> BehaviourCell:
        value = stored.get((pupil.id, term_id), "")
        return BehaviourCell(value=value, proposed=proposed, present=present, failing=is_failing(value, kind))

    return BehaviourLine(
        id=pupil.id,
        name=pupil.name,
        cells=[
            *(cell(term.id, present=term in there) for term in terms),
            cell(None, present=True, proposed=proposed),
        ],
    )


def set_behaviour(
    db: Session,
    actor: Actor,
    class_id: UUID,
    pupil_id: UUID,
    name: str,
    value: str,
    was: str | None = None,
) -> BehaviourSheet:
    """Put a pupil's mark in a column, or take it back with an empty one; returns the sheet.

    `was` is the mark the writer saw, None means "whatever it is". Raises `Invalid` for what is no mark, `Conflict`
    in a closed term, before it begins and where somebody was faster, `Forbidden` for another's class, `NotFound`.
    """
    sheet = read_behaviour(db, actor, class_id)
    column = _require_open(db, actor, sheet, name)
    mark = parse_behaviour(value, sheet.kind)
    cell = _cell(sheet, pupil_id, column)
    if not cell.present:
        raise Conflict(
            sentence("%(term)s: этого ученика не было в классе.", term=column.title),
            advice="Проверьте даты зачисления у секретаря школы.",
        )
    if mark == cell.value:
        return sheet
    if was is not None and was.strip().casefold() != cell.value:
        raise Conflict(
            sentence("Отметку уже изменили: сейчас там «%(text)s».", text=cell.value)
            if cell.value
            else sentence("Отметку уже убрали."),
            advice="Проверьте её и при необходимости введите свою ещё раз.",
            fields={"text": cell.value},
        )
    _write(db, actor, sheet, column, [(pupil_id, cell.value, mark)])
    return read_behaviour(db, actor, class_id)


def fill_behaviour(db: Session, actor: Actor, class_id: UUID, name: str, value: str) -> int:
    """Put one mark to all who have none in a column; returns to how many. Raises as `set_behaviour`."""
    sheet = read_behaviour(db, actor, class_id)
    column = _require_open(db, actor, sheet, name)
    mark = parse_behaviour(value, sheet.kind)
    if not mark:
        raise Conflict("Отметка не выбрана.", advice="Выберите отметку из списка.")
    at = list(sheet.columns).index(column)
    empty = [line.id for line in sheet.lines if line.cells[at].present and not line.cells[at].value]
    if empty:
        _write(db, actor, sheet, column, [(each, "", mark) for each in empty])
    return len(empty)


def _require_open(db: Session, actor: Actor, sheet: BehaviourSheet, name: str) -> BehaviourColumn:
    actor.require(BEHAVE)
    if not _may_set(actor, sheet.school_class_id):
        raise Forbidden(
            "Поведение этого класса ставит его классный руководитель.",
            advice="Изменить отметку может и завуч.",
        )
    column = next((each for each in sheet.columns if each.name == name), None)
    if column is None:
        raise NotFound("Такого учебного периода нет.", advice="Выберите период или год из списка.")
    if column.is_closed:
        raise Conflict(
            sentence("Период закрыт: %(term)s.", term=column.title),
            advice="Попросите завуча открыть его.",
        )
    if not column.is_open:
        school_class, _terms = class_with_terms(db, actor, sheet.school_class_id)
        year = db.get_one(AcademicYear, school_class.academic_year_id)
        refuse_archived(year, advice=sentence("Исправить отметку можно только приказом по школе."))
        raise Conflict(
            sentence("Период ещё не начался: %(term)s.", term=column.title),
            advice="Отметки за него ставят, когда он идёт.",
        )
    return column


def _cell(sheet: BehaviourSheet, pupil_id: UUID, column: BehaviourColumn) -> BehaviourCell:
    at = list(sheet.columns).index(column)
    found = next((line.cells[at] for line in sheet.lines if line.id == pupil_id), None)
    if found is None:
        raise NotFound(
            "Такого ученика в классе нет.", advice="Обновите страницу: состав класса мог измениться."
        )
    return found


def _write(
    db: Session,
    actor: Actor,
    sheet: BehaviourSheet,
    column: BehaviourColumn,
    marks: Sequence[tuple[UUID, str, str]],
) -> None:
    """Write marks of one column with their history: pupil, mark before, mark."""
    school_class, _terms = class_with_terms(db, actor, sheet.school_class_id)
    changes: list[Change] = []
    for pupil_id, before, mark in marks:
        place = (
            JournalBehaviour.school_class_id == sheet.school_class_id,
            JournalBehaviour.pupil_id == pupil_id,
            JournalBehaviour.term_id == column.term_id
            if column.term_id
            else JournalBehaviour.term_id.is_(None),
        )
        signed: dict[str, Any] = {"value": mark, "author_id": actor.person_id, "changed_at": now()}
        if not mark:
            db.execute(delete(JournalBehaviour).where(*place))
        elif before:
            db.execute(update(JournalBehaviour).where(*place).values(signed))
        else:
            db.execute(
                insert(JournalBehaviour).values(
                    id=new_id(),
                    organization_id=school_class.organization_id,
                    academic_year_id=school_class.academic_year_id,
                    school_class_id=sheet.school_class_id,
                    pupil_id=pupil_id,
                    term_id=column.term_id,
                    **signed,
                )
            )
        changes.append(
            Change(
                action="journal.behaviour.set",
                subject_type=BEHAVIOUR,
                subject_id=subject_id_of(sheet.school_class_id, pupil_id, column),
                before={"value": before} if before else None,
                after={"value": mark} if mark else None,
            )
        )
    record(db, actor, school_class.organization_id, *changes)
    for pupil_id, _before, _mark in marks:
        db.publish(
            BehaviourMarkSet(
                organization_id=school_class.organization_id,
                school_class_id=sheet.school_class_id,
                pupil_id=pupil_id,
                term_id=column.term_id,
            )
        )


def subject_id_of(class_id: UUID, pupil_id: UUID, column: BehaviourColumn) -> str:
    """The name of a mark of behaviour in the audit record."""
    return f"{class_id}:{pupil_id}:{column.term_id or YEAR}"


def behaviour_history(db: Session, sheet: BehaviourSheet) -> list[HistoryLine]:
    """The latest changes on a sheet that was read for the actor, the last first."""
    names = {
        subject_id_of(sheet.school_class_id, line.id, column): f"{line.name}, {column.title}"
        for line in sheet.lines
        for column in sheet.columns
    }
    return [
        HistoryLine(
            at=row.at,
            who=row.person_name,
            what=_("%(whose)s: было «%(before)s», стало «%(after)s»")
            % {
                "whose": names.get(row.subject_id, ""),
                "before": (row.before or {}).get("value", ""),
                "after": (row.after or {}).get("value", ""),
            },
        )
        for row in history(db, BEHAVIOUR, list(names))[:MOST_CHANGES]
    ]


def choices(kind: BehaviourKind) -> list[tuple[str, str]]:
    """The marks of a scale to choose from: as they are written, and in words."""
    return [
        (each.value, f"{each.value} – {each.title}" if each.title != each.value else each.value)
        for each in SCALES[kind]
    ]
