"""Families: children and their guardians, and pupils who come from another school."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from core.database.base import in_force, new_id
from core.identity.families import birthday
from core.identity.models import Account, Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment
from core.organizations.transfer import classes_of
from plugins.auth_local.models import Invitation, LocalLogin

from .world import Sent, World, sends

TODAY = today_in("Europe/Moscow")
TEN = birthday(TODAY, -10)


def _child(world: World, *, account: bool) -> UUID:
    """A child of the guardian's, ten years old, with or without an account."""
    with world.portal.portal.database.transaction() as db:
        child = db.scalars(
            select(Guardianship.child_id)
            .join(Enrollment, Enrollment.person_id == Guardianship.child_id)
            .where(
                Guardianship.guardian_id == world.guardian_id,
                Guardianship.rights == "full",
                Enrollment.organization_id == world.found.organization_id,
                in_force(Guardianship, TODAY),
                in_force(Enrollment, TODAY),
            )
            .order_by(Guardianship.id)
            .limit(1)
        ).one()
        db.execute(update(Person).where(Person.id == child).values(birth_date=TEN))
        for table in (Invitation, LocalLogin):
            db.execute(delete(table).where(table.person_id == child))
        db.execute(delete(Account).where(Account.person_id == child))
        if account:
            db.add(Account(id=new_id(), person_id=child, status="active", preferences={}))
        return child


@sends("POST /account/children/{child_id:uuid}/account")
def childs_account_made(world: World) -> Sent:
    child = _child(world, account=False)
    return Sent(world.guardian, f"/account/children/{child}/account", "/account/children")


@sends("POST /account/children/{child_id:uuid}/invitation")
def child_invited(world: World) -> Sent:
    child = _child(world, account=True)
    return Sent(world.guardian, f"/account/children/{child}/invitation", "/account/children")


@sends("POST /people/{person_id:uuid}/guardians")
def guardian_tied(world: World) -> Sent:
    page = f"/people/{_child(world, account=True)}/guardians"
    fields: dict[str, Any] = {"last_name": "Двойной", "first_name": "Пётр", "relation": "parent"}
    return Sent(world.head, page, f"{page}/new", fields)


@sends("POST /people/{person_id:uuid}/guardians/{tie_id:uuid}")
def guardians_rights_changed(world: World) -> Sent:
    child = _child(world, account=True)
    with world.portal.portal.database.transaction() as db:
        grandmother = Person(id=new_id(), last_name="Бабушкина", first_name="Анна")
        db.add(grandmother)
        db.flush()
        tie = Guardianship(
            id=new_id(), guardian_id=grandmother.id, child_id=child, starts_on=date(2026, 9, 1)
        )
        db.add(tie)
    page = f"/people/{child}/guardians/{tie.id}"
    return Sent(world.head, page, page, {"rights": "view", "basis": "Доверенность № 1"})


@sends("POST /requests")
def transfer_asked(world: World) -> Sent:
    neighbour = world.neighbour
    with world.portal.portal.database.reading() as db:
        school_class = classes_of(db, world.found.organization_id, TODAY)[0]
    fields = {
        "last_name": "Переездов",
        "first_name": "Лев",
        "birth_date": TEN.isoformat(),
        "first_day": (TODAY + timedelta(days=1)).isoformat(),
        "basis": "Приказ",
        "school_class": school_class,
    }
    page = f"/requests/new?kind=core.pupil_transfer&to={neighbour}"
    return Sent(world.head, "/requests", page, fields)
