"""Whom a change is about, found by name: only people whose names the reader may know."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from core.audit.naming import may_be_named
from core.database.session import Session
from core.identity.models import Account, Person
from core.identity.name_words import similar_names
from core.identity.names import sort_key
from core.roles.actor import Actor
from core.search import starts_a_word

MOST = 200
"""With more people of a name the history of all of them is of no use: the first are taken."""


class Subjects(msgspec.Struct, frozen=True, kw_only=True):
    """People of a name and their accounts by id; `read_as` is the spelling they were found by, if not the typed one."""

    ids: Sequence[str]
    read_as: str = ""
    more: bool = False


def named(db: Session, actor: Actor, typed: str) -> Subjects:
    """The people whose name has words that begin as typed; letter case, ё and one typing error do not matter."""
    wanted = sort_key(typed)
    for spelling in (wanted, *similar_names(db, wanted)):
        people = db.scalars(
            select(Person.id)
            .where(starts_a_word(Person.name_key, spelling), may_be_named(actor))
            .order_by(Person.name_key, Person.id)
            .limit(MOST + 1)
        ).all()
        if people:
            shown = people[:MOST]
            accounts = db.scalars(select(Account.id).where(Account.person_id.in_(shown))).all()
            return Subjects(
                ids=[str(each) for each in (*shown, *accounts)],
                read_as=spelling.title() if spelling != wanted else "",
                more=len(people) > MOST,
            )
    return Subjects(ids=())
