"""The scales a school may choose for behaviour, how each is typed, and what the terms propose for the year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from core.errors import Invalid
from core.web.i18n import lazy, sentence
from plugins.journal.grid.cell_text import LATIN_KEYS, RUSSIAN_KEYS
from plugins.journal.scales import FAILED, PASSED, BehaviourKind
from plugins.journal.terms.averages import rounded_mean

_AS_TYPED_IN_RUSSIAN = str.maketrans(LATIN_KEYS, RUSSIAN_KEYS)


class BehaviourMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of behaviour: as it stands in tables, in words, what it weighs in the year's, how else it is typed."""

    value: Annotated[str, Meta(description="Как она записана: `обр`, `зач`, `5`.")]
    title: Annotated[str, Meta(description="Что значит: «образцовое».")]
    weight: Annotated[int, Meta(description="Чем больше, тем лучше: из этого считается год.")]
    failing: Annotated[bool, Meta(description="Поведение неудовлетворительное.")] = False
    spellings: Annotated[tuple[str, ...], Meta(description="Как ещё её можно ввести.")] = ()


_LEVELS = (
    BehaviourMark(
        value="обр", title=lazy("образцовое"), weight=3, spellings=("о", "обр.", "образцовое", "образц")
    ),
    BehaviourMark(
        value="уд",
        title=lazy("удовлетворительное"),
        weight=2,
        spellings=("у", "уд.", "удовлетворительное", "удовл"),
    ),
    BehaviourMark(
        value="неуд",
        title=lazy("неудовлетворительное"),
        weight=1,
        failing=True,
        spellings=("н", "неуд.", "неудовлетворительное"),
    ),
)
_WORDS = (
    BehaviourMark(value=PASSED, title=lazy("зачёт"), weight=2, spellings=("з", "+", "зачёт", "зачет")),
    BehaviourMark(
        value=FAILED,
        title=lazy("незачёт"),
        weight=1,
        failing=True,
        spellings=("н", "-", "незачёт", "незачет"),
    ),
)
_FIVE = tuple(
    BehaviourMark(value=str(mark), title=str(mark), weight=mark, failing=mark < 3) for mark in (5, 4, 3, 2)
)
SCALES: Mapping[str, Sequence[BehaviourMark]] = {
    "off": (),
    "pass_fail": _WORDS,
    "levels": _LEVELS,
    "five": _FIVE,
}


def parse_behaviour(text: str, kind: BehaviourKind) -> str:
    """What somebody meant by `text`, in one spelling; empty takes the mark back. Raises `Invalid`."""
    typed = text.replace("\x00", "").strip().casefold()
    if not typed:
        return ""
    for candidate in (typed, typed.translate(_AS_TYPED_IN_RUSSIAN)):
        for mark in SCALES[kind]:
            if candidate == mark.value or candidate in mark.spellings:
                return mark.value
    raise Invalid(
        sentence("«%(text)s» – не отметка за поведение.", text=text.strip()[:20]),
        advice=sentence("Можно: %(values)s.", values=", ".join(each.value for each in SCALES[kind])),
    )


def is_failing(value: str, kind: BehaviourKind) -> bool:
    """Whether a mark says that the behaviour is bad."""
    return any(each.failing for each in SCALES[kind] if each.value == value)


def proposed_for_year(values: Sequence[str], kind: BehaviourKind) -> str:
    """What marks of all terms propose for the year: the mean, pass/fail is failed by one; empty while some miss."""
    weights = {each.value: each.weight for each in SCALES[kind]}
    if not values or not all(value in weights for value in values):
        return ""
    if kind == "pass_fail":
        return FAILED if FAILED in values else PASSED
    mean = rounded_mean([weights[value] for value in values])
    return next((value for value, weight in weights.items() if weight == mean), "")
