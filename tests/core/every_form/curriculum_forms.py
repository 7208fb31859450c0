"""Curricula."""

import json
from typing import Any

from sqlalchemy import select, update

from core.organizations.models import Enrollment, Subject
from core.testing.portal import Visitor
from plugins.diary.curriculum.models import Curriculum

from .world import Sent, World, sends

ADDRESS = "/curriculum/{curriculum_id:uuid}"


def deputy(world: World) -> Visitor:
    """The deputy head, just signed in: another case may have ended the session."""
    return world.portal.sign_in("deputy_head")


def year_id(world: World) -> str:
    """The academic year of the class's pupils."""
    with world.portal.portal.database.reading(fresh=True) as db:
        return str(
            db.scalars(
                select(Enrollment.academic_year_id)
                .where(Enrollment.school_class_id == world.found.school_class_id)
                .limit(1)
            ).one()
        )


def draft(world: World) -> str:
    """The address of a fresh draft with all classes and two subjects."""
    who = deputy(world)
    body: dict[str, Any] = {
        "academic_year_id": year_id(world),
        "lowest_grade_level": 1,
        "highest_grade_level": 11,
        "template": "noo_1",
    }
    return "/curriculum/" + who.post("/api/v1/diary/curricula", json=body).json()["id"]


def parts(world: World, plan: str) -> dict[str, Any]:
    """A draft as the API gives it."""
    return deputy(world).get(f"/api/v1/diary/curricula/{plan.rsplit('/', 1)[1]}").json()


@sends("POST /curriculum/new")
def curriculum_begun(world: World) -> Sent:
    fields = {"lowest_grade_level": "1", "highest_grade_level": "4", "source": "template:noo_1"}
    return Sent(deputy(world), "/curriculum/new", "/curriculum/new", fields)


@sends(f"POST {ADDRESS}/rows")
def row_added(world: World) -> Sent:
    plan = draft(world)
    taken = {each["subject_id"] for each in parts(world, plan)["rows"]}
    with world.portal.portal.database.reading(fresh=True) as db:
        free = next(str(each) for each in db.scalars(select(Subject.id)) if str(each) not in taken)
    return Sent(deputy(world), f"{plan}/rows", plan, {"subject_id": free, "part": "school"})


@sends(f"POST {ADDRESS}/columns")
def column_added(world: World) -> Sent:
    plan = draft(world)
    grade = next(
        each["grade_level"]
        for each in parts(world, plan)["columns"]
        if each["school_class_id"] == str(world.found.school_class_id)
    )
    return Sent(
        deputy(world), f"{plan}/columns", f"{plan}?show={grade}", {"place": f"pupil:{world.found.pupils[0]}"}
    )


@sends(f"POST {ADDRESS}/rows/{{row_id:uuid}}/remove")
def row_removed(world: World) -> Sent:
    plan = draft(world)
    row = parts(world, plan)["rows"][0]["id"]
    return Sent(deputy(world), f"{plan}/rows/{row}/remove", f"{plan}/layout")


@sends(f"POST {ADDRESS}/columns/{{column_id:uuid}}/remove")
def column_removed(world: World) -> Sent:
    plan = draft(world)
    column = next(each["id"] for each in parts(world, plan)["columns"] if each["kind"] == "class")
    return Sent(deputy(world), f"{plan}/columns/{column}/remove", f"{plan}/layout")


@sends(f"POST {ADDRESS}/layout")
def layout_saved(world: World) -> Sent:
    plan = draft(world)
    return Sent(deputy(world), f"{plan}/layout", f"{plan}/layout", {"title": "Другое название"})


@sends(f"POST {ADDRESS}/delete")
def draft_deleted(world: World) -> Sent:
    plan = draft(world)
    return Sent(deputy(world), f"{plan}/delete", f"{plan}/layout")


def submitted(world: World) -> str:
    """The address of a plan that awaits approval, of classes that no other plan has."""
    plan = draft(world)
    with world.portal.portal.database.transaction() as db:
        db.execute(update(Curriculum).where(Curriculum.state == "approved").values(state="superseded"))
    deputy(world).post(f"{plan}/submit")
    return plan


def head(world: World) -> Visitor:
    """The head, just signed in."""
    return world.portal.sign_in("head")


@sends(f"POST {ADDRESS}/submit")
def plan_submitted(world: World) -> Sent:
    plan = draft(world)
    return Sent(deputy(world), f"{plan}/submit", f"{plan}/consequences")


@sends(f"POST {ADDRESS}/take-back")
def plan_taken_back(world: World) -> Sent:
    plan = submitted(world)
    return Sent(deputy(world), f"{plan}/take-back", f"{plan}/consequences")


@sends(f"POST {ADDRESS}/send-back")
def plan_sent_back(world: World) -> Sent:
    plan = submitted(world)
    return Sent(head(world), f"{plan}/send-back", f"{plan}/consequences", {"remark": "Мало физики"})


@sends(f"POST {ADDRESS}/approve")
def plan_approved(world: World) -> Sent:
    plan = submitted(world)
    return Sent(head(world), f"{plan}/approve", f"{plan}/consequences")


@sends(f"POST {ADDRESS}/version")
def version_made(world: World) -> Sent:
    plan = submitted(world)
    return Sent(deputy(world), f"{plan}/version", plan)


@sends(f"POST {ADDRESS}/import/load")
def table_loaded(world: World) -> Sent:
    """The page with the form comes as the answer to the table."""
    plan = draft(world)
    row = {"subject_id": str(world.found.subject_id), "part": "extracurricular", "hours": {}}
    return Sent(deputy(world), f"{plan}/import/load", "", {"rows": json.dumps([row])})


@sends(f"POST {ADDRESS}/loads/{{column_id:uuid}}/{{subject_id:uuid}}")
def teacher_assigned(world: World) -> Sent:
    plan = draft(world)
    found = deputy(world).get(f"/api/v1/diary/curricula/{plan.rsplit('/', 1)[1]}/loads").json()
    teacher = next(each for each in found["teachers"] if each["lines"])
    unit = teacher["lines"][0]
    address = f"{plan}/loads/{unit['column_id']}/{unit['subject_id']}"
    return Sent(deputy(world), address, address, {"teacher": str(world.found.teacher_id)})
