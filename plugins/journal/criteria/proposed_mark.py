"""The mark that the points of a work propose, in exact integers."""

from __future__ import annotations

from plugins.journal.scales import FAILED, FIVE_POINT, PASSED, MarkScale


def proposed_mark(points: int, greatest: int, scale: MarkScale, percents: tuple[int, int, int]) -> str:
    """The mark for `points` of `greatest`; `percents` of the points are the bounds of 5, 4 and 3.

    Pass/fail is passed from the bound of 3. Another scale takes the share of its highest mark, rounded half up and
    never below the lowest.
    """
    if scale.passes:
        return PASSED if 100 * points >= percents[-1] * greatest else FAILED
    if scale.highest == FIVE_POINT:
        steps = zip((5, 4, 3), percents, strict=True)
        return str(next((mark for mark, percent in steps if 100 * points >= percent * greatest), 2))
    share = (2 * points * scale.highest + greatest) // (2 * greatest)
    return str(max(scale.lowest, share))
