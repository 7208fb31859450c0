"""Reports of the journal."""

from .world import Sent, World, sends


@sends("POST /journal/reports/control/remind")
def teacher_reminded(world: World) -> Sent:
    """The page of the world has lessons without topics."""
    first, last = str(world.found.term.starts_on), str(world.found.term.ends_on)
    page = f"/journal/reports/control?first={first}&last={last}&teacher={world.found.teacher_id}"
    fields = {"teacher": str(world.found.teacher_id), "first": first, "last": last}
    deputy = world.portal.sign_in("deputy_head")
    return Sent(deputy, "/journal/reports/control/remind", page, fields)
