"""By how much somebody's week breaks its limits, while lessons are still to come. In C: `broken` of `kernel.c`."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.diary.timetabling.solving.model import LIMITS

(
    WINDOWS_WEEKLY,
    WINDOWS_DAILY,
    LATE_STARTS,
    LEAST_DAILY,
    MAY_BE_FREE,
    MOST_DAILY,
    MOST_ON_END,
    MOST_DAYS,
    LEAST_DAYS,
    INTERVAL_DAYS,
    INTERVAL_FIRST,
    INTERVAL_LAST,
    SPAN,
    SPAN_ONE_MORE,
    REST,
    REST_CIRCULAR,
    COST,
) = range(len(LIMITS))


def broken(
    limit: Sequence[int], closed: Sequence[int], hours: int, busy: Sequence[int], left: int, left_count: int
) -> tuple[int, int]:
    """By how much a row breaks its limits, and the hours that must still come into the days as they are.

    `busy` and `closed` are bits of hours by day. The `left` hours not yet placed may still fill windows, so that taking
    a lesson out never makes it worse, and with none left it says just what the rules say.
    """
    weekly, daily, starts, least = (
        limit[WINDOWS_WEEKLY],
        limit[WINDOWS_DAILY],
        limit[LATE_STARTS],
        limit[LEAST_DAILY],
    )
    over = days = interval = mixed = lacking = windows = windows_over = late = late_by_one = 0
    longer_by_one = False
    for day, x in enumerate(busy):
        if not x:
            if least > 0 and not limit[MAY_BE_FREE]:
                lacking += least
                mixed += least
            continue
        lowest, highest, count, must = (x & -x).bit_length() - 1, x.bit_length() - 1, x.bit_count(), 0
        days += 1
        if limit[INTERVAL_DAYS] >= 0 and x & below(limit[INTERVAL_LAST]) & ~below(limit[INTERVAL_FIRST]):
            interval += 1
        if weekly >= 0 or daily >= 0:
            gaps = (below(highest) & ~below(lowest) & ~x & ~closed[day]).bit_count()
            windows += gaps
            if daily >= 0:
                windows_over += max(gaps - daily, 0)
            must += gaps if weekly >= 0 else max(gaps - daily, 0)
        if starts >= 0:
            before = (below(hours) & ~closed[day] & below(lowest)).bit_count()
            late += before > 0
            late_by_one += before == 1
            must += before if weekly >= 0 else before > 0
        if least > 0:
            few = max(least - count, 0)
            lacking += few
            must = max(must, few)
        mixed += must
        if limit[MOST_DAILY] >= 0:
            over += max(count - limit[MOST_DAILY], 0)
        if limit[MOST_ON_END] >= 0:
            over += _too_long(x, limit[MOST_ON_END])
        if limit[SPAN] >= 0:
            longer = max(highest - lowest + 1 - limit[SPAN], 0)
            over += longer
            longer_by_one |= longer == 1
    if limit[REST] >= 0:
        over += _lacking_rest(busy, hours, limit[REST], circular=limit[REST_CIRCULAR] > 0)
    if longer_by_one and limit[SPAN_ONE_MORE] > 0:
        over -= 1
    if limit[INTERVAL_DAYS] >= 0:
        over += max(interval - limit[INTERVAL_DAYS], 0)
    if limit[MOST_DAYS] >= 0:
        over += max(days - limit[MOST_DAYS], 0)
    if limit[LEAST_DAYS] >= 0:
        over += max(limit[LEAST_DAYS] - days - left_count, 0)
    spared = max(weekly, 0) + (min(starts, late) if starts >= 0 else 0)
    need = max(mixed - spared, lacking, windows_over)
    if weekly >= 0:
        need = max(need, windows - weekly)
    if starts >= 0:
        need = max(need, late - min(starts, late_by_one))
    return over + max(need - left, 0), need


def below(hour: int) -> int:
    """The hours before `hour`, as bits."""
    return (1 << hour) - 1


def _too_long(x: int, most: int) -> int:
    over = 0
    while x:
        x >>= (x & -x).bit_length() - 1
        run = (~x & -~x).bit_length() - 1
        over += max(run - most, 0)
        x >>= run
    return over


def _lacking_rest(busy: Sequence[int], hours: int, least: int, *, circular: bool) -> int:
    over = 0
    for day, x in enumerate(busy):
        if day == 0 and not circular:
            continue
        evening = busy[day - 1]
        if x and evening:
            morning = (x & -x).bit_length() - 1
            over += max(least - (hours - evening.bit_length() + morning), 0)
    return over
