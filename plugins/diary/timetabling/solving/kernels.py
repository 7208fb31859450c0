"""The search, compiled if it can be had."""

from __future__ import annotations

import importlib
import os
from array import array
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

import structlog

from plugins.diary.timetabling.solving.model import Model
from plugins.diary.timetabling.solving.search import Search

log = structlog.get_logger("timetabling")
IN_PYTHON = "MOYASHKOLA_SEARCH_IN_PYTHON"


class Searching(Protocol):
    """A search under way."""

    def advance(self, failures: int) -> tuple[int, int, int]:
        """Go on until so many chains more failed: lessons not placed now, at best, and moves so far."""
        ...

    def best(self) -> tuple[array[int], array[int]]:
        """A slot for each lesson and a room for each need, -1 where there is none."""
        ...


class CompiledSearch:
    """The search of `kernel.c`; others may run while it works."""

    def __init__(self, model: Model, seed: int, kernel: ModuleType) -> None:
        self._kernel: Any = kernel
        self._search = self._kernel.begin(model.numbers, model.bits, seed & 0xFFFFFFFF)

    def advance(self, failures: int) -> tuple[int, int, int]:
        """Go on until so many chains more failed: lessons not placed now, at best, and moves so far."""
        return self._kernel.advance(self._search, failures)

    def best(self) -> tuple[array[int], array[int]]:
        """A slot for each lesson and a room for each need, -1 where there is none."""
        positions, rooms = self._kernel.result(self._search)
        return array("i", positions), array("i", rooms)


class Kernel:
    """Begins searches. `patience` is for how many failures at a time one goes on without looking up."""

    def __init__(self, begin: Callable[[Model, int], Searching], patience: int, *, compiled: bool) -> None:
        self.begin = begin
        self.patience = patience
        self.compiled = compiled


def load() -> Kernel:
    """The compiled search; the one in Python where it was not compiled or `MOYASHKOLA_SEARCH_IN_PYTHON=1`."""
    if os.environ.get(IN_PYTHON) != "1":
        try:
            kernel = importlib.import_module("plugins.diary.timetabling.solving.kernel")
        except ImportError as error:
            log.warning("timetable search runs in Python", why=str(error))
        else:
            return Kernel(lambda model, seed: CompiledSearch(model, seed, kernel), 200, compiled=True)
    return Kernel(Search, 5, compiled=False)
