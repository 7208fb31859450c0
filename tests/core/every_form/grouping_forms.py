"""Classes and groups of pupils."""

import html
import re

from sqlalchemy import select

from core.identity.sessions import today_in
from core.organizations.models import PupilGroup

from .reading import read_form
from .world import Sent, World, sends

TODAY = today_in("Europe/Moscow")


def card(world: World) -> str:
    """The address of the class."""
    return f"/groupings/{world.found.school_class_id}"


def course(world: World, name: str) -> str:
    """The address of a new elective."""
    form = read_form(world.head.get("/groupings/new?kind=elective").text, "/groupings/new")
    answer = world.head.post("/groupings/new", data={**form, "name": name}, csrf=False)
    return str(answer.headers["location"].partition("?")[0])


def moved(world: World, url: str, nth: int) -> Sent:
    """The yes to a pupil added to an elective."""
    fields = {"moves": f"{world.found.pupils[nth]}:{url.rpartition('/')[2]}"}
    shown = world.head.post(f"{url}/move", data=fields).text
    form = read_form(shown, f"{url}/move")
    return Sent(
        world.head, f"{url}/move", fields={**form, **fields, "day": form["day"], "reason": "Заявление"}
    )


@sends("POST /groupings/new")
def grouping_made(world: World) -> Sent:
    return Sent(world.head, "/groupings/new", "/groupings/new?kind=elective", {"name": "Черчение"})


@sends("POST /groupings/{grouping_id:uuid}/edit")
def grouping_changed(world: World) -> Sent:
    page = course(world, "Переименуют") + "/edit"
    return Sent(world.head, page, page, {"name": "Переименовали"})


@sends("POST /groupings/{grouping_id:uuid}/move")
def pupils_moved(world: World) -> Sent:
    sent = moved(world, course(world, "Астрономия"), 0)
    sent.fields.pop("idempotency_key")
    return sent


@sends("POST /groupings/moves/{move_id:uuid}/undo")
def move_undone(world: World) -> Sent:
    sent = moved(world, course(world, "Театр"), 1)
    page = world.head.post(sent.action, data=sent.fields).headers["location"]
    return Sent(world.head, f"{page}/undo", page)


@sends("POST /groupings/{grouping_id:uuid}/split")
def class_split(world: World) -> Sent:
    page = f"{card(world)}/split"
    form = read_form(world.head.get(page).text, page)
    with world.portal.portal.database.reading() as db:
        taken = db.scalars(
            select(PupilGroup.subject_id).where(PupilGroup.school_class_id == world.found.school_class_id)
        ).all()
    choices = re.findall(r'<option value="([0-9a-f-]{36})"', world.head.get(page).text)
    subject = next(each for each in choices if each not in {str(key) for key in taken})
    fields = {**form, "subject": subject, "reason": "Приказ", "names": ""}
    fields.pop("idempotency_key")
    shown = world.head.post(page, data=fields, csrf=False).text
    fields["seen"] = html.unescape(re.findall(r'name="seen" value="([^"]*)"', shown)[0])
    return Sent(world.head, page, fields=fields)


@sends("POST /groupings/columns")
def grouping_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/groupings/columns", "/groupings", {"columns": "kind"})


@sends("POST /groupings/bulk/{name:str}")
def groupings_closed(world: World) -> Sent:
    fields = {
        "ids": course(world, "Лишний курс").rpartition("/")[2],
        "step": "do",
        "first_day": TODAY.isoformat(),
        "reason": "Приказ",
    }
    return Sent(world.head, "/groupings/bulk/close", fields=fields)
