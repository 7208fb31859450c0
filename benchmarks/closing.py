"""`python -m benchmarks.closing`: the terms of a school of a thousand pupils are shown, and one is closed.

34 classes of 30 pupils, 15 subjects each: 15 300 term marks, of which one in twenty is missing. The goal for closing,
with notifications to the teachers, is 5 s; on SQLite and PostgreSQL.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import insert, select

from benchmarks.school import FIRST_DAY, build
from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.database.session import Session
from core.identity.models import Account
from core.identity.sessions import actor_of
from core.organizations.models import Enrollment, SchoolClass, Subject, TeachingAssignment, Term
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing import postgres
from plugins.journal.models import JournalPage
from plugins.journal.terms import readiness
from plugins.journal.terms.models import JournalTermMark

GOAL_S = 5
CLASSES = 34
SUBJECTS = 14
"""Beside the one that `build` makes."""


def fill(db: Session) -> tuple[UUID, UUID]:
    """More subjects for every class, and term marks; returns the term and the account of a deputy head."""
    term = db.scalars(select(Term)).one()
    of_year = {"organization_id": term.organization_id, "academic_year_id": term.academic_year_id}
    teacher = db.scalars(select(TeachingAssignment.teacher_id).limit(1)).one()
    classes = db.scalars(select(SchoolClass.id)).all()
    for number in range(SUBJECTS):
        subject, name = new_id(), f"Предмет {number:02}"
        db.execute(
            insert(Subject).values(
                id=subject,
                organization_id=term.organization_id,
                name=name,
                short_name=name,
                name_key=name.casefold(),
                position=number + 2,
            )
        )
        place = [{**of_year, "subject_id": subject, "school_class_id": each} for each in classes]
        db.execute(insert(JournalPage), [{"id": new_id(), **each} for each in place])
        assigned = {"teacher_id": teacher, "starts_on": FIRST_DAY, "ends_on": None}
        db.execute(insert(TeachingAssignment), [{"id": new_id(), **each, **assigned} for each in place])
    pupils = db.execute(
        select(JournalPage.id, Enrollment.person_id).join(
            Enrollment, Enrollment.school_class_id == JournalPage.school_class_id
        )
    ).all()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            **of_year,
            "page_id": page,
            "pupil_id": pupil,
            "kind": "term",
            "term_id": term.id,
            "value": "4",
            "score": 4,
            "author_id": teacher,
        }
        for at, (page, pupil) in enumerate(pupils)
        if at % 20
    ]
    db.execute(insert(JournalTermMark), rows)
    db.add(
        StructuralRole(
            id=new_id(),
            person_id=teacher,
            kind="deputy_head",
            organization_id=term.organization_id,
            status="active",
            starts_on=FIRST_DAY - timedelta(days=365),
        )
    )
    db.flush()
    role = db.scalars(select(StructuralRole.id).where(StructuralRole.kind == "deputy_head")).one()
    account = db.scalars(select(Account).where(Account.person_id == teacher)).one()
    account.last_role_id = role
    return term.id, account.id


def took(work: Callable[[], Any]) -> float:
    """Seconds of some work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(engine: str, database_url: str) -> float:
    """Show and close on one kind of database; prints the seconds, returns those of closing."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home, database_url=database_url))
        assert not any(problem for _name, problem in migrations.upgrade(portal))
        build(portal, CLASSES)
        with portal.database.transaction() as db:
            term_id, account_id = fill(db)

        def show() -> None:
            with portal.database.reading(fresh=True) as db:
                readiness.terms_with_readiness(db, actor_of(db, account_id))

        def close() -> None:
            with portal.database.transaction() as db:
                readiness.close(db, actor_of(db, account_id), term_id)

        shown, closed = took(show), took(close)
        portal.close()
    print(f"{engine}: список периодов {shown:.2f} с, закрытие {closed:.2f} с (цель {GOAL_S} с)")
    return closed


def main() -> int:
    """Measure on both; 1 if closing takes longer than the goal."""
    slowest = measure("sqlite", "")
    with postgres.server() as server:
        with psycopg.connect(server + "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
        slowest = max(slowest, measure("postgresql", server + "bench"))
    return 1 if slowest > GOAL_S else 0


if __name__ == "__main__":
    sys.exit(main())
