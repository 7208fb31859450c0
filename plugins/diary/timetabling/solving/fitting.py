"""Which places a lesson could have, and what would have to go for each. In C: the middle of `kernel.c`."""

from __future__ import annotations

import msgspec

from plugins.diary.timetabling.solving.model import LESSON_WEIGHT, Model
from plugins.diary.timetabling.solving.placing import Placing
from plugins.diary.timetabling.solving.row_limits import COST, broken

MOST_OUT = 12
NEVER = 1 << 29
_AT_ONCE, _LEAST, _MOST, _MAY_BE_NONE, _MASK = range(5)
_KEY = 64


class Candidate(msgspec.Struct):
    """A place for a lesson: what has to go, the rooms, the cost of it all."""

    slot: int
    cost: int
    out: list[int]
    rooms: list[int]


class Fitting(Placing):
    """Finds places. `weight` is what taking a lesson out costs; a lesson `held` cannot be taken out now."""

    def __init__(self, model: Model, seed: int) -> None:
        super().__init__(model)
        self.weight = [LESSON_WEIGHT] * self.lessons
        self.held = [False] * self.lessons
        self._base = [0] * self.slots
        self._taken: list[list[int]] = [[] for _slot in range(self.slots)]
        self._random = (seed * 2654435769 + 1) & 0xFFFFFFFF or 1
        for _turn in range(8):
            self.draw(2)

    def draw(self, below: int) -> int:
        """A random number less than `below` (xorshift of Marsaglia, 2003)."""
        x = self._random
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._random = x
        return (x >> 8) % below

    def candidates(self, lesson: int, most: int) -> list[Candidate]:
        """The `most` cheapest places of a lesson, cheapest first."""
        self._look_around(lesson)
        # By cost; of the same cost in any order.
        keys = [
            (min(self._base[slot], 1 << 20) << 10 | self.draw(1024), at, slot)
            for at, slot in enumerate(self.starts[lesson])
            if self._base[slot] < NEVER
        ]
        found: list[Candidate] = []
        for _key, _at, slot in sorted(keys):
            bound = found[-1].cost if len(found) == most else NEVER
            if self._base[slot] >= bound:
                break
            candidate = self._examine(lesson, slot, bound)
            if candidate is None:
                continue
            if len(found) == most:
                found.pop()
            at = len(found)
            while at and found[at - 1].cost > candidate.cost:
                at -= 1
            found.insert(at, candidate)
        return found

    def _look_around(self, lesson: int) -> None:
        """For every start: who shares somebody with the lesson, or stands where a relation forbids it."""
        bits, length = self.start_bits[lesson], self.duration[lesson]
        for slot, cost in self.starts[lesson].items():
            self._base[slot] = cost
            self._taken[slot] = []
        for other in self.rivals[lesson]:
            there = self.position[other]
            if there < 0:
                continue
            day = there // self.hours * self.hours
            for slot in range(max(there - length + 1, day), there + self.duration[other]):
                if bits >> slot & 1:
                    self._in_the_way(slot, other)
        for other, table in self.relations[lesson]:
            there = self.position[other]
            if there >= 0:
                for slot in _slots(self.tables[table][there] & bits):
                    self._in_the_way(slot, other)
        for other, table, cost in self.wishes[lesson]:
            there = self.position[other]
            if there >= 0:
                for slot in _slots(self.tables[table][there] & bits):
                    self._base[slot] += cost

    def _in_the_way(self, slot: int, other: int) -> None:
        taken = self._taken[slot]
        if self._base[slot] >= NEVER or other in taken:
            return
        if len(taken) >= MOST_OUT or self.held[other]:
            self._base[slot] = NEVER
            return
        taken.append(other)
        self._base[slot] += self.weight[other]

    def _examine(self, lesson: int, slot: int, bound: int) -> Candidate | None:
        candidate = Candidate(slot, self._base[slot], list(self._taken[slot]), [])
        fits = (
            candidate.cost < bound
            and self._fit_sets(lesson, candidate, bound)
            and self._fit_rows(lesson, candidate, bound)
            and self._fit_rooms(lesson, candidate, bound)
        )
        return candidate if fits else None

    def _add_out(self, candidate: Candidate, other: int, bound: int) -> bool:
        if len(candidate.out) >= MOST_OUT or self.held[other]:
            return False
        candidate.out.append(other)
        candidate.cost += self.weight[other]
        return candidate.cost < bound

    def _may_go(self, other: int, lesson: int, candidate: Candidate) -> bool:
        return (
            self.position[other] >= 0
            and other != lesson
            and not self.held[other]
            and other not in candidate.out
        )

    def _turned(self, members: list[int]) -> list[int]:
        turn = self.draw(len(members))
        return members[turn:] + members[:turn]

    def _fit_rows(self, lesson: int, candidate: Candidate, bound: int) -> bool:
        """The rows of the lesson that would break their limits: who of them has to go."""
        day, length = candidate.slot // self.hours, self.duration[lesson]
        for row in self.rows_of[lesson]:
            limit, closed = self.limits[row], self.closed[row]
            left, left_count = self.left[row] - length, self.left_count[row] - 1
            busy = list(self.busy[row])
            for other in candidate.out:
                if other in self.in_row[row]:
                    busy[self.position[other] // self.hours] &= ~self.hours_of(other, self.position[other])
                    left += self.duration[other]
                    left_count += 1
            before = 0
            if limit[COST] > 0:
                before, _fill = broken(limit, closed, self.hours, busy, left + length, left_count + 1)
            busy[day] |= self.hours_of(lesson, candidate.slot)
            over, fill = broken(limit, closed, self.hours, busy, left, left_count)
            if limit[COST] > 0:
                candidate.cost += limit[COST] * max(over - before, 0)
                if candidate.cost >= bound:
                    return False
                continue
            while over > 0:
                chosen, chosen_over, chosen_key = -1, over, NEVER
                for other in self._turned(self.members[row]):
                    if not self._may_go(other, lesson, candidate):
                        continue
                    there = self.position[other]
                    kept = busy[there // self.hours]
                    busy[there // self.hours] &= ~self.hours_of(other, there)
                    after, fill = broken(
                        limit, closed, self.hours, busy, left + self.duration[other], left_count + 1
                    )
                    busy[there // self.hours] = kept
                    key = after * _KEY + self.weight[other]
                    if after < over and key < chosen_key:
                        chosen, chosen_over, chosen_key = other, after, key
                if chosen < 0 or not self._add_out(candidate, chosen, bound):
                    return False
                there = self.position[chosen]
                busy[there // self.hours] &= ~self.hours_of(chosen, there)
                left += self.duration[chosen]
                left_count += 1
                over = chosen_over
            candidate.cost += min(fill, 3)
        return candidate.cost < bound

    def _fit_sets(self, lesson: int, candidate: Candidate, bound: int) -> bool:
        """The counted sets of the lesson that would be off: who has to go."""
        for each in self.sets_of[lesson]:
            while (over := self._set_broken(each, candidate, lesson)) > 0:
                chosen, chosen_key = -1, NEVER
                for other in self._turned(self.set_members[each]):
                    if not self._may_go(other, lesson, candidate):
                        continue
                    if len(candidate.out) == MOST_OUT:
                        return False
                    candidate.out.append(other)
                    after = self._set_broken(each, candidate, lesson)
                    candidate.out.pop()
                    key = after * _KEY + self.weight[other]
                    # Two lessons may share a slot: taking out the first of them changes nothing yet.
                    if after <= over and key < chosen_key:
                        chosen, chosen_key = other, key
                if chosen < 0 or not self._add_out(candidate, chosen, bound):
                    return False
        return True

    def _set_broken(self, each: int, candidate: Candidate, lesson: int) -> int:
        """By how much a counted set is off with the lesson placed and the others gone."""
        limit, members = self.set_limits[each], self.set_members[each]
        gone = [other for other in candidate.out if other in members]
        left = self.set_left[each] - self.duration[lesson] + sum(self.duration[other] for other in gone)
        over = lacking = occupied = 0
        for at in _slots(self.masks[limit[_MASK]]):
            taken = self.set_taken[each][at]
            taken += candidate.slot <= at < candidate.slot + self.duration[lesson]
            taken -= sum(
                self.position[other] <= at < self.position[other] + self.duration[other] for other in gone
            )
            occupied += taken > 0
            if limit[_AT_ONCE]:
                if limit[_MOST] >= 0:
                    over += max(taken - limit[_MOST], 0)
                if taken or not limit[_MAY_BE_NONE]:
                    lacking += max(limit[_LEAST] - taken, 0)
        if not limit[_AT_ONCE]:
            if limit[_MOST] >= 0:
                over += max(occupied - limit[_MOST], 0)
            lacking = max(limit[_LEAST] - occupied, 0)
        return over + max(lacking - left, 0)

    def _fit_rooms(self, lesson: int, candidate: Candidate, bound: int) -> bool:
        """The cheapest room for each need; whoever is in it has to go."""
        hours = range(candidate.slot, candidate.slot + self.duration[lesson])
        for need in self.needs(lesson):
            options = self.options[need]
            if not options:
                return False
            best, best_cost, best_own = -1, NEVER, 0
            turn = self.draw(len(options))
            for room, own, mask in options[turn:] + options[:turn]:
                if own >= best_cost or not self.masks[mask] >> candidate.slot & 1 or room in candidate.rooms:
                    continue
                cost, last = own, -1
                for at in hours:
                    other = self.held_by[room][at]
                    if other < 0 or other == last or other in candidate.out:
                        continue
                    last = other
                    cost += NEVER if self.held[other] else self.weight[other]
                if cost < best_cost:
                    best, best_cost, best_own = room, cost, own
            if best < 0:
                return False
            candidate.rooms.append(best)
            candidate.cost += best_own
            for at in hours:
                other = self.held_by[best][at]
                if other >= 0 and other not in candidate.out and not self._add_out(candidate, other, bound):
                    return False
        return candidate.cost < bound


def _slots(bits: int) -> list[int]:
    """The numbers of the bits that are set, lowest first."""
    found: list[int] = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
