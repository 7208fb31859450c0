"""People who may be one: found, told apart, made one and two again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Account, LikelyPair, Person, PersonMerge
from core.roles.models import StructuralRole

from .world import Sent, World, sends


def twins(world: World, surname: str) -> tuple[UUID, UUID]:
    """Two cards of one librarian."""
    with world.portal.portal.database.transaction() as db:
        people = [Person(id=new_id(), last_name=surname, first_name="Анна") for _ in range(2)]
        db.add_all(people)
        db.flush()
        for person in people:
            db.add(Account(id=new_id(), person_id=person.id, preferences={}))
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person.id,
                    kind="librarian",
                    organization_id=world.found.organization_id,
                    starts_on=date(2020, 9, 1),
                )
            )
        return people[0].id, people[1].id


@sends("POST /accounts/duplicates/columns")
def duplicate_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/accounts/duplicates/columns", "/accounts/duplicates", {"columns": "reasons"})


@sends("POST /accounts/duplicates/bulk/{name:str}")
def told_apart(world: World) -> Sent:
    one, other = twins(world, "Разнова")
    with world.portal.portal.database.transaction() as db:
        pair = LikelyPair(id=new_id(), first_id=min(one, other), second_id=max(one, other), reasons=["same"])
        db.add(pair)
    fields = {"ids": str(pair.id), "step": "do"}
    return Sent(world.head, "/accounts/duplicates/bulk/different", fields=fields)


@sends("POST /accounts/duplicates/search")
def looked_for(world: World) -> Sent:
    return Sent(world.head, "/accounts/duplicates/search", "/accounts/duplicates/search")


@sends("POST /accounts/{person_id:uuid}/merge/{other_id:uuid}")
def made_one(world: World) -> Sent:
    one, other = twins(world, "Однова")
    page = f"/accounts/{one}/merge/{other}"
    return Sent(world.head, page, page, {"step": "do", "keep": "one"})


@sends("POST /accounts/merges/{merge_id:uuid}/undo")
def made_two(world: World) -> Sent:
    one, other = twins(world, "Двуликова")
    world.head.post(f"/accounts/{one}/merge/{other}", data={"step": "do", "keep": "one"})
    with world.portal.portal.database.reading() as db:
        merge_id = db.scalars(select(PersonMerge.id).where(PersonMerge.absorbed_id == other)).one()
    return Sent(world.head, f"/accounts/merges/{merge_id}/undo", f"/accounts/{one}")
