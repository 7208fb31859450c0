"""What the portal proposes for a term, a year and a final mark, and why, in words.

The teacher sets; both are kept. Everything here is arithmetic of what was read already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from core.web.i18n import counted, sentence
from plugins.journal.scales import FAILED, PASSED
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.averages import Sums, marks_needed, rounded_mean
from plugins.journal.terms.scales import Scale

NOT_ATTESTED = "н/а"
EXEMPT = "осв"
TOP_OF_SCHOOL = 11
"""From this grade on a final mark is the mean of the half-year and year marks of the last two years."""


class Attended(msgspec.Struct, frozen=True):
    """Lessons of a pupil on a page in a term, and how many of them were missed."""

    lessons: int = 0
    missed: int = 0

    def missed_more_than(self, percent: int) -> bool:
        """Whether more than `percent` of the lessons were missed; with 0 the question is not asked."""
        return percent > 0 and 100 * self.missed > percent * self.lessons


class Exempt(msgspec.Struct, frozen=True):
    """Of how many days of a term a pupil is exempt; `apart` says that the pupil is taught elsewhere on them."""

    days: int = 0
    of: int = 0
    apart: bool = False

    @property
    def wholly(self) -> bool:
        """Whether every day of the pupil's in the term is exempt."""
        return 0 < self.of <= self.days

    @property
    def mostly(self) -> bool:
        """Whether more than half of the days are exempt."""
        return 2 * self.days > self.of


class Passed(msgspec.Struct, frozen=True):
    """Works of a pupil in a pass/fail subject: passed, and not passed nor made good by a retake."""

    passed: Annotated[int, Meta(description="Сколько зачтено.")] = 0
    failed: Annotated[int, Meta(description="Сколько не зачтено и не пересдано.")] = 0


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A mark the portal would set; `value` is empty where there is nothing to go by yet."""

    value: Annotated[str, Meta(description="Предложенная отметка: `4`, `н/а`; пусто – предложить нечего.")]
    why: Annotated[str, Meta(description="Почему именно она, словами.")]
    sums: Annotated[Sums, Meta(description="Из чего получен средний балл.")] = Sums()


NOTHING = Proposal(value="", why="")


def propose_term(sums: Sums, attended: Attended, scale: Scale, settings: JournalSettings) -> Proposal:
    """The mark of a term by the average, the least number of marks and the share of missed lessons."""
    if attended.missed_more_than(settings.most_absences):
        return _missed_too_much(attended, settings, sums)
    if not sums.count:
        return Proposal(value=NOT_ATTESTED, why=sentence("Отметок за период нет."), sums=sums)
    if sums.count < settings.least_marks_in_term:
        return Proposal(
            value=NOT_ATTESTED,
            why=sentence(
                "Отметок за период: %(count)s, а нужно не меньше %(least)s.",
                count=sums.count,
                least=settings.least_marks_in_term,
            ),
            sums=sums,
        )
    mark = scale.mark(sums)
    return Proposal(value=str(mark), why=_why(sums, scale, mark), sums=sums)


def propose_exempt(count: int, exempt: Exempt, settings: JournalSettings) -> Proposal | None:
    """«осв» for whoever is exempt the whole term, or for more than half of it with too few marks; else None.

    `count` is how many marks there are. For whoever is taught apart nothing is proposed: the mark stands on the page of
    the own group.
    """
    too_few = count < max(1, settings.least_marks_in_term)
    if not (exempt.wholly or (exempt.mostly and too_few)):
        return None
    if exempt.apart:
        why = sentence("Учится отдельно от класса: отметку за период ставят на странице его группы.")
        return Proposal(value="", why=why)
    if exempt.wholly:
        return Proposal(value=EXEMPT, why=sentence("Освобождён весь период."))
    why = sentence(
        "Освобождён больше половины периода: дней %(days)s из %(of)s. Отметок: %(count)s.",
        days=exempt.days,
        of=exempt.of,
        count=count,
    )
    return Proposal(value=EXEMPT, why=why)


def propose_passed(passed: Passed, attended: Attended, settings: JournalSettings) -> Proposal:
    """The mark of a term in a pass/fail subject: passed if every work is; one mark is enough."""
    if attended.missed_more_than(settings.most_absences):
        return _missed_too_much(attended, settings, Sums())
    if passed.failed:
        why = sentence("Не зачтено и не пересдано работ: %(count)s.", count=passed.failed)
        return Proposal(value=FAILED, why=why)
    if passed.passed:
        why = sentence("Зачтены все работы за период: %(count)s.", count=passed.passed)
        return Proposal(value=PASSED, why=why)
    return Proposal(value=NOT_ATTESTED, why=sentence("Отметок за период нет."))


def _missed_too_much(attended: Attended, settings: JournalSettings, sums: Sums) -> Proposal:
    return Proposal(
        value=NOT_ATTESTED,
        why=sentence(
            "Пропущено уроков: %(missed)s из %(lessons)s, это больше %(percent)s%%.",
            missed=attended.missed,
            lessons=attended.lessons,
            percent=settings.most_absences,
        ),
        sums=sums,
    )


def with_brought(proposal: Proposal, moved: Sums, external: Sums) -> Proposal:
    """The proposal, saying which marks of other pages and of a former school are counted in it."""
    why = proposal.why
    if moved.count:
        told = sentence(
            "Учтены отметки прежней группы или класса: %(count)s, средний балл %(average)s.",
            count=moved.count,
            average=moved.text(),
        )
        why = sentence("%(start)s %(rest)s", start=why, rest=told)
    if external.count:
        told = sentence(
            "Учтены отметки прежней школы: %(count)s, средний балл %(average)s.",
            count=external.count,
            average=external.text(),
        )
        why = sentence("%(start)s %(rest)s", start=why, rest=told)
    return msgspec.structs.replace(proposal, why=why)


def _why(sums: Sums, scale: Scale, mark: int) -> str:
    following = scale.above(mark)
    if following is None:
        return sentence(
            "Средний балл %(average)s не ниже порога %(bound)s.",
            average=sums.text(),
            bound=_bound_text(scale.bound_of(mark) or 0),
        )
    higher, bound = following
    needed = marks_needed(sums, bound, scale.highest)
    average, shown = sums.text(), _bound_text(bound)
    start = (
        sentence("Средний балл чуть ниже порога %(bound)s.", bound=shown)
        if average == shown
        else sentence("Средний балл %(average)s ниже порога %(bound)s.", average=average, bound=shown)
    )
    if needed is None:
        return start
    rest = counted(
        "До %(higher)s не хватает %(count)s отметки «%(highest)s».",
        "До %(higher)s не хватает %(count)s отметок «%(highest)s».",
        needed,
        higher=higher,
        highest=scale.highest,
    )
    return sentence("%(start)s %(rest)s", start=start, rest=rest)


def _bound_text(bound: int) -> str:
    return f"{bound // 100},{bound % 100:02d}"


def propose_year(terms: Mapping[str, str], finished: str = "", chosen: Sequence[str] = ()) -> Proposal:
    """The mark of the year: the mean of the marks set for its terms, by the name of the term.

    `finished` is the mark of this year from a former school where the subject was finished: it stands for the whole
    year unless this school has set a mark for a term. `chosen` are words on terms that several marks are set for.
    """
    if finished:
        why = sentence("Предмет завершён в прежней школе: за год там «%(mark)s».", mark=finished)
        return Proposal(value=finished, why=why)
    missing = [name for name, value in terms.items() if not value]
    if missing or not terms:
        return Proposal(
            value="",
            why=sentence("Ещё не выставлено: %(terms)s.", terms=", ".join(missing))
            if missing
            else sentence("В этом году нет учебных периодов."),
        )
    proposal = _mean(list(terms.values()))
    for told in chosen:
        why = sentence("%(start)s %(rest)s", start=proposal.why, rest=told)
        proposal = msgspec.structs.replace(proposal, why=why)
    return proposal


def propose_final(grade_level: int, year: str, exam: str, earlier: Sequence[str]) -> Proposal:
    """The final mark: the mean of year and exam marks, in the last grade of all marks of two years.

    `earlier` are the half-year and year marks of the last two years, this year's included. Without an exam
    the year mark is the final one.
    """
    if not year:
        return Proposal(value="", why=sentence("Сначала выставьте отметку за год."))
    if grade_level >= TOP_OF_SCHOOL:
        return _mean(list(earlier) or [year])
    if {year, exam} <= {PASSED, FAILED}:
        return _mean([year, exam])
    if exam.isdigit() and year.isdigit():
        return _mean([year, exam])
    return Proposal(value=year, why=sentence("Экзамена нет: итоговая отметка равна годовой."))


def _mean(values: list[str]) -> Proposal:
    numbers = [int(value) for value in values if value.isdigit()]
    if not numbers and FAILED in values:
        return Proposal(value=FAILED, why=sentence("Есть незачёт: %(values)s.", values=", ".join(values)))
    if not numbers and NOT_ATTESTED not in values and PASSED in values:
        return Proposal(value=PASSED, why=sentence("Незачётов нет: %(values)s.", values=", ".join(values)))
    if not numbers:
        same = values[0] if len(set(values)) == 1 else NOT_ATTESTED
        return Proposal(value=same, why=sentence("Отметок числом нет: %(values)s.", values=", ".join(values)))
    mark = rounded_mean(numbers)
    return Proposal(
        value=str(mark),
        why=sentence(
            "Среднее отметок %(values)s, округлённое по правилам математики.",
            values=", ".join(str(each) for each in numbers),
        ),
        sums=Sums(sum(numbers), len(numbers), len(numbers)),
    )


def needs_reason(value: str, proposal: Proposal) -> bool:
    """Whether setting `value` asks for a reason: it differs from what is proposed by more than rounding."""
    if not value or not proposal.value or value == proposal.value:
        return False
    if value.isdigit():
        return not (proposal.value.isdigit() and proposal.sums.beside(int(value)))
    return value == NOT_ATTESTED or {value, proposal.value} == {PASSED, FAILED}
