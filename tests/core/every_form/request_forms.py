"""Requests."""

from .world import Sent, World, sends


@sends("POST /requests")
def drafted(world: World) -> Sent:
    page = "/requests/new?kind=core.person_correction"
    return Sent(world.guardian, "/requests", page, {"step": "draft", "reason": "Потом допишу"})


@sends("POST /requests/{request_id:uuid}/edit")
def draft_sent(world: World) -> Sent:
    form = {"_kind": "core.person_correction", "step": "draft"}
    page = str(world.guardian.post("/requests", data=form).headers["location"]).partition("?")[0]
    fields = {"step": "send", "last_name": "Семёнова", "first_name": "Вера", "reason": "Ошибка"}
    return Sent(world.guardian, page, page, fields)


@sends("POST /requests/list/columns")
def request_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/requests/list/columns", "/requests/list", {"columns": "author"})


@sends("POST /requests/list/bulk/{name:str}")
def requests_rejected(world: World) -> Sent:
    fields = {"ids": world.request().rpartition("/")[2], "step": "do", "text": "Нет справки"}
    return Sent(world.head, "/requests/list/bulk/reject", fields=fields)


@sends("POST /requests")
def request_sent(world: World) -> Sent:
    fields = {"last_name": "Семёнова", "first_name": "Вера", "reason": "Ошибка в паспорте"}
    return Sent(world.guardian, "/requests", "/requests/new?kind=core.person_correction", fields)


@sends("POST /requests/{request_id:uuid}")
def request_commented(world: World) -> Sent:
    url = world.request()
    return Sent(world.guardian, url, url, {"step": "comment", "text": "Пожалуйста"})


@sends("POST /requests/{request_id:uuid}")
def request_approved(world: World) -> Sent:
    url = world.request()
    return Sent(world.head, url, url, {"step": "approve", "text": "Исправлено"})
