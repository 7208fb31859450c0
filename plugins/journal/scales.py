"""Scales of marks: five-point, ten-point, hundred-point, a school's own, pass/fail; which subject has which.

A school has one scale for everything and may give subjects and grade levels others, one to a line: «ОРКСЭ; зачёт»,
«Физика; 10; 10–11». Reports, which are defined for five points, take marks of other scales by *levels*: a mark's share
of the highest one, in percent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.identity.names import sort_key
from core.web.i18n import gettext as _
from core.web.i18n import sentence
from plugins.journal.terms.scales import Scale, hundredths, mathematical, require_falling

PASSED, FAILED = "зач", "нз"
BehaviourKind = Literal["off", "pass_fail", "levels", "five"]
"""How behaviour is marked: not at all, passed or not, three levels, five points."""

FIVE_POINT = 5
HIGHEST = 100
MOST_GRADES = 12
ALL_SUBJECTS = "все предметы"
USUAL_LEVELS = "отлично; 80\nхорошо; 60\nудовлетворительно; 40"
"""The bounds of levels that come with the portal, in percent of the highest mark; no act prescribes any."""

USUAL_BOUNDS = "отлично; 85\nхорошо; 65\nудовлетворительно; 50"
"""The bounds of marks for works by criteria, in percent of the points."""

_WORDS = {
    **dict.fromkeys(("зачёт", "зачет", "зач", "зачёт/незачёт", "зачет/незачет"), (0, 0)),
    "пятибалльная": (None, 5),
    "десятибалльная": (None, 10),
    "стобалльная": (None, 100),
}
_RANGE = re.compile(r"(?:(\d{1,3})\s*[-–—]\s*)?(\d{1,3})")
_GRADES = re.compile(r"(\d{1,2})(?:\s*[-–—]\s*(\d{1,2}))?")


class MarkScale(msgspec.Struct, frozen=True, kw_only=True):
    """How a subject is marked: by whole numbers from `lowest` to `highest`, or by words where both are 0."""

    lowest: Annotated[int, Meta(description="Низшая отметка; 0 и 0 – только зачёт и незачёт.")]
    highest: Annotated[int, Meta(description="Высшая отметка; 0 – только зачёт и незачёт.")]
    thresholds: Annotated[Scale, Meta(description="Пороги отметок за период; у зачёта их нет.")] = Scale(
        (), 0
    )
    levels: Annotated[
        tuple[int, int, int],
        Meta(description="С какого процента высшей отметки – «отлично», «хорошо», «удовлетворительно»."),
    ] = (80, 60, 40)
    debt: Annotated[
        int | None, Meta(description="Какой отметкой считается долг в среднем балле; null – не входит.")
    ] = None

    @property
    def passes(self) -> bool:
        """Whether the subject is only passed or not: no numbers, no average."""
        return self.highest == 0

    @property
    def title(self) -> str:
        """«зачёт», «5-балльная», «от 0 до 20»."""
        if self.passes:
            return _("зачёт")
        if self.lowest <= 1:
            return _("%(highest)s-балльная") % {"highest": self.highest}
        return _("от %(lowest)s до %(highest)s") % {"lowest": self.lowest, "highest": self.highest}

    @property
    def one_digit(self) -> bool:
        """Whether a digit is a whole mark, so that several may be written together."""
        return 0 < self.highest < 10

    @property
    def keys(self) -> list[str]:
        """The marks to offer as keys, best first; none where they would be too many."""
        if self.passes:
            return [PASSED, FAILED]
        lowest = max(self.lowest, 2) if self.highest == FIVE_POINT else self.lowest
        marks = [str(mark) for mark in range(self.highest, lowest - 1, -1)]
        return marks if len(marks) <= 11 else []

    def has(self, number: int) -> bool:
        """Whether a number is a mark of the scale."""
        return not self.passes and self.lowest <= number <= self.highest

    def level(self, value: str) -> str:
        """A mark as reports count it: `5`, `4`, `3`, `2`, or the word it is."""
        if not value.isdigit() or self.passes or self.highest == FIVE_POINT:
            return value
        return next(
            (
                level
                for level, percent in zip("543", self.levels, strict=True)
                if self._reaches(value, percent)
            ),
            "2",
        )

    def least_of(self, level: int) -> int:
        """The lowest mark of the level 5, 4 or 3."""
        if self.highest == FIVE_POINT:
            return level
        return -(-self.levels[FIVE_POINT - level] * self.highest // 100)

    def said_of(self, value: str) -> str:
        """A mark of a term as the year's goes by it: a number set before the subject became pass/fail is a word."""
        if self.passes and value.isdigit():
            return PASSED if int(value) >= 3 else FAILED
        return value

    def _reaches(self, value: str, percent: int) -> bool:
        return 100 * int(value) >= percent * self.highest

    @property
    def failing(self) -> frozenset[str]:
        """The marks that say «not passed», as they stand in a cell."""
        if self.passes:
            return frozenset({FAILED})
        return frozenset(str(mark) for mark in range(self.lowest, self.least_of(3)))


PASS_FAIL = MarkScale(lowest=0, highest=0)


class SubjectScale(msgspec.Struct, frozen=True):
    """A line of the setting: where a scale holds. `subject` is empty for all, `grades` for every grade level."""

    subject: str
    grades: frozenset[int]
    lowest: int | None
    highest: int
    bounds: tuple[int, ...]

    def fits(self, subject: str, grade_level: int | None) -> bool:
        """Whether the line is about the subject, by the key of its name, in this grade level."""
        return self.subject in ("", subject) and (not self.grades or grade_level in self.grades)

    @property
    def passes(self) -> bool:
        """Whether it is pass/fail."""
        return self.highest == 0

    @property
    def rank(self) -> tuple[bool, bool]:
        """A subject's own line goes before that of all subjects, one of some grade levels before that of all."""
        return bool(self.subject), bool(self.grades)

    def thresholds(self, lowest: int) -> Scale:
        """The bounds of term marks: those of the line from the highest mark down, the rest mathematical."""
        rounded = mathematical(lowest, self.highest)
        own = [(self.highest - at, bound) for at, bound in enumerate(self.bounds)]
        return Scale((*own, *rounded.bounds[len(own) :]), rounded.least)


@lru_cache(maxsize=256)
def own_scales(text: str) -> tuple[SubjectScale, ...]:
    """The lines of the setting, those that go first at the beginning. Raises `ValueError` with a sentence."""
    found = [_line(line.strip()) for line in text.splitlines() if line.strip()]
    for at, each in enumerate(found):
        for other in found[:at]:
            same = not each.grades or not other.grades or each.grades & other.grades
            if each.subject == other.subject and each.rank == other.rank and same:
                raise ValueError(
                    sentence(
                        "Шкалы предметов: строка «%(line)s» говорит о том же, что и строка выше.",
                        line=_nth(text, at),
                    )
                )
    return tuple(sorted(found, key=lambda each: each.rank, reverse=True))


def _nth(text: str, at: int) -> str:
    return [line.strip() for line in text.splitlines() if line.strip()][at]


def _line(line: str) -> SubjectScale:
    subject, *rest = (part.strip() for part in line.split(";"))
    if not subject or not rest or not rest[0]:
        raise ValueError(
            sentence(
                "Шкалы предметов, строка «%(line)s»: сначала предмет, потом шкала, например «Музыка; зачёт».",
                line=line,
            )
        )
    lowest, highest = _range(rest[0], line)
    scale = SubjectScale(
        subject="" if subject.casefold() in (ALL_SUBJECTS, "*") else sort_key(subject),
        grades=_grades(rest[1], line) if len(rest) > 1 and rest[1] else frozenset(),
        lowest=lowest,
        highest=highest,
        bounds=tuple(hundredths(each) for each in rest[2:] if each),
    )
    if scale.bounds:
        least = 1 if lowest is None else lowest
        if len(scale.bounds) > highest - least:
            raise ValueError(
                sentence(
                    "Шкалы предметов, строка «%(line)s»: порогов больше, чем отметок в шкале.", line=line
                )
            )
        require_falling(scale.thresholds(least).bounds)
    return scale


def _range(text: str, line: str) -> tuple[int | None, int]:
    known = _WORDS.get(text.casefold())
    if known is not None:
        return known
    found = _RANGE.fullmatch(text)
    if found:
        lowest, highest = int(found[1]) if found[1] else None, int(found[2])
        if (lowest or 0) < highest <= HIGHEST and highest > 1:
            return lowest, highest
    raise ValueError(
        sentence(
            "Шкалы предметов, строка «%(line)s»: шкала – «зачёт», высшая отметка (5, 10, 100) или границы, "
            "например 0–20, не больше 100.",
            line=line,
        )
    )


def _grades(text: str, line: str) -> frozenset[int]:
    grades: list[int] = []
    for part in text.split(","):
        found = _GRADES.fullmatch(part.strip())
        first = int(found[1]) if found else 0
        last = int(found[2]) if found and found[2] else first
        # A bound put here by mistake, «9,6», would read as two grades: they rise, bounds fall.
        if not max((0, *grades)) < first <= last <= MOST_GRADES:
            raise ValueError(
                sentence(
                    "Шкалы предметов, строка «%(line)s»: классы пишут так: 5–7 или 10, 11. Пороги – после классов.",
                    line=line,
                )
            )
        grades.extend(range(first, last + 1))
    return frozenset(grades)


@lru_cache(maxsize=64)
def levels_of(text: str) -> tuple[int, int, int]:
    """The percents of «отлично», «хорошо», «удовлетворительно». Raises `ValueError` with a sentence."""
    percents: list[int] = []
    for line in text.splitlines():
        if line.strip():
            number = line.rpartition(";")[2].strip().removesuffix("%").strip()
            percents.append(int(number) if number.isascii() and number.isdigit() and len(number) <= 3 else -1)
    if len(percents) != 3 or not 100 >= percents[0] > percents[1] > percents[2] > 0:
        raise ValueError(
            sentence(
                "Проценты: нужны три строки – отлично, хорошо, удовлетворительно – и числа от 100 вниз, например "
                "«отлично; 80»."
            )
        )
    return percents[0], percents[1], percents[2]


def levels_in(marks: Mapping[str, int], scale: MarkScale) -> dict[str, int]:
    """How many marks there are of each level, from how many there are of each value."""
    found: dict[str, int] = {}
    for value, count in marks.items():
        level = scale.level(value)
        found[level] = found.get(level, 0) + count
    return found
