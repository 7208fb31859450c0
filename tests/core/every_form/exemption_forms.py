"""Exempting pupils from subjects."""

from datetime import timedelta
from typing import Any

from core.identity.sessions import today_in
from core.testing.portal import Visitor

from .attendance_forms import class_teacher
from .world import Sent, World, sends

HERE = "/journal/exemptions"


def wanted(world: World, pupil: int) -> dict[str, Any]:
    """An exemption of a week."""
    today = today_in("Europe/Moscow")
    return {
        "pupil": str(world.found.pupils[pupil]),
        "subjects": [str(world.found.subject_id)],
        "first_day": str(today),
        "last_day": str(today + timedelta(days=6)),
        "kind": "exempt",
        "reason": "После болезни",
        "basis": "Справка № 7",
    }


def made(world: World, visitor: Visitor, pupil: int) -> str:
    """The key of an exemption just put."""
    answer = visitor.post(f"/api/v1{HERE}", json=wanted(world, pupil))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ids"][0])


@sends("POST /journal/exemptions")
def exemption_given(world: World) -> Sent:
    visitor = class_teacher(world)
    fields = wanted(world, 6)
    return Sent(
        visitor, HERE, f"{HERE}?pupil={fields['pupil']}", {**fields, "subjects": fields["subjects"][0]}
    )


@sends("POST /journal/exemptions/{exemption_id:uuid}/end")
def exemption_ended(world: World) -> Sent:
    visitor = class_teacher(world)
    last_day = str(today_in("Europe/Moscow") + timedelta(days=2))
    return Sent(visitor, f"{HERE}/{made(world, visitor, 7)}/end", HERE, {"last_day": last_day})


@sends("POST /journal/exemptions/{exemption_id:uuid}/withdraw")
def exemption_withdrawn(world: World) -> Sent:
    visitor = class_teacher(world)
    return Sent(visitor, f"{HERE}/{made(world, visitor, 8)}/withdraw", HERE, {"step": "withdraw"})
