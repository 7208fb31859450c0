"""Plugins, organizations and groups of them."""

from core.organizations.models import Organization

from .reading import read_form
from .world import Sent, World, sends


@sends("POST /plugins/{name:str}/switch")
def plugin_switched(world: World) -> Sent:
    return Sent(world.head, "/plugins/diary/switch", "/plugins/diary", {"decision": "on"})


@sends("POST /plugins/{name:str}/settings")
def settings_saved(world: World) -> Sent:
    return Sent(world.head, "/plugins/journal/settings", "/plugins/journal", {"marks_in_cell": "3"})


@sends("POST /plugins/{name:str}/settings/reset")
def setting_reset(world: World) -> Sent:
    form = read_form(world.head.get("/plugins/journal").text, "/plugins/journal/settings")
    world.head.post("/plugins/journal/settings", data={**form, "marks_in_cell": "2"}, csrf=False)
    fields = {"setting": "marks_in_cell"}
    return Sent(world.head, "/plugins/journal/settings/reset", "/plugins/journal", fields)


@sends("POST /plugins/capability")
def provider_chosen(world: World) -> Sent:
    fields = {"capability": "marks", "organization": str(world.found.organization_id), "plugin": "journal"}
    return Sent(world.head, "/plugins/capability", fields=fields)


@sends("POST /organizations/{organization_id:uuid}/theme")
def theme_chosen(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}"
    return Sent(world.coordinator, f"{page}/theme", page, {"theme": "stavropol"})


@sends("POST /organizations/{organization_id:uuid}/edit")
def organization_corrected(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}/edit"
    return Sent(world.head, page, page, {"phone": "8 (865) 531-23-45"})


@sends("POST /organizations/columns")
def organization_columns_chosen(world: World) -> Sent:
    return Sent(world.coordinator, "/organizations/columns", "/organizations", {"columns": "inn"})


@sends("POST /organizations/bulk/{name:str}")
def organizations_closed(world: World) -> Sent:
    with world.portal.portal.database.transaction() as db:
        school = db.get_one(Organization, world.neighbour)
        school.closed_on = None
    fields = {"ids": str(school.id), "step": "do", "first_day": "2099-09-01", "reason": "Приказ"}
    return Sent(world.coordinator, "/organizations/bulk/close", fields=fields)


@sends("POST /organization-groups/new")
def group_made(world: World) -> Sent:
    fields = {"name": "Сельские школы", "membership": "hand"}
    return Sent(world.coordinator, "/organization-groups/new", "/organization-groups/new", fields)


def group(world: World, name: str) -> str:
    """The address of a new group, with both schools in it."""
    form = {"name": name, "kind": "project", "membership": "hand"}
    url = world.coordinator.post("/organization-groups/new", data=form).headers["location"].partition("?")[0]
    ids = [str(world.found.organization_id), str(world.neighbour)]
    data = {"ids": ids, "group": url.rpartition("/")[2], "step": "do"}
    world.coordinator.post("/organizations/bulk/group", data=data)
    return str(url)


@sends("POST /organization-groups/{group_id:uuid}/edit")
def group_changed(world: World) -> Sent:
    page = group(world, "Переименуют") + "/edit"
    return Sent(world.coordinator, page, page, {"name": "Переименовали"})


@sends("POST /organization-groups/{group_id:uuid}/plugins")
def group_decided(world: World) -> Sent:
    url = group(world, "Без расписания")
    fields = {"plugin": "diary", "decision": "on"}
    return Sent(world.coordinator, f"{url}/plugins", url, fields)


@sends("POST /organization-groups/{group_id:uuid}/announce")
def group_told(world: World) -> Sent:
    url = group(world, "Услышат")
    fields = {"recipients": "heads", "title": "Совещание", "body": "Завтра", "step": "send"}
    return Sent(world.coordinator, f"{url}/announce", f"{url}/announce", fields)


@sends("POST /organization-groups/columns")
def group_columns_chosen(world: World) -> Sent:
    fields = {"columns": "kind"}
    return Sent(world.coordinator, "/organization-groups/columns", "/organization-groups", fields)


@sends("POST /organization-groups/bulk/{name:str}")
def groups_deleted(world: World) -> Sent:
    fields = {"ids": group(world, "Лишняя").rpartition("/")[2], "step": "do"}
    return Sent(world.coordinator, "/organization-groups/bulk/delete", fields=fields)


@sends("POST /organizations/new")
def organization_made(world: World) -> Sent:
    fields = {"kind": "municipality", "name": "Новый муниципальный округ", "short_name": "Новый округ"}
    return Sent(world.coordinator, "/organizations/new", "/organizations/new", fields)


@sends("POST /organizations/{organization_id:uuid}/licences")
def licence_added(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}/licences"
    fields = {"number": "Л035", "issued_on": "2020-05-18", "issuer": "Министерство образования"}
    return Sent(world.coordinator, page, page, fields)


@sends("POST /organizations/{organization_id:uuid}/licences/{licence_id:uuid}/remove")
def licence_removed(world: World) -> Sent:
    sent = licence_added(world)
    world.coordinator.post(sent.action, data={**sent.fields, "kind": "licence", "number": "Л036"})
    text = world.coordinator.get(sent.page).text
    number = text.partition(f'action="{sent.page}/')[2].partition("/")[0]
    return Sent(world.coordinator, f"{sent.page}/{number}/remove", sent.page)
