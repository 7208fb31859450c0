"""Term marks for programs: reading, setting, accepting what is proposed, closing terms and opening them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.organizations.term_closing import CLOSE
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.journal.access import MARK, VIEW, PageTerm, open_page
from plugins.journal.scales import MarkScale
from plugins.journal.terms import readiness
from plugins.journal.terms.averages import Sums
from plugins.journal.terms.class_sheets import ClassSheet, read_class_sheet
from plugins.journal.terms.journal_term_marks import (
    CellShown,
    ColumnName,
    LineShown,
    TermMarks,
    Value,
    read_term_marks,
)
from plugins.journal.terms.proposals import Passed
from plugins.journal.terms.setting import Accepted, accept_proposed, set_term_mark
from plugins.journal.terms.standings import term_column


class TermMarkOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's mark in a column."""

    column: ColumnName
    value: Value
    proposed: Annotated[str, Meta(description="Что предлагает портал сейчас; пусто – предложить нечего.")]
    why: Annotated[str, Meta(description="Почему портал предлагает именно это, словами.")]
    sums: Annotated[Sums, Meta(description="Из чего получен средний балл периода.")]
    passed: Annotated[Passed, Meta(description="Сколько работ зачтено и не зачтено, если шкала – зачёт.")]
    average: Annotated[str, Meta(description="Средний балл периода: «4,62»; пусто, если отметок нет.")]
    proposed_then: Annotated[
        str, Meta(description="Что было предложено, когда отметку выставили; пусто, если не выставлена.")
    ]
    reason: Annotated[
        str, Meta(description="Почему выставлена не предложенная отметка; пусто – без причины.")
    ]
    elsewhere: Annotated[
        str,
        Meta(
            description="Отметка за период, выставленная в прежней группе, классе или школе, если здесь её нет; "
            "годовая предлагается и по ней."
        ),
    ]
    source: Annotated[str, Meta(description="Из какой школы эта отметка; пусто – из нашей.")]
    present: Annotated[bool, Meta(description="Ученик был в списке в этом периоде: отметку можно выставить.")]


class TermMarkLineOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil with term marks."""

    id: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    name: Annotated[str, Meta(description="Фамилия и имя.")]
    marks: Annotated[Sequence[TermMarkOut], Meta(description="Отметки по порядку столбцов.")]


class TermColumnOut(msgspec.Struct, frozen=True, kw_only=True):
    """A column of term marks."""

    name: ColumnName
    title: Annotated[str, Meta(description="Название: «1 четверть», «Год».")]
    term: Annotated[PageTerm | None, Meta(description="Учебный период; null у года, экзамена и итоговой.")]


class TermMarksOut(msgspec.Struct, frozen=True, kw_only=True):
    """Term marks of a journal page."""

    page: Annotated[UUID, Meta(description="Ключ страницы журнала.")]
    subject: str
    title: Annotated[str, Meta(description="Класс и группа: «7А, группа 1».")]
    may_mark: Annotated[bool, Meta(description="Вам можно выставлять здесь отметки.")]
    scale: Annotated[MarkScale, Meta(description="По какой шкале ставят отметки.")]
    columns: Annotated[Sequence[TermColumnOut], Meta(description="Периоды, год, экзамен и итоговая.")]
    pupils: Annotated[Sequence[TermMarkLineOut], Meta(description="Ученики по порядку.")]


class TermMarkIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mark to be set."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика.")]
    column: ColumnName
    value: Annotated[
        str,
        Meta(
            max_length=16,
            examples=["5", "н/а"],
            description="Отметка: `5`, `н/а`, `осв`, `зач`; пусто – убрать.",
        ),
    ]
    was: Annotated[
        str | None,
        Meta(
            description="Что стояло, когда отметку прочитали. Если там уже другое, ответ – 409. null – записать, "
            "что бы там ни стояло.",
        ),
    ] = None
    reason: Annotated[
        str,
        Meta(
            max_length=500,
            description="Почему отметка другая, чем предложено. Обязательна, если она отличается больше, чем на "
            "округление.",
        ),
    ] = ""


class AcceptIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where proposed marks are to be set."""

    column: ColumnName
    pupils: Annotated[
        list[UUID] | None,
        Meta(description="Ключи учеников; null – все, у кого отметки нет."),
    ] = None


class AcceptedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was set."""

    accepted: Annotated[Sequence[Accepted], Meta(description="Выставленные отметки.")]


class TermReadinessOut(msgspec.Struct, frozen=True, kw_only=True):
    """A term with how far its marks are."""

    id: Annotated[UUID, Meta(description="Ключ учебного периода.")]
    kind: Annotated[str, Meta(description="Вид: `quarter`, `half_year`, `trimester`, `module`.")]
    number: Annotated[int, Meta(description="Который в году, считая с 1.")]
    name: Annotated[str, Meta(description="Название: «1 четверть».")]
    starts_on: date
    ends_on: date
    is_closed: Annotated[bool, Meta(description="Период закрыт: менять в нём ничего нельзя.")]
    reopened_until: Annotated[
        date | None, Meta(description="По какой день период открыт снова; null – не открывали.")
    ]
    expected: Annotated[int, Meta(description="Сколько отметок за период должно быть.")]
    set: Annotated[int, Meta(description="Сколько выставлено.")]
    classes: Annotated[
        Sequence[readiness.ClassReadiness], Meta(description="По классам и страницам журнала.")
    ]


class ReopenIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a term is to be opened again, and until when."""

    reason: Annotated[str, Meta(max_length=1000, description="Причина; останется в истории изменений.")]
    until: Annotated[date, Meta(description="Последний день, когда период открыт; дальше он закроется сам.")]


def _mark(cell: CellShown) -> TermMarkOut:
    return TermMarkOut(
        column=cell.column.name,
        value=cell.value,
        proposed=cell.proposal.value,
        why=cell.proposal.why,
        sums=cell.standing.sums,
        passed=cell.standing.passed,
        average=cell.average,
        proposed_then=cell.mark.proposed if cell.mark else "",
        reason=cell.mark.reason if cell.mark else "",
        elsewhere=cell.elsewhere,
        source=cell.standing.source if cell.elsewhere else "",
        present=cell.present,
    )


def _line(line: LineShown) -> TermMarkLineOut:
    return TermMarkLineOut(id=line.id, name=line.name, marks=[_mark(cell) for cell in line.cells])


def _marks(marks: TermMarks) -> TermMarksOut:
    page = marks.page
    return TermMarksOut(
        page=page.id,
        subject=page.subject,
        title=page.title,
        may_mark=page.may_mark,
        scale=page.scale,
        columns=[TermColumnOut(name=each.name, title=each.title, term=each.term) for each in marks.columns],
        pupils=[_line(line) for line in marks.lines],
    )


def _term(line: readiness.TermReadiness) -> TermReadinessOut:
    term = line.term
    return TermReadinessOut(
        id=term.id,
        kind=term.kind,
        number=term.number,
        name=term.name,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        is_closed=line.is_closed,
        reopened_until=line.reopened_until,
        expected=line.expected,
        set=line.set,
        classes=line.classes,
    )


@get(
    "/api/v1/journal/pages/{page_id:uuid}/term-marks",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Итоговые отметки страницы журнала",
    description="Отметки за периоды, год, экзамен и итоговые: выставленные и предложенные, с объяснением.",
    responses=problems(404),
)
def term_marks_read(
    actor: NamedDependency[Actor], database: NamedDependency[Database], page_id: FromPath[UUID]
) -> TermMarksOut:
    """Term marks of a page."""
    with database.reading(fresh=True) as db:
        return _marks(read_term_marks(db, actor, page_id))


class TermMarkNow(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's mark of one term beside what is proposed by now."""

    pupil: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    value: Value
    proposed: Annotated[str, Meta(description="Что предлагает портал сейчас; пусто – предложить нечего.")]
    why: Annotated[str, Meta(description="Почему портал предлагает именно это, словами.")]
    differs: Annotated[bool, Meta(description="Выставлена не та отметка, которую портал предлагает сейчас.")]
    reason: Annotated[
        str, Meta(description="Почему выставлена не предложенная отметка; пусто – без причины.")
    ]


@get(
    "/api/v1/journal/pages/{page_id:uuid}/terms/{number:int}/marks",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Отметки страницы журнала за один период",
    description="Выставленные и предложенные. Учеников, у которых за период нет ни одной отметки, здесь нет.",
    responses=problems(404),
)
def term_column_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    number: Annotated[int, PathParameter(description="Который период в году, считая с 1.")],
) -> list[TermMarkNow]:
    """The marks of one term of a page."""
    with database.reading(fresh=True) as db:
        page = open_page(db, actor, page_id)
        return [
            TermMarkNow(
                pupil=pupil_id,
                value=cell.value,
                proposed=cell.proposal.value,
                why=cell.proposal.why,
                differs=cell.differs,
                reason=cell.reason,
            )
            for pupil_id, cell in term_column(db, actor, page, page.term_numbered(number)).items()
        ]


@put(
    "/api/v1/journal/pages/{page_id:uuid}/term-marks",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Выставить итоговую отметку",
    description=(
        "Одному ученику в одном столбце. 409 – период закрыт или ещё не начался, учебный год в архиве, ученика не "
        "было в списке или отметку уже изменил другой: тогда `fields.text` – что там сейчас. 422 с `fields.reason` – "
        "отметка отличается от предложенной больше, чем на округление: повторите с причиной."
    ),
    responses=problems(404, 409, 422),
)
def term_mark_set(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[TermMarkIn],
) -> TermMarkLineOut:
    """Set a term mark."""
    with database.transaction() as db:
        return _line(
            set_term_mark(
                db, actor, page_id, data.pupil, data.column, data.value, was=data.was, reason=data.reason
            )
        )


@post(
    "/api/v1/journal/pages/{page_id:uuid}/term-marks/accept",
    guards=[needs(MARK)],
    sync_to_thread=True,
    summary="Выставить предложенные отметки",
    description=(
        "Всем, у кого в столбце отметки нет, а портал её предлагает. Выставленные не меняются. 409 – период закрыт "
        "или ещё не начался."
    ),
    responses=problems(404, 409, 422),
)
def term_marks_accept(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    page_id: FromPath[UUID],
    data: JSONBody[AcceptIn],
) -> AcceptedOut:
    """Set what is proposed."""
    with database.transaction() as db:
        return AcceptedOut(accepted=accept_proposed(db, actor, page_id, data.column, data.pupils))


@get(
    "/api/v1/journal/school-classes/{school_class_id:uuid}/term-marks",
    guards=[needs(VIEW)],
    sync_to_thread=True,
    summary="Сводная ведомость класса",
    description="Ученики по предметам за период или год. Её видят классный руководитель, завуч и директор.",
    responses=problems(404, 422),
)
def class_sheet_read(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    school_class_id: FromPath[UUID],
    column: Annotated[
        str,
        QueryParameter(
            pattern=r"^([1-9][0-9]?|year|exam|final)?$",
            description="Номер периода, `year`, `exam` или `final`; без него – текущий период.",
        ),
    ] = "",
) -> ClassSheet:
    """The sheet of a class."""
    with database.reading(fresh=True) as db:
        return read_class_sheet(db, actor, school_class_id, column)


@get(
    "/api/v1/journal/terms",
    guards=[needs(CLOSE)],
    sync_to_thread=True,
    summary="Готовность учебных периодов",
    description="Периоды текущего учебного года: сколько итоговых отметок должно быть и сколько выставлено.",
    responses=problems(),
)
def terms_list(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> list[TermReadinessOut]:
    """The terms of the year with their readiness."""
    with database.reading(fresh=True) as db:
        return [_term(line) for line in readiness.terms_with_readiness(db, actor)]


@post(
    "/api/v1/journal/terms/{term_id:uuid}/close",
    guards=[needs(CLOSE)],
    sync_to_thread=True,
    summary="Закрыть учебный период",
    description=(
        "Для всех классов, которые по нему учатся. Учителя, у которых не хватает отметок, получают уведомления. "
        "409 – период уже закрыт или ещё не начался."
    ),
    responses=problems(404, 409, 422),
)
def term_close(
    actor: NamedDependency[Actor], database: NamedDependency[Database], term_id: FromPath[UUID]
) -> TermReadinessOut:
    """Close a term."""
    with database.transaction() as db:
        return _term(readiness.close(db, actor, term_id))


@post(
    "/api/v1/journal/terms/{term_id:uuid}/reopen",
    guards=[needs(CLOSE)],
    sync_to_thread=True,
    summary="Открыть учебный период снова",
    description="На несколько дней, с причиной. 409 – период открыт или учебный год в архиве.",
    responses=problems(404, 409, 422),
)
def term_reopen(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    term_id: FromPath[UUID],
    data: JSONBody[ReopenIn],
) -> TermReadinessOut:
    """Open a term again."""
    with database.transaction() as db:
        readiness.reopen(db, actor, term_id, data.reason, data.until)
        return _term(readiness.term_readiness(db, actor, term_id))


terms_api_routes: list[Any] = [
    term_marks_read,
    term_column_read,
    term_mark_set,
    term_marks_accept,
    class_sheet_read,
    terms_list,
    term_close,
    term_reopen,
]
