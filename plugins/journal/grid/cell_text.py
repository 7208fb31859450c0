"""What may be written in a cell: parsing of marks and attendance codes, and the weighted average.

Marks are whole numbers of the subject's scale; words such as «зач» do not count for the average, and a pass/fail
subject has no other marks. The average is the sum of mark times weight over the sum of weights, in exact integers,
rounded half up to two places only for display.

A mark is *written* as it stands in the cell: `4`, `зач`, `•` for work that is owed («точка»), `→4` for a retake of
the mark before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from core.errors import Invalid
from core.web.i18n import counted, sentence
from plugins.journal.scales import MarkScale
from plugins.journal.settings import JournalSettings

LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_AS_TYPED_IN_RUSSIAN = str.maketrans(LATIN_KEYS, RUSSIAN_KEYS)
_LOOKS_RUSSIAN = str.maketrans("aceopxyhkbmt", "асеорхунквмт")
_LATE_MINUTES = re.compile(r"([а-яё]+)(\d{1,2})")
LONGEST_TEXT = 40
RETAKE = "→"
DEBT = "•"
DEBT_SPELLINGS = (DEBT, ".", "точка", "долг")


class CellContent(msgspec.Struct, frozen=True):
    """What stands in a cell: an attendance code, if any, minutes of lateness, and marks in order."""

    code: str = ""
    minutes: int | None = None
    marks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The cell as it is written: `н`, `4/5`, `н 4`, `оп10`."""
        return cell_text(self.code, self.minutes, self.marks)


def cell_text(code: str, minutes: int | None, marks: Sequence[str]) -> str:
    """One spelling for every content, so that contents can be compared as texts."""
    shown = f"{code}{minutes}" if code and minutes else code
    joined = "/".join(marks).replace(f"/{RETAKE}", RETAKE)
    return f"{shown} {joined}" if shown and joined else shown or joined


def parse_cell(text: str, settings: JournalSettings, scale: MarkScale) -> CellContent:
    """What somebody meant by `text` in a subject with this scale; an empty text empties the cell.

    Letters typed with the English layout switched on are understood (`y` is `н`), as are Latin letters
    that look Russian. Raises `Invalid` with a sentence that names what is not understood.
    """
    written = text.strip().casefold()
    if not written:
        return CellContent()
    if len(written) > LONGEST_TEXT:
        raise Invalid("Слишком длинная запись для клетки.", advice=_advice(settings, scale))
    code, minutes, marks = "", None, list[str]()
    retaken_at: int | None = None
    for token in _tokens(written):
        if token == RETAKE:
            retaken_at = len(marks)
            continue
        found = _word(token, settings)
        if found is not None:
            kind, word, late = found
            if kind == "mark":
                marks.append(word)
            elif code and code != word:
                raise Invalid(
                    sentence(
                        "В клетке может быть только один код посещаемости, а здесь «%(one)s» и «%(other)s».",
                        one=code,
                        other=word,
                    ),
                    advice="Оставьте один из них.",
                )
            else:
                code, minutes = word, late
        else:
            marks += _numbers(token, text.strip(), settings, scale)
        if retaken_at is not None:
            _mark_retake(marks, retaken_at)
            retaken_at = None
    if retaken_at is not None:
        raise _no_retake()
    if len(marks) > settings.marks_in_cell:
        raise Invalid(
            counted(
                "В одной клетке может быть не больше %(count)s отметки.",
                "В одной клетке может быть не больше %(count)s отметок.",
                settings.marks_in_cell,
            ),
            advice="Поставьте лишние отметки в другой урок.",
        )
    return CellContent(code, minutes, tuple(marks))


def _mark_retake(marks: list[str], at: int) -> None:
    """The mark written at `at` is a retake of the one before it. Raises `Invalid` if one of them is missing."""
    if not 0 < at == len(marks) - 1 or DEBT in (marks[at], marks[at - 1]):
        raise _no_retake()
    marks[at] = RETAKE + marks[at]


def _no_retake() -> Invalid:
    return Invalid("Пересдача пишется после отметки.", advice="Например, 2>4: было 2, пересдано на 4.")


def _tokens(written: str) -> Iterable[str]:
    # A lone comma is the key of «б» on the English layout; between marks it separates.
    for part in re.split(r"[\s/\\|+]+", re.sub(r"-?>|→", f" {RETAKE} ", written)):
        if part in (",", "."):
            yield part
        else:
            yield from (piece for piece in re.split(r"(?<=\d)[,.](?=\d)", part) if piece)


def _word(token: str, settings: JournalSettings) -> tuple[str, str, int | None] | None:
    spellings = _spellings(settings)
    for candidate in (token, token.translate(_AS_TYPED_IN_RUSSIAN), token.translate(_LOOKS_RUSSIAN)):
        found = spellings.get(candidate)
        if found is not None:
            return found[0], found[1], None
        late = _LATE_MINUTES.fullmatch(candidate)
        if late:
            found = spellings.get(late[1])
            if found is not None and found[0] == "code" and settings.codes[found[1]].category == "late":
                return "code", found[1], int(late[2]) or None
    return None


@lru_cache(maxsize=256)
def _spellings(settings: JournalSettings) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for word in settings.words.values():
        found |= dict.fromkeys((word.code, *word.aliases), ("mark", word.code))
    for code in settings.codes.values():
        found |= dict.fromkeys((code.code, *code.aliases), ("code", code.code))
    return dict.fromkeys(DEBT_SPELLINGS, ("mark", DEBT)) | found


def _numbers(token: str, whole: str, settings: JournalSettings, scale: MarkScale) -> list[str]:
    """Marks of a token; digits written together are marks of their own where a mark has one digit."""
    if token.isascii() and token.isdigit():
        pieces = list(token) if scale.one_digit else [token]
        if all(scale.has(int(piece)) for piece in pieces):
            return [str(int(piece)) for piece in pieces]
        if scale.passes:
            raise Invalid(
                sentence("«%(text)s»: по этому предмету ставят только зачёт или незачёт.", text=whole),
                advice=_advice(settings, scale),
            )
        raise Invalid(
            sentence(
                "«%(text)s»: отметка должна быть от %(lowest)s до %(highest)s.",
                text=whole,
                lowest=scale.lowest,
                highest=scale.highest,
            ),
            advice="Исправьте запись в клетке.",
        )
    raise Invalid(
        sentence("«%(text)s» в журнал записать нельзя.", text=whole), advice=_advice(settings, scale)
    )


def _advice(settings: JournalSettings, scale: MarkScale) -> str:
    words = ", ".join([*settings.codes, *settings.words])
    if scale.passes:
        return sentence("Можно: %(words)s и сочетания, например «оп зач».", words=words)
    if not scale.one_digit:
        return sentence(
            "Можно: от %(lowest)s до %(highest)s, %(words)s и сочетания, например «н %(highest)s».",
            lowest=scale.lowest,
            highest=scale.highest,
            words=words,
        )
    return sentence(
        "Можно: %(highest)s, 4/5, %(words)s и сочетания, например «н 4».",
        highest=scale.highest,
        words=words,
    )


def score_of(value: str) -> int | None:
    """The number a mark counts for, or None for a word."""
    return int(value) if value.isdigit() else None


def written_mark(value: str, is_retake: bool) -> str:
    """A mark of the tables as it is written."""
    return RETAKE + value if is_retake else value


def scores_of(marks: Sequence[str], settings: JournalSettings, scale: MarkScale) -> list[int | None]:
    """What the written marks of a cell count for, by the school's rules for debts and for marks retaken."""
    scores: list[int | None] = []
    for at, mark in enumerate(marks):
        retaken = at + 1 < len(marks) and marks[at + 1].startswith(RETAKE)
        if mark == DEBT:
            scores.append(scale.debt)
        elif retaken and not settings.retaken_counts:
            scores.append(None)
        else:
            scores.append(score_of(mark.removeprefix(RETAKE)))
    return scores


def average_hundredths(weighted_sum: int, weights: int) -> int | None:
    """The weighted average in hundredths, rounded half up; None without marks."""
    return (200 * weighted_sum + weights) // (2 * weights) if weights else None


def average_text(weighted_sum: int, weights: int, separator: str = ",") -> str:
    """The weighted average as shown: `4,44`; empty without marks."""
    hundredths = average_hundredths(weighted_sum, weights)
    return "" if hundredths is None else f"{hundredths // 100}{separator}{hundredths % 100:02d}"
