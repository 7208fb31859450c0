"""Accounts and structural roles."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database.base import in_force, new_id
from core.identity.models import Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment
from core.roles.models import StructuralRole

from .world import Sent, World, sends


@sends("POST /accounts/columns")
def columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/accounts/columns", "/accounts", {"columns": "source"})


@sends("POST /accounts/bulk/{name:str}")
def accounts_blocked(world: World) -> Sent:
    with world.portal.portal.database.reading() as db:
        colleague = db.scalars(
            select(StructuralRole.person_id)
            .where(
                StructuralRole.kind == "teacher",
                StructuralRole.organization_id == world.found.organization_id,
                StructuralRole.person_id != world.teacher.person_id,
            )
            .order_by(StructuralRole.id)
            .limit(1)
        ).one()
    world.portal.sign_in("teacher", person_id=colleague)
    fields = {"ids": str(colleague), "step": "do", "reason": "Приказ"}
    return Sent(world.head, "/accounts/bulk/block", fields=fields)


def _role(world: World) -> tuple[UUID, UUID]:
    """The organization and the role of the head."""
    with world.portal.portal.database.reading() as db:
        role = db.scalars(
            select(StructuralRole).where(
                StructuralRole.person_id == world.head.person_id, StructuralRole.kind == "head"
            )
        ).one()
        return role.organization_id, role.id


@sends("POST /roles/columns")
def role_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/roles/columns", "/roles", {"columns": "basis"})


@sends("POST /roles/bulk/{name:str}")
def role_suspended(world: World) -> Sent:
    organization_id, _own = _role(world)
    with world.portal.portal.database.transaction() as db:
        role = StructuralRole(
            id=new_id(),
            person_id=world.teacher.person_id,
            kind="librarian",
            organization_id=organization_id,
            starts_on=date(2020, 9, 1),
        )
        db.add(role)
    fields = {"ids": str(role.id), "step": "do", "basis": "Приказ"}
    return Sent(world.head, "/roles/bulk/suspend", fields=fields)


@sends("POST /roles")
def role_given(world: World) -> Sent:
    organization_id, _own = _role(world)
    page = f"/roles/new?organization={organization_id}&person={world.guardian_id}"
    return Sent(world.head, "/roles", page, {"kind": "librarian", "basis": "Приказ"})


@sends("POST /accounts")
def person_added(world: World) -> Sent:
    fields = {"last_name": "Двойная", "first_name": "Яна", "kind": "librarian", "basis": "Приказ"}
    return Sent(world.head, "/accounts", "/accounts/new", fields)


@sends("POST /account/roles/{role_id:uuid}/lend")
def rights_lent(world: World) -> Sent:
    _organization, own = _role(world)
    page = f"/account/roles/{own}/lend"
    day = today_in("Europe/Moscow") + timedelta(days=5)
    fields = {"person_id": str(world.teacher.person_id), "ends_on": day.isoformat(), "basis": "Отпуск"}
    return Sent(world.head, page, page, fields)


@sends("POST /account/roles/{role_id:uuid}/take-back")
def rights_taken_back(world: World) -> Sent:
    organization_id, own = _role(world)
    with world.portal.portal.database.transaction() as db:
        lent = StructuralRole(
            id=new_id(),
            person_id=world.guardian_id,
            kind="head",
            organization_id=organization_id,
            starts_on=date(2020, 9, 1),
            ends_on=date(2099, 9, 1),
            delegated_from=own,
        )
        db.add(lent)
    return Sent(world.head, f"/account/roles/{lent.id}/take-back", "/account")


@sends("POST /role-kinds/{name:str}")
def role_configured(world: World) -> Sent:
    page = "/role-kinds/librarian"
    form = f"{page}?edit=core.requests.send"
    typed = {"permission": "core.requests.send", "reach": "0", "basis": "Приказ 7"}
    return Sent(world.coordinator, page, form, typed)


@sends("POST /role-kinds/changes/{change_id:uuid}/undo")
def role_change_taken_back(world: World) -> Sent:
    page = "/role-kinds/psychologist"
    typed = {"permission": "core.requests.send", "reach": "0", "basis": "Приказ 7"}
    made = world.coordinator.post(page, data=typed).headers["location"].partition("?")[2]
    change_id = made.removeprefix("done=").partition("#")[0]
    return Sent(world.coordinator, f"/role-kinds/changes/{change_id}/undo", f"{page}?{made}", {})


@sends("POST /people/{person_id:uuid}/data")
def data_taken_out(world: World) -> Sent:
    page = f"/people/{world.teacher.person_id}/data"
    return Sent(world.head, page, page, {"basis": "Заявление"})


@sends("POST /people/{person_id:uuid}/erase")
def profile_erased(world: World) -> Sent:
    organization_id, _own = _role(world)
    with world.portal.portal.database.transaction() as db:
        person = Person(id=new_id(), last_name="Уходов", first_name="Пётр")
        db.add(person)
        db.flush()
        role = StructuralRole(
            id=new_id(),
            person_id=person.id,
            kind="librarian",
            organization_id=organization_id,
            starts_on=date(2020, 9, 1),
        )
        db.add(role)
    page = f"/people/{person.id}/erase"
    return Sent(world.head, page, page, {"basis": "Заявление", "word": "СТЕРЕТЬ"})


def _pupil(world: World) -> UUID:
    """A pupil of the head's school."""
    with world.portal.portal.database.reading() as db:
        return db.scalars(
            select(Enrollment.person_id)
            .where(
                Enrollment.organization_id == world.found.organization_id,
                in_force(Enrollment, today_in("Europe/Moscow")),
            )
            .order_by(Enrollment.id)
            .limit(1)
        ).one()


@sends("POST /people/{person_id:uuid}/birth-certificate")
def certificate_written_down(world: World) -> Sent:
    page = f"/people/{_pupil(world)}/birth-certificate"
    return Sent(world.head, page, page, {"birth_certificate": "VII-ГН 123456"})


@sends("POST /people/{person_id:uuid}/correct")
def person_corrected(world: World) -> Sent:
    page = f"/people/{_pupil(world)}/correct"
    return Sent(world.head, page, page, {"first_name": "Дваждыя", "reason": "Паспорт"})
