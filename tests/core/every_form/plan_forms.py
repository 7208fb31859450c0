"""Lesson plans."""

from typing import Any

from sqlalchemy import select

from core.organizations.models import SchoolClass

from .world import Sent, World, sends

ADDRESS = "/journal/plans/{plan_id:uuid}"
TABLE = "Тема урока;Часов\nДроби;2\n"


def _grade(world: World) -> int:
    with world.portal.portal.database.reading(fresh=True) as db:
        return db.scalars(
            select(SchoolClass.grade_level).where(SchoolClass.id == world.found.school_class_id)
        ).one()


def _plan(world: World, *topics: str) -> tuple[str, list[str]]:
    """The address of a fresh plan of the teacher's, and the ids of its topics."""
    body = {"subject_id": str(world.found.subject_id), "grade_level": _grade(world), "title": "План"}
    plan_id = world.teacher_anew.post("/api/v1/journal/plans", json=body).json()["id"]
    ids: list[str] = []
    if topics:
        added: Any = world.teacher_anew.post(
            f"/api/v1/journal/plans/{plan_id}/topics", json={"topics": [{"title": each} for each in topics]}
        ).json()
        ids = added["ids"]
    return f"/journal/plans/{plan_id}", ids


def _followed(world: World) -> tuple[str, list[str]]:
    """The address of the plan of the page, which follows a fresh plan, and the ids of its topics."""
    plan, topics = _plan(world, *(f"Тема {number}" for number in range(200)))
    body = {"pages": [str(world.found.page_id)]}
    world.teacher_anew.post(f"/api/v1{plan}/apply", json=body)
    return f"{world.journal}/plan", topics


@sends("POST /journal/plans/new")
def plan_begun(world: World) -> Sent:
    fields = {"subject_id": str(world.found.subject_id), "grade_level": str(_grade(world))}
    return Sent(world.teacher_anew, "/journal/plans/new", "/journal/plans/new", fields)


@sends(f"POST {ADDRESS}/edit")
def plan_named(world: World) -> Sent:
    plan, _topics = _plan(world)
    return Sent(world.teacher_anew, f"{plan}/edit", f"{plan}/edit", {"title": "Другое название"})


@sends(f"POST {ADDRESS}/copy")
def plan_copied(world: World) -> Sent:
    plan, _topics = _plan(world, "Дроби")
    return Sent(world.teacher_anew, f"{plan}/copy", plan)


@sends(f"POST {ADDRESS}/delete")
def plan_deleted(world: World) -> Sent:
    plan, _topics = _plan(world)
    return Sent(world.teacher_anew, f"{plan}/delete", f"{plan}/edit")


@sends(f"POST {ADDRESS}/topics")
def topic_added(world: World) -> Sent:
    plan, _topics = _plan(world)
    return Sent(world.teacher_anew, f"{plan}/topics", plan, {"title": "Дроби", "hours": "2"})


@sends(f"POST {ADDRESS}/topics/{{topic_id:uuid}}")
def topic_saved(world: World) -> Sent:
    plan, topics = _plan(world, "Дроби")
    page = f"{plan}/topics/{topics[0]}"
    return Sent(world.teacher_anew, page, page, {"title": "Десятичные дроби"})


@sends(f"POST {ADDRESS}/topics/{{topic_id:uuid}}/move")
def topic_moved(world: World) -> Sent:
    plan, topics = _plan(world, "Дроби", "Проценты")
    return Sent(world.teacher_anew, f"{plan}/topics/{topics[0]}/move", plan, {"to": "2"})


@sends(f"POST {ADDRESS}/topics/{{topic_id:uuid}}/remove")
def topic_removed(world: World) -> Sent:
    plan, topics = _plan(world, "Дроби", "Проценты")
    return Sent(world.teacher_anew, f"{plan}/topics/{topics[0]}/remove", plan)


@sends(f"POST {ADDRESS}/topics/{{topic_id:uuid}}/restore")
def topic_restored(world: World) -> Sent:
    plan, topics = _plan(world, "Дроби", "Проценты")
    world.teacher_anew.post(f"{plan}/topics/{topics[0]}/remove")
    return Sent(world.teacher_anew, f"{plan}/topics/{topics[0]}/restore", f"{plan}?removed={topics[0]}")


@sends(f"POST {ADDRESS}/import/load")
def table_loaded(world: World) -> Sent:
    """The page with the form comes as the answer to the table."""
    plan, _topics = _plan(world)
    return Sent(world.teacher_anew, f"{plan}/import/load", "", {"rows": '[{"title":"Дроби"}]'})


@sends(f"POST {ADDRESS}/apply")
def plan_applied(world: World) -> Sent:
    plan, _topics = _plan(world, "Дроби")
    fields = {"page": str(world.found.page_id)}
    return Sent(world.teacher_anew, f"{plan}/apply", f"{plan}/apply?page={world.found.page_id}", fields)


@sends("POST /journal/{page_id:uuid}/plan/leave")
def plan_left(world: World) -> Sent:
    plan, _topics = _followed(world)
    return Sent(world.teacher_anew, f"{plan}/leave", plan)


@sends("POST /journal/{page_id:uuid}/plan/topics")
def topic_inserted(world: World) -> Sent:
    plan, topics = _followed(world)
    return Sent(
        world.teacher_anew, f"{plan}/topics", f"{plan}?edit={topics[1]}", {"title": "Работа над ошибками"}
    )


@sends("POST /journal/{page_id:uuid}/plan/topics/{topic_id:uuid}")
def page_departed(world: World) -> Sent:
    plan, topics = _followed(world)
    return Sent(
        world.teacher_anew, f"{plan}/topics/{topics[1]}", f"{plan}?edit={topics[1]}", {"kind": "skipped"}
    )


def _lesson_without_topic(world: World) -> str:
    lesson = str(world.found.lessons[0])
    world.teacher_anew.put(
        f"/api/v1/journal/pages/{world.found.page_id}/lessons/{lesson}", json={"topic": "", "homework": ""}
    )
    return lesson


@sends("POST /journal/{page_id:uuid}/plan/write")
def topics_written(world: World) -> Sent:
    plan, _topics = _followed(world)
    _lesson_without_topic(world)
    return Sent(world.teacher_anew, f"{plan}/write", f"{plan}/write")


@sends("POST /journal/{page_id:uuid}/plan/writes/{batch_id:uuid}/undo")
def writing_undone(world: World) -> Sent:
    plan, _topics = _followed(world)
    _lesson_without_topic(world)
    written = world.teacher_anew.post(f"{plan}/write").headers["location"]
    batch = written.partition("written=")[2].partition("&")[0]
    return Sent(world.teacher_anew, f"{plan}/writes/{batch}/undo", written)


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/topic")
def topic_accepted(world: World) -> Sent:
    _followed(world)
    lesson = f"{world.journal}/lessons/{_lesson_without_topic(world)}"
    return Sent(world.teacher_anew, f"{lesson}/topic", lesson)
