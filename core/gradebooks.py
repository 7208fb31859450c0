"""Capability `gradebook`: a school's year of works and results, for sets that other systems read (OneRoster).

Whoever keeps the marks gives them here whole; the core puts them beside classes and people in the form of the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from core.database.session import Session
    from core.roles.actor import Actor


class GradedWork(msgspec.Struct, frozen=True, kw_only=True):
    """Something that pupils of a class or group have got results for: a lesson's work, a term, a year.

    `kind` is one of the gradebook's. `term_id` is empty for what belongs to no term. Numbers lie between `lowest` and
    `highest`.
    """

    id: str
    title: str
    kind: str
    day: date
    subject_id: UUID
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    term_id: UUID | None
    lowest: int
    highest: int


class GradedResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil has got: a number, or `words` («зач», «н/а») where the school sets no number."""

    id: UUID
    work_id: str
    pupil_id: UUID
    score: int | None
    words: str
    day: date
    exempt: bool = False


class YearOfResults(msgspec.Struct, frozen=True, kw_only=True):
    """A gradebook: kinds of works as (id, title), works, and results, which may be too many to hold at once."""

    kinds: Sequence[tuple[str, str]]
    works: Sequence[GradedWork]
    results: Iterable[GradedResult]


class Gradebook(Protocol):
    """Capability `gradebook`: works and results of a school's year."""

    def of_year(
        self, db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID
    ) -> YearOfResults | None:
        """Everything of a year; None for an actor who may not see the marks of the whole school."""
        ...
