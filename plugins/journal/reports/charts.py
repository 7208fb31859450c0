"""Where the points of a chart stand, in units of its view box; templates only draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import msgspec

from plugins.journal.reports.dynamics import Dynamics, Series

WIDTH, HEIGHT = 760, 280
LEFT, RIGHT, TOP, BOTTOM = 44, 150, 16, 32
"""Room for the scale, for the names of the lines, above, and for the names of the weeks."""
MOST_LINES = 6
"""More lines than this cannot be told apart: they have their small charts in the table instead."""
MOST_TITLES = 9
NAME_HEIGHT = 16
LONGEST_NAME = 20


class Dot(msgspec.Struct, frozen=True):
    """A value on its place."""

    x: float
    y: float
    title: str


class Line(msgspec.Struct, frozen=True):
    """A line: stretches without gaps, its dots, and its name at the end."""

    title: str
    stretches: Sequence[str]
    dots: Sequence[Dot]
    name_y: float


class Chart(msgspec.Struct, frozen=True):
    """Lines with the ticks of both axes: the place and the words."""

    width: int
    height: int
    left: int
    right: int
    lines: Sequence[Line]
    rows: Sequence[tuple[float, str]]
    columns: Sequence[tuple[float, str]]


def draw_chart(dynamics: Dynamics, unit: str = "") -> Chart:
    """The chart of all lines, or of the first alone where there are too many of them."""
    shown = dynamics.series if len(dynamics.series) <= MOST_LINES else dynamics.series[:1]
    low, high, step = _scale(shown, dynamics.measure)
    names = [bucket.title for bucket in dynamics.buckets]
    room, depth = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    places = [
        LEFT + (room * at / (len(names) - 1) if len(names) > 1 else room / 2) for at in range(len(names))
    ]

    def height(value: float) -> float:
        return round(TOP + depth * (high - value) / (high - low), 1)

    lines = [
        _line(each, [round(place, 1) for place in places], height, names, unit)
        for each in shown
        if any(value is not None for value in each.values)
    ]
    every = -(-len(names) // MOST_TITLES) or 1
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        lines=_names_apart(lines),
        rows=[(height(value), f"{value}{unit}") for value in range(low, high + 1, step)],
        columns=[
            (round(place, 1), name)
            for at, (place, name) in enumerate(zip(places, names, strict=True))
            if at % every == 0
        ],
    )


def draw_small(series: Series, measure: str) -> Sequence[str]:
    """The stretches of a line in a box of 120 by 28, for a row of the table."""
    low, high, _step = _scale([series], measure)
    last = max(len(series.values) - 1, 1)
    points = [
        None
        if value is None
        else (round(2 + 116 * at / last, 1), round(2 + 24 * (high - value) / (high - low), 1))
        for at, value in enumerate(series.values)
    ]
    return list(_stretches(points))


def _scale(series: Sequence[Series], measure: str) -> tuple[int, int, int]:
    if measure == "quality":
        return 0, 100, 25
    least = min((value for each in series for value in each.values if value is not None), default=2)
    return (1 if least < 2 else 2), 5, 1


def _stretches(points: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    """Runs of points that follow one another; a lone one is a stretch too."""
    for present, run in groupby(points, key=lambda point: point is not None):
        if present:
            yield " ".join(f"{point[0]},{point[1]}" for point in run if point is not None)


def _line(
    series: Series,
    places: Sequence[float],
    height: Callable[[float], float],
    names: Sequence[str],
    unit: str,
) -> Line:
    points = [
        None if value is None else (place, height(value))
        for place, value in zip(places, series.values, strict=True)
    ]
    dots = [
        Dot(point[0], point[1], f"{series.title}, {name}: {_shown(value)}{unit}")
        for point, name, value in zip(points, names, series.values, strict=True)
        if point is not None and value is not None
    ]
    title = series.title if len(series.title) <= LONGEST_NAME else f"{series.title[: LONGEST_NAME - 1]}…"
    return Line(title, list(_stretches(points)), dots, dots[-1].y)


def _shown(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _names_apart(lines: Sequence[Line]) -> list[Line]:
    """The lines with their names moved down where they would cover each other."""
    placed: dict[int, float] = {}
    above = float(TOP - NAME_HEIGHT)
    for at in sorted(range(len(lines)), key=lambda each: lines[each].name_y):
        above = max(lines[at].name_y, above + NAME_HEIGHT)
        placed[at] = above
    over = max(0.0, above - (HEIGHT - BOTTOM))
    return [
        msgspec.structs.replace(line, name_y=round(placed[at] - over, 1)) for at, line in enumerate(lines)
    ]
