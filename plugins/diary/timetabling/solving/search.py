"""Placing lessons by ejection chains, in Python: what runs where the compiled `kernel.c` is missing.

A lesson is put where least has to go; what had to go is put elsewhere in turn. First a chain of such moves is sought
that ends well, to a bounded depth; where none is found the lesson is put all the same, and lessons that keep failing
become dearer to take out (guided ejection search of Nagata and Bräysy, 2009, is the idea behind that).
Both give the same result for the same seed.
"""

from __future__ import annotations

from array import array

import msgspec

from plugins.diary.timetabling.solving.fitting import Candidate, Fitting
from plugins.diary.timetabling.solving.model import LESSON_WEIGHT, Model

MOST_WEIGHT = 1 << 14
DEPTH = 10
BREADTH = (6, 3, 2, 1, 1, 1, 1, 1, 1, 1)
PHASE_LENGTH = 1500


class Phase(msgspec.Struct, frozen=True):
    """Whether the lesson taken out last is placed next, or any, and how many calls a chain may take."""

    newest_first: bool
    calls: int
    share: int


# The search goes through these again and again, longer every time round.
PHASES = (Phase(True, 1, 1), Phase(False, 12, 3), Phase(True, 40, 8), Phase(False, 40, 8))


class Search:
    """A search with nothing placed; `advance` goes on, `best` has the most lessons that stood at once."""

    def __init__(self, model: Model, seed: int) -> None:
        self._at = Fitting(model, seed)
        self._pool = list(reversed(self._at.order))
        self._best_left = self._at.lessons + 1
        self._best: tuple[list[int], list[int]] = ([], [])
        self._failures = self._phase_until = self._calls = 0
        self._moves = 0
        self._phase, self._phase_length = -1, PHASE_LENGTH
        self._log: list[tuple[int, int, list[int]]] = []
        self._keep_best()

    def advance(self, failures: int) -> tuple[int, int, int]:
        """Go on until so many chains more failed: lessons not placed now, at best, and moves so far."""
        until = self._failures + failures
        while self._pool and self._failures < until:
            self._step()
        return len(self._pool), self._best_left, self._moves

    def best(self) -> tuple[array[int], array[int]]:
        """A slot for each lesson and a room for each need, -1 where there is none."""
        return array("i", self._best[0]), array("i", self._best[1])

    def _keep_best(self) -> None:
        if len(self._pool) < self._best_left:
            self._best_left = len(self._pool)
            self._best = (list(self._at.position), list(self._at.chosen))

    def _step(self) -> None:
        lesson = self._take_next()
        self._log.clear()
        self._calls = 0
        if not self._chain(lesson, 0):
            self._failures += 1
            self._log.clear()
            self._make_dearer(lesson)
            found = self._at.candidates(lesson, 1)
            if found:
                self._put(lesson, found[0])
                self._pool += found[0].out
            else:
                # Nowhere at all: wait until others have moved.
                self._pool.insert(0, lesson)
        self._keep_best()

    def _take_next(self) -> int:
        """The next lesson to place, by the rule of the phase, out of the pool."""
        if self._failures >= self._phase_until:
            self._phase += 1
            if self._phase % len(PHASES) == 0 and self._phase:
                self._phase_length = self._phase_length * 3 // 2
            self._phase_until = self._failures + self._phase_length // self._now.share
        if self._now.newest_first:
            return self._pool.pop()
        at = self._at.draw(len(self._pool))
        last = self._pool.pop()
        if at == len(self._pool):
            return last
        lesson, self._pool[at] = self._pool[at], last
        return lesson

    @property
    def _now(self) -> Phase:
        return PHASES[self._phase % len(PHASES)]

    def _make_dearer(self, lesson: int) -> None:
        weight = self._at.weight
        weight[lesson] += LESSON_WEIGHT
        if weight[lesson] > MOST_WEIGHT:
            weight[:] = [max(each // 2, LESSON_WEIGHT) for each in weight]

    def _chain(self, lesson: int, depth: int) -> bool:
        """Place a lesson and, in turn, all that have to go for it; whether everything found a place."""
        self._calls += 1
        if self._calls > self._now.calls:
            return False
        found = self._at.candidates(lesson, BREADTH[depth])
        if found and not found[0].out:
            self._put(lesson, found[0])
            return True
        if depth + 1 >= DEPTH:
            return False
        for candidate in found:
            if len(candidate.out) > DEPTH - depth:
                continue
            mark = len(self._log)
            self._put(lesson, candidate)
            self._at.held[lesson] = True
            done = all(self._chain(each, depth + 1) for each in candidate.out)
            self._at.held[lesson] = False
            if done:
                return True
            self._undo_to(mark)
        return False

    def _put(self, lesson: int, candidate: Candidate) -> None:
        for each in candidate.out:
            rooms = [self._at.chosen[need] for need in self._at.needs(each)]
            self._log.append((each, self._at.position[each], rooms))
            self._at.take_out(each)
        self._log.append((lesson, -1, []))
        self._at.place(lesson, candidate.slot, candidate.rooms)
        self._moves += 1

    def _undo_to(self, mark: int) -> None:
        while len(self._log) > mark:
            lesson, slot, rooms = self._log.pop()
            if slot < 0:
                self._at.take_out(lesson)
            else:
                self._at.place(lesson, slot, rooms)
