"""Logins of a person whose two cards are made one: the only one moves, of two one stays, undo brings both back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import PersonMerge
from core.testing.portal import Visitor
from plugins.auth_local.models import Passkey, RecoveryCode
from tests.plugins.auth_local.conftest import GOOD, School, is_in


def merge(school: School, head: Visitor, one: UUID, other: UUID) -> UUID:
    """Make two one; returns the key of the merge."""
    answer = head.post(f"/accounts/{one}/merge/{other}", data={"step": "do", "keep": "one"})
    assert answer.status_code == 303, answer.text
    with school.portal.portal.database.reading(fresh=True) as db:
        return db.scalars(select(PersonMerge.id).where(PersonMerge.absorbed_id == other)).one()


def lets_in(school: School, login: str, password: str = GOOD) -> bool:
    visitor = school.portal.visitor()
    school.enter(login, password, visitor)
    school.waits_over()
    return is_in(visitor)


def secrets_of(school: School, person_id: UUID) -> list[Any]:
    with school.portal.portal.database.reading(fresh=True) as db:
        return [
            db.scalars(select(table.id).where(table.person_id == person_id).order_by(table.id)).all()
            for table in (RecoveryCode, Passkey)
        ]


def with_secrets(school: School, person_id: UUID) -> None:
    """A recovery code and a passkey that hang on the person's login."""
    with school.portal.portal.database.transaction() as db:
        db.add(RecoveryCode(id=new_id(), person_id=person_id, code_hash=bytes(32)))
        db.add(
            Passkey(
                id=new_id(),
                person_id=person_id,
                credential_id=person_id.bytes,
                public_key=b"key",
                sign_count=0,
                name="Телефон",
            )
        )


def test_the_only_login_moves_with_all_that_hangs_on_it_and_back(school: School) -> None:
    head = school.staff("head")
    one, other = school.person("guardian", 4), school.person("guardian", 5)
    login = school.with_password(other)
    with_secrets(school, other)
    before = secrets_of(school, other)
    merge_id = merge(school, head, one, other)
    moved = school.login_of(one)
    assert moved is not None
    assert moved.login == login
    assert secrets_of(school, one) == before
    assert lets_in(school, login)
    assert head.post(f"/accounts/merges/{merge_id}/undo").status_code == 303
    assert school.login_of(one) is None
    assert secrets_of(school, other) == before
    assert lets_in(school, login)


def test_of_two_logins_that_of_the_card_that_stays_is_kept_until_undo(school: School) -> None:
    head = school.staff("head")
    one, other = school.person("guardian", 6), school.person("guardian", 7)
    logins = school.with_password(one), school.with_password(other)
    with_secrets(school, other)
    before = secrets_of(school, other)
    shown = head.post(f"/accounts/{one}/merge/{other}", data={"keep": "one"}).text
    assert "Логин школы" in shown.partition("станет одним")[2]
    merge_id = merge(school, head, one, other)
    assert [lets_in(school, each) for each in logins] == [True, False]
    assert head.post(f"/accounts/merges/{merge_id}/undo").status_code == 303
    assert [lets_in(school, each) for each in logins] == [True, True]
    assert secrets_of(school, other) == before
