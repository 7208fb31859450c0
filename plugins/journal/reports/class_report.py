"""The class teacher's report: who learns how, by the marks of a term or of the year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.errors import Invalid
from core.roles.actor import Actor
from core.web.i18n import lazy
from plugins.journal.behaviour.scale import SCALES
from plugins.journal.reports.rates import Rates, rates_in, share
from plugins.journal.scales import FAILED, PASSED, MarkScale, levels_in
from plugins.journal.terms.class_sheets import ClassSheet, SheetCell, SheetColumn, read_class_sheet
from plugins.journal.terms.proposals import NOT_ATTESTED
from plugins.journal.terms.standings import EXAM, FINAL

GroupName = Literal["excellent", "good", "satisfactory", "failing", "not_attested", "incomplete"]
TITLES: Mapping[GroupName, str] = {
    "excellent": lazy("Отличники"),
    "good": lazy("Хорошисты"),
    "satisfactory": lazy("Успевают с тройками"),
    "failing": lazy("Не успевают"),
    "not_attested": lazy("Не аттестованы"),
    "incomplete": lazy("Не учтены: отметок нет или выставлены не все"),
}
"""The groups of pupils in their order, as pages call them."""


class SubjectMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a pupil's in a subject."""

    subject: Annotated[str, Meta(description="Предмет.")]
    value: Annotated[str, Meta(description="Отметка: `3`, `н/а`.")]
    level: Annotated[
        str,
        Meta(description="Как она считается: `5`, `4`, `3`, `2`, `1` или слово; у других шкал – по уровню."),
    ]


class ListedPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a list of the report, with the marks that have brought them there."""

    id: Annotated[UUID, Meta(description="Ключ ученика (человека).")]
    name: Annotated[str, Meta(description="Фамилия и инициалы.")]
    marks: Annotated[Sequence[SubjectMark], Meta(description="Отметки, из-за которых он здесь.")] = ()


class PupilGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Pupils who learn alike."""

    name: Annotated[
        GroupName,
        Meta(
            description="`excellent` – одни пятёрки; `good` – четвёрки и пятёрки; `satisfactory` – есть тройки; "
            "`failing` – есть 2, 1 или незачёт; `not_attested` – есть н/а; `incomplete` – не учтены."
        ),
    ]
    share: Annotated[float | None, Meta(description="Доля среди учтённых, %; null у неучтённых.")]
    pupils: Annotated[Sequence[ListedPupil], Meta(description="Ученики по алфавиту.")]

    @property
    def title(self) -> str:
        """What pages call the group."""
        return TITLES[self.name]


class ReportSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of the class: its marks, how many of each, and their rates."""

    id: UUID
    name: Annotated[str, Meta(description="Название предмета.")]
    marks: Annotated[
        Mapping[str, int],
        Meta(description='Сколько каких отметок, у других шкал – по уровням: `{"5": 7, "4": 12}`.'),
    ]
    scale: Annotated[MarkScale, Meta(description="По какой шкале ставят отметки.")]
    rates: Annotated[Rates, Meta(description="Успеваемость, качество, СОУ и средняя отметка.")]


class BehaviourCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many pupils have a mark of behaviour."""

    value: Annotated[str, Meta(description="Отметка: `обр`, `зач`, `5`.")]
    title: Annotated[str, Meta(description="Что значит: «образцовое».")]
    failing: Annotated[bool, Meta(description="Поведение неудовлетворительное.")]
    pupils: Annotated[Sequence[str], Meta(description="Фамилии и инициалы.")]


class ClassReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a class.

    Успеваемость and качество of the class are shares of its pupils that are counted; СОУ and the average are of all
    their marks. Subjects where nobody has a mark are left out.
    """

    school_class_id: UUID
    class_name: Annotated[str, Meta(description="Название класса: «7А».")]
    column: Annotated[SheetColumn, Meta(description="За что отчёт.")]
    columns: Annotated[Sequence[SheetColumn], Meta(description="За что отчёт можно показать.")]
    preliminary: Annotated[
        bool, Meta(description="Предварительный: невыставленные отметки взяты предложенными.")
    ]
    without_marks: Annotated[bool, Meta(description="Класс учится без отметок.")]
    pupils: Annotated[int, Meta(description="Сколько учеников в классе за период.")]
    counted: Annotated[int, Meta(description="Сколько из них учтено в долях.")]
    missing: Annotated[int, Meta(description="Сколько отметок ещё не выставлено.")]
    rates: Annotated[Rates, Meta(description="Успеваемость, качество, СОУ и средняя отметка.")]
    groups: Annotated[Sequence[PupilGroup], Meta(description="Кто как учится.")]
    one_three: Annotated[Sequence[ListedPupil], Meta(description="С одной тройкой, остальные 4 и 5.")]
    one_four: Annotated[Sequence[ListedPupil], Meta(description="С одной четвёркой, остальные 5.")]
    behind: Annotated[Sequence[ListedPupil], Meta(description="Неуспевающие и неаттестованные.")]
    subjects: Annotated[Sequence[ReportSubject], Meta(description="Предметы, по которым есть отметки.")]
    behaviour: Annotated[
        Sequence[BehaviourCount],
        Meta(description="Поведение: сколько у кого; пусто, если школа его не ставит."),
    ]
    left_out: Annotated[Sequence[str], Meta(description="Предметы, по которым отметок нет ни у кого.")]


class _Judged(msgspec.Struct):
    """A pupil with the marks that count, and those that are not there."""

    id: UUID
    name: str
    marks: list[SubjectMark]
    missing: int

    @property
    def group(self) -> GroupName:
        """How the pupil learns."""
        values = [mark.level for mark in self.marks]
        numbers = [int(value) for value in values if value.isdigit()]
        if FAILED in values or any(number < 3 for number in numbers):
            return "failing"
        if NOT_ATTESTED in values:
            return "not_attested"
        if self.missing or not numbers:
            return "incomplete"
        return "satisfactory" if 3 in numbers else "good" if 4 in numbers else "excellent"

    def listed(self, *levels: str) -> ListedPupil:
        """The pupil with the marks that count as one of `levels`."""
        return ListedPupil(
            id=self.id, name=self.name, marks=[mark for mark in self.marks if mark.level in levels]
        )


def report_class(
    db: Session, actor: Actor, class_id: UUID, column: str = "", *, preliminary: bool = False
) -> ClassReport:
    """The report of a class for a column of its summary sheet, without one for the present term.

    With `preliminary` a mark that is not set counts as the portal proposes it. Whose class may be read is as with the
    summary sheet. Marks of other scales than five-point count by their levels. Raises `NotFound`, `Invalid` for a
    preliminary exam or final mark.
    """
    sheet = read_class_sheet(db, actor, class_id, column)
    if preliminary and sheet.column.name in (EXAM, FINAL):
        raise Invalid(
            "Предварительно можно посмотреть учебный период или год.",
            advice="Выберите четверть, триместр, полугодие или год.",
        )
    kept = [
        at
        for at in range(len(sheet.subjects))
        if any(_is_mark(line.cells[at], preliminary=preliminary) for line in sheet.lines)
    ]
    pupils = [
        _Judged(
            line.id,
            line.name,
            [
                SubjectMark(
                    subject=sheet.subjects[at].name,
                    value=value,
                    level=sheet.subjects[at].scale.level(value),
                )
                for at in kept
                if (value := _value(line.cells[at], preliminary=preliminary))
            ],
            sum(
                line.cells[at].expected and not _value(line.cells[at], preliminary=preliminary) for at in kept
            ),
        )
        for line in sheet.lines
    ]
    return _report(sheet, pupils, kept, preliminary=preliminary)


def _value(cell: SheetCell, *, preliminary: bool) -> str:
    return cell.value or (cell.proposed if preliminary else "")


def _is_mark(cell: SheetCell, *, preliminary: bool) -> bool:
    """Whether the cell shows that the subject is marked: «н/а» is proposed in any."""
    return bool(cell.value) or (
        preliminary and (cell.proposed.isdigit() or cell.proposed in (PASSED, FAILED))
    )


def _report(
    sheet: ClassSheet, pupils: Sequence[_Judged], kept: Sequence[int], *, preliminary: bool
) -> ClassReport:
    groups: dict[str, list[_Judged]] = defaultdict(list)
    for pupil in pupils:
        groups[pupil.group].append(pupil)
    counted = len(pupils) - len(groups["incomplete"])
    marks: dict[str, Counter[str]] = defaultdict(Counter)
    for pupil in pupils:
        for mark in pupil.marks:
            marks[mark.subject][mark.value] += 1
    of_marks = rates_in((sheet.subjects[at].scale, marks[sheet.subjects[at].name]) for at in kept)
    excellent, good = groups["excellent"], groups["good"]
    return ClassReport(
        school_class_id=sheet.school_class_id,
        class_name=sheet.class_name,
        column=sheet.column,
        columns=sheet.columns,
        preliminary=preliminary,
        without_marks=sheet.without_marks,
        pupils=len(pupils),
        counted=counted,
        missing=sum(pupil.missing for pupil in pupils),
        rates=Rates(
            passed=share(len(excellent) + len(good) + len(groups["satisfactory"]), counted),
            quality=share(len(excellent) + len(good), counted),
            learned=of_marks.learned,
            average=of_marks.average,
        ),
        groups=[
            PupilGroup(
                name=name,
                share=None if name == "incomplete" else share(len(groups[name]), counted),
                pupils=[pupil.listed() for pupil in groups[name]],
            )
            for name in TITLES
        ],
        one_three=[pupil.listed("3") for pupil in groups["satisfactory"] if _times(pupil, "3") == 1],
        one_four=[pupil.listed("4") for pupil in good if _times(pupil, "4") == 1],
        behind=[
            pupil.listed("2", "1", FAILED, NOT_ATTESTED)
            for pupil in pupils
            if pupil.group in ("failing", "not_attested")
        ],
        subjects=[
            ReportSubject(
                id=sheet.subjects[at].id,
                name=sheet.subjects[at].name,
                marks=levels_in(marks[sheet.subjects[at].name], sheet.subjects[at].scale),
                scale=sheet.subjects[at].scale,
                rates=rates_in([(sheet.subjects[at].scale, marks[sheet.subjects[at].name])]),
            )
            for at in kept
        ],
        behaviour=_behaviour(sheet),
        left_out=[each.name for at, each in enumerate(sheet.subjects) if at not in kept],
    )


def _behaviour(sheet: ClassSheet) -> list[BehaviourCount]:
    if not sheet.with_behaviour:
        return []
    return [
        BehaviourCount(
            value=mark.value,
            title=str(mark.title),
            failing=mark.failing,
            pupils=[line.name for line in sheet.lines if line.behaviour == mark.value],
        )
        for mark in SCALES[sheet.behaviour]
    ]


def _times(pupil: _Judged, level: str) -> int:
    return sum(mark.level == level for mark in pupil.marks)
