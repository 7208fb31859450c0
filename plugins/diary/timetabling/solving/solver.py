"""Composing a timetable: count, search, and let the independent check have the last word."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import msgspec

from plugins.diary.timetabling.checking import Report, check
from plugins.diary.timetabling.problem import Activity, Problem, Timetable
from plugins.diary.timetabling.rules import MUST, Rule
from plugins.diary.timetabling.solving.compiling import Compiled, compile_school
from plugins.diary.timetabling.solving.counting import impossible
from plugins.diary.timetabling.solving.kernels import Kernel, load
from plugins.diary.timetabling.solving.model import NONE

EVERY_S = 0.5


class Progress(msgspec.Struct, frozen=True):
    """How a search is getting on: lessons placed at best, of how many, and moves made."""

    placed: int
    of: int
    moves: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came out.

    `impossible` says in words why there can be no timetable, then nothing was searched for. `timetable` is the best
    that was found, `report` what the check says of it, `unplaced` the lessons it lacks.
    """

    timetable: Timetable
    report: Report
    unplaced: Sequence[Activity]
    impossible: Sequence[str] = ()
    compiled: bool = True
    moves: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every lesson is placed and the check finds every rule kept that must be."""
        return not self.unplaced and self.report.is_valid


class _Found(msgspec.Struct, frozen=True):
    timetable: Timetable
    report: Report
    moves: int

    @property
    def lacking(self) -> tuple[int, int]:
        """How far from a timetable: lessons not placed, then breaches."""
        missing = len(self.timetable.problem.activities) - len(self.timetable.places)
        return missing, sum(len(each.breaches) for each in self.report.must)


class Solver:
    """Seeks a timetable for a school, in several threads with seeds of their own; the first to find one wins."""

    def __init__(self, problem: Problem, rules: Sequence[Rule], *, seed: int = 1, workers: int = 1) -> None:
        self._problem, self._rules = problem, rules
        self._seed, self._workers = seed, workers
        self._kernel: Kernel = load()
        self._stop = threading.Event()
        self._compiled: Compiled = compile_school(problem, rules)
        self._placed = [0] * workers
        self._moves = [0] * workers

    @property
    def not_searched(self) -> Sequence[Rule]:
        """The rules that must be kept and that the search does not know: only the check at the end sees to them."""
        return [rule for rule in self._compiled.not_searched if rule.weight >= MUST]

    def solve(
        self, time_limit: float | None = None, progress: Callable[[Progress], None] | None = None
    ) -> Outcome:
        """Seek until there is a timetable or `time_limit` seconds are over; an interrupt keeps the best so far."""
        if reasons := impossible(self._problem, self._rules, self._compiled):
            return self._outcome([self._judge([NONE] * len(self._compiled.together), [], 0)], reasons)
        until = None if time_limit is None else time.monotonic() + time_limit
        with ThreadPoolExecutor(self._workers, "timetable") as pool:
            running = [pool.submit(self._seek, worker, until) for worker in range(self._workers)]
            try:
                self._watch(running, progress)
            except KeyboardInterrupt:
                # What was found so far is worth keeping: the caller sees that it is not complete.
                self._stop.set()
            finally:
                self._stop.set()
        return self._outcome([future.result() for future in running], ())

    def _watch(self, running: Sequence[Future[_Found]], progress: Callable[[Progress], None] | None) -> None:
        left = set(running)
        while left:
            done, left = wait(left, EVERY_S, FIRST_COMPLETED)
            if any(not any(future.result().lacking) for future in done):
                return
            if progress is not None and left:
                progress(Progress(max(self._placed), len(self._compiled.together), sum(self._moves)))

    def _seek(self, worker: int, until: float | None) -> _Found:
        """Search after search, each with a seed of its own: one may end well and yet not pass the check."""
        best: _Found | None = None
        seed, moves = self._seed + worker, 0
        while True:
            search = self._kernel.begin(self._compiled.model, seed)
            while True:
                left, lacking, so_far = search.advance(self._kernel.patience)
                self._placed[worker] = max(self._placed[worker], len(self._compiled.together) - lacking)
                self._moves[worker] = moves + so_far
                over = self._stop.is_set() or (until is not None and time.monotonic() >= until)
                if not left or over:
                    break
            moves += so_far
            positions, rooms = search.best()
            found = self._judge(positions, rooms, moves)
            if best is None or found.lacking < best.lacking:
                best = found
            if over or not any(best.lacking):
                return best
            seed += self._workers

    def _judge(self, positions: Sequence[int], rooms: Sequence[int], moves: int) -> _Found:
        timetable = Timetable(self._problem, self._compiled.places(positions, rooms))
        return _Found(timetable, check(timetable, self._rules), moves)

    def _outcome(self, found: Sequence[_Found], reasons: Sequence[str]) -> Outcome:
        best = min(found, key=lambda each: each.lacking)
        return Outcome(
            timetable=best.timetable,
            report=best.report,
            unplaced=[
                each
                for number, each in self._problem.activities.items()
                if number not in best.timetable.places
            ],
            impossible=reasons,
            compiled=self._kernel.compiled,
            moves=sum(each.moves for each in found),
        )
