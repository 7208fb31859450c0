"""Names of classes as tables write them: `5А`, `5 а`, `5-А`, `05А`, `5 «А» класс`, Latin `5A`, `10 физмат`."""

from __future__ import annotations

import re

import msgspec

from core.errors import Wrong
from core.identity.names import mend_lookalikes, sort_key
from core.web.i18n import sentence

HIGHEST_GRADE = 12
LONGEST_LABEL = 40
_CLASS = re.compile(
    r"0?(\d{1,2})\s*[-–—._]?\s*(?:й\b|ый|ой)?\s*(?:класс\b|кл\b\.?)?\s*[-–—._«\"'„“(]*\s*(.*?)"
    r"\s*[»\"'“”)]*\s*(?:класс|кл)?\.?",
    re.IGNORECASE,
)
_IN_TITLE = re.compile(
    r"(?<![\d.])(\d{1,2})\s*[-–—]?\s*[«\"'„“]?\s*([А-ЯЁA-Z])?\s*[»\"'“”]?\s*(?:-?г?о?\s*)класс", re.IGNORECASE
)


class WrongClass(Wrong):
    """The text names no class; the message says why."""


class ClassName(msgspec.Struct, frozen=True, kw_only=True):
    """A class by its grade level and the letter or label behind it, which may be empty."""

    grade_level: int
    label: str

    @property
    def name(self) -> str:
        """`5А`, `10 физмат`, `3`."""
        gap = "-" if self.label[:1].isdigit() else " " if len(self.label) > 1 else ""
        return f"{self.grade_level}{gap}{self.label}"

    @property
    def key(self) -> tuple[int, str]:
        """What makes two spellings the same class."""
        return (self.grade_level, sort_key(self.label))

    @property
    def name_key(self) -> str:
        """Sorts `9Б` before `10А`."""
        return f"{self.grade_level:02d}{sort_key(self.label)}"


def read_class(text: str, letter: str = "") -> ClassName:
    """The class a cell names; `letter` comes from a column of its own. Raises `WrongClass`."""
    found = _CLASS.fullmatch(" ".join(text.replace("\u00a0", " ").split()))
    if found is None:
        raise WrongClass("Класс не читается: нужен вид 5А, 10Б или 10 физмат.")
    grade, label = int(found[1]), (found[2] + " " + letter).strip(" -–«»\"'")
    if not 1 <= grade <= HIGHEST_GRADE:
        raise WrongClass(
            sentence(
                "Параллели %(grade)s не бывает: нужно число от 1 до %(highest)s.",
                grade=grade,
                highest=HIGHEST_GRADE,
            )
        )
    label = mend_lookalikes(label)
    if len(label) == 1:
        label = label.upper()
    if len(label) > LONGEST_LABEL or re.search(r"[\d;@=<>]{3,}|[;@=<>]", label):
        raise WrongClass("Класс не читается: нужен вид 5А, 10Б или 10 физмат.")
    return ClassName(grade_level=grade, label=label)


def class_in_title(text: str) -> ClassName | None:
    """The class in a heading such as «Список учащихся 5 «А» класса», if there is one."""
    found = _IN_TITLE.search(text)
    if found is None or not 1 <= int(found[1]) <= HIGHEST_GRADE:
        return None
    return ClassName(grade_level=int(found[1]), label=mend_lookalikes((found[2] or "").upper()))
