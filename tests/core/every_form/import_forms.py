"""Loading data from files."""

from .world import Sent, World, sends


@sends("POST /import")
def file_uploaded(world: World) -> Sent:
    return Sent(world.head, "/import", "/import", {"kind": "auto"}, world.table())


@sends("POST /import/{import_id:uuid}/confirm")
def import_confirmed(world: World) -> Sent:
    url = world.rehearsed()
    return Sent(world.head, f"{url}/confirm", url)


@sends("POST /import/{import_id:uuid}/cancel")
def import_cancelled(world: World) -> Sent:
    url = str(world.head.post("/import", files=world.table(), data={"kind": "auto"}).headers["location"])
    return Sent(world.head, f"{url}/cancel", url)


@sends("POST /import/{import_id:uuid}/columns")
def columns_named(world: World) -> Sent:
    url = world.rehearsed()
    return Sent(world.head, f"{url}/columns", url, {"title": "Прозвище", "was": "", "field": "middle_name"})


@sends("POST /import/history/{run_id:uuid}/undo")
def import_undone(world: World) -> Sent:
    url = world.loaded()
    return Sent(world.head, f"{url}/undo", url)
