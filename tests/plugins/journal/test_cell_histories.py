"""Any sequence of edits, undo, restoring and offline merges ends in the same state on both sides and a valid chain.

Two people write into the same cells as two browsers do: each types into what it sees, keeps what it could not send,
sends it later, perhaps twice, and looks at what the other did. At the end both have taken in everything, and both,
the portal and the history told from its beginning must agree.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.audit.record import check as check_audit
from core.testing.portal import Visitor
from plugins.journal.grid.stored_cells import CELL, subject_id_of
from plugins.journal.models import JournalCell
from tests.plugins.journal.conftest import TeachersPage

Place = tuple[int, int]
"""A lesson and a pupil of the page, by number."""

TEXTS = ("5", "4/5", "2→4", "н", "н 3", "оп5", "зач", "•", "", "7", "н б", "что")
PLACES = [(lesson, pupil) for lesson in range(2) for pupil in range(2)]


class Waiting(msgspec.Struct):
    """A text that has been typed and is not known to have arrived."""

    value: str
    was: str
    key: str


class Side:
    """What one browser shows and what it still has to send."""

    def __init__(self, page: TeachersPage, visitor: Visitor) -> None:
        self._page, self._visitor = page, visitor
        self.base: dict[Place, str] = {}
        self.queue: dict[Place, Waiting] = {}
        self.undo: list[tuple[Place, str]] = []
        self.version = 0
        self._sent: set[str] = set()
        self.read()

    def read(self) -> None:
        """Open the page."""
        shown = self._visitor.get(f"{self._page.url}?term={self._page.term.number}").json()
        self.version = shown["version"]
        cells = {pupil["id"]: pupil["cells"] for pupil in shown["pupils"]}
        self.base = {
            (lesson, pupil): cells[str(self._page.pupils[pupil])].get(str(self._page.lessons[lesson]), "")
            for lesson, pupil in PLACES
        }

    def type(self, place: Place, value: str) -> None:
        """Type into a cell what is to be sent; a text of before that still waits is replaced."""
        present = self.queue.get(place)
        was = present.was if present else self.base[place]
        self.undo.append((place, present.value if present else was))
        self.queue[place] = Waiting(value, was, uuid4().hex)

    def take_back(self) -> None:
        """Undo the latest text typed."""
        if self.undo:
            place, value = self.undo.pop()
            self.type(place, value)
            self.undo.pop()

    def send(self, *, answer_lost: bool = False, together: bool = True) -> None:
        """Send what waits; with a lost answer it goes on waiting and is sent once more later."""
        if not self.queue:
            return
        entries = list(self.queue.items())
        there = Side(self._page, self._visitor).base
        bodies = [
            {
                "lesson": str(self._page.lessons[lesson]),
                "pupil": str(self._page.pupils[pupil]),
                "value": waiting.value,
                "was": waiting.was,
                "key": waiting.key,
            }
            for (lesson, pupil), waiting in entries
        ]
        if together:
            answer = self._visitor.post(self._page.url + "/cells", json={"cells": bodies})
            assert answer.status_code == 200, answer.text
            if not answer_lost:
                for (place, _waiting), result in zip(entries, answer.json()["results"], strict=True):
                    self._learn(place, there[place], result["saved"], result["refused"])
            self._sent |= {waiting.key for _place, waiting in entries}
            return
        for (place, _waiting), body in zip(entries, bodies, strict=True):
            answer = self._visitor.put(self._page.url + "/cells", json=body)
            told = answer.json()
            if not answer_lost:
                self._learn(
                    place, there[place], *((told, None) if answer.status_code == 200 else (None, told))
                )
        self._sent |= {waiting.key for _place, waiting in entries}

    def _learn(self, place: Place, there: str, saved: Any, refused: Any) -> None:
        waiting = self.queue.pop(place)
        if saved is not None:
            # Nobody else's text is overwritten: the cell held what this side had seen, or holds this already.
            assert there in (waiting.was, saved["text"]) or waiting.key in self._sent
            self.base[place] = saved["text"]
            return
        assert refused["status"] in (409, 422), refused
        if refused["status"] == 409:
            assert refused["fields"]["text"] == there != waiting.was
            self.base[place] = there

    def catch_up(self) -> None:
        """Ask what has changed since; what is still to be sent stays as it was typed."""
        told = self._visitor.get(f"{self._page.url}/cells?since={self.version}").json()
        numbers = {
            (str(self._page.lessons[lesson]), str(self._page.pupils[pupil])): (lesson, pupil)
            for lesson, pupil in PLACES
        }
        for cell in told["cells"]:
            if (place := numbers.get((cell["lesson"], cell["pupil"]))) is not None:
                self.base[place] = cell["text"]
        self.version = told["version"]

    def restore(self, place: Place, number: int) -> None:
        """Put back what a change of the history replaced."""
        lesson, pupil = place
        lines = [line for line in self._page.cell(lesson=lesson, pupil=pupil)["history"] if line["record"]]
        if lines:
            url = f"{self._page.url}/cells/{self._page.lessons[lesson]}/{self._page.pupils[pupil]}/restore"
            answer = self._visitor.post(url, json={"record": lines[number % len(lines)]["record"]})
            assert answer.status_code == 200, answer.text


def machine(page: TeachersPage, deputy: Visitor) -> type[RuleBasedStateMachine]:
    """The two sides over a page, as hypothesis drives them."""
    sides = st.sampled_from((0, 1))
    places, texts, truths = st.sampled_from(PLACES), st.sampled_from(TEXTS), st.booleans()

    class TwoWriters(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.sides: list[Side] = []
            self.told_before: dict[Place, int] = {}

        @initialize()
        def begin(self) -> None:
            page.clear()
            self.told_before = {place: len(told(page, place)) for place in PLACES}
            self.sides = [Side(page, page.teacher), Side(page, deputy)]

        @rule(side=sides, place=places, text=texts)
        def types(self, side: int, place: Place, text: str) -> None:
            self.sides[side].type(place, text)

        @rule(side=sides)
        def takes_back(self, side: int) -> None:
            self.sides[side].take_back()

        @rule(side=sides, answer_lost=truths, together=truths)
        def sends(self, side: int, answer_lost: bool, together: bool) -> None:
            self.sides[side].send(answer_lost=answer_lost, together=together)

        @rule(side=sides)
        def catches_up(self, side: int) -> None:
            self.sides[side].catch_up()

        @rule(side=sides)
        def opens_the_page_anew(self, side: int) -> None:
            self.sides[side].read()

        @rule(side=sides, place=places, number=st.integers(0, 5))
        def restores(self, side: int, place: Place, number: int) -> None:
            self.sides[side].restore(place, number)

        def teardown(self) -> None:
            if not self.sides:
                return
            for side in self.sides:
                side.send()
            for side in self.sides:
                side.catch_up()
            kept = Side(page, page.teacher).base
            assert self.sides[0].base == kept
            assert self.sides[1].base == kept
            for place in PLACES:
                follow(page, place, told(page, place)[self.told_before[place] :], kept[place])

    return TwoWriters


def told(page: TeachersPage, place: Place) -> list[tuple[str, str]]:
    """What the record says of a cell: before and after every change."""
    lesson, pupil = place
    subject = subject_id_of(page.lessons[lesson], page.pupils[pupil])
    with page.under_test.portal.database.reading(fresh=True) as db:
        rows = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.subject_type == CELL, AuditRecord.subject_id == subject)
            .order_by(AuditRecord.sequence)
        ).all()
        return [((row.before or {}).get("value", ""), (row.after or {}).get("value", "")) for row in rows]


def follow(page: TeachersPage, place: Place, changes: list[tuple[str, str]], text: str) -> None:
    """The history, told from an empty cell on, leads to what stands there, and is counted right."""
    now = ""
    for before, after in changes:
        assert before == now
        assert after != before
        now = after
    assert now == text
    lesson, pupil = place
    with page.under_test.portal.database.reading(fresh=True) as db:
        kept = db.get(JournalCell, (page.lessons[lesson], page.pupils[pupil]))
        assert (kept.changes if kept else 0) == len(changes)


def test_two_writers_end_in_one_state_with_a_history_that_leads_there(
    page: TeachersPage, deputy: Visitor
) -> None:
    run_state_machine_as_test(
        machine(page, deputy),
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    with page.under_test.portal.database.reading(fresh=True) as db:
        assert list(check_audit(db)) == []
