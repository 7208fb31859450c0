"""Setting organizations up, and their subjects."""

from __future__ import annotations

from sqlalchemy import select

from core.organizations.models import Organization, Subject

from .world import Sent, World, sends


@sends("POST /organizations/{organization_id:uuid}/setup")
def step_confirmed(world: World) -> Sent:
    with world.portal.portal.database.reading() as db:
        region = db.scalars(select(Organization.id).where(Organization.kind == "region")).one()
    coordinator = world.portal.sign_in("regional_coordinator")
    page = f"/organizations/{region}/setup"
    return Sent(coordinator, page, page, {"step": "core.theme", "fine": "yes"})


@sends("POST /setup/schools/columns")
def readiness_columns_chosen(world: World) -> Sent:
    return Sent(world.coordinator, "/setup/schools/columns", "/setup/schools", {"columns": "head"})


@sends("POST /organizations/{organization_id:uuid}/subjects")
def subjects_added(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}/subjects"
    return Sent(world.head, page, page, {"names": "Шахматы\nРобототехника"})


@sends("POST /organizations/{organization_id:uuid}/subjects")
def subject_removed(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}/subjects"
    world.head.post(page, data={"names": "Астрономия"})
    with world.portal.portal.database.reading(fresh=True) as db:
        made = db.scalars(select(Subject.id).where(Subject.name == "Астрономия")).one()
    return Sent(world.head, page, page, {"remove": str(made)})


@sends("POST /requests/{request_id:uuid}")
def request_returned(world: World) -> Sent:
    url = world.request()
    return Sent(world.head, url, url, {"step": "return", "text": "Приложите паспорт"})
