"""Homework: files, tasks for some pupils, works handed in and reviewed."""

from core.testing.portal import Visitor
from tests.plugins.journal.attendance_people import with_role
from tests.plugins.journal.conftest import TeachersPage
from tests.plugins.journal.parallel_class import parallel_lesson

from .world import Sent, World, sends

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
FILE = {"files": ("задание.pdf", PDF, "application/pdf")}


def homework(world: World, number: int) -> str:
    """The address of a lesson's homework, which has been given."""
    lesson = f"{world.journal}/lessons/{world.found.lessons[number]}"
    assert world.teacher_anew.post(lesson, data={"homework": "№ 12"}).status_code == 303
    return f"{lesson}/homework"


def pupil(world: World, number: int) -> Visitor:
    """A pupil of the class."""
    return world.portal.sign_in("pupil", person_id=world.found.pupils[number])


def handed_in(world: World, lesson: int, number: int) -> str:
    """The address of a work just handed in, as the pupil sees it."""
    address = f"/homework/{world.found.lessons[lesson]}/{world.found.pupils[number]}"
    answer = pupil(world, number).post(address, data={"text": "x = 5", "seen": "0"}, files=FILE)
    assert answer.status_code == 303, answer.text
    return address


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/files")
def homework_file_attached(world: World) -> Sent:
    page = homework(world, 0)
    return Sent(world.teacher_anew, f"{page}/files", page, {}, FILE)


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/files/{file_id:uuid}/remove")
def homework_file_removed(world: World) -> Sent:
    page = homework(world, 1)
    teacher = world.teacher_anew
    assert teacher.post(f"{page}/files", files=FILE).status_code == 303
    read = f"/api/v1/journal/pages/{world.found.page_id}/lessons/{world.found.lessons[1]}/homework"
    file_id = teacher.get(read).json()["files"][0]["id"]
    return Sent(teacher, f"{page}/files/{file_id}/remove", page, {"step": "remove"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks")
def homework_task_given(world: World) -> Sent:
    page = homework(world, 0)
    fields = {"text": "Карточка № 3", "minutes": "15", "pupil": str(world.found.pupils[0])}
    return Sent(world.teacher_anew, f"{page}/tasks", page, fields)


def given_task(world: World, teacher: Visitor) -> str:
    """The id of a task of the second lesson."""
    api = f"/api/v1/journal/pages/{world.found.page_id}/lessons/{world.found.lessons[1]}/homework/tasks"
    made = teacher.post(api, json={"text": "Доклад", "pupils": [str(world.found.pupils[1])]})
    assert made.status_code == 201, made.text
    task_id: str = made.json()["id"]
    return task_id


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks/{task_id:uuid}")
def homework_task_changed(world: World) -> Sent:
    page = homework(world, 1)
    teacher = world.teacher_anew
    task_id = given_task(world, teacher)
    fields = {"text": "Доклад о реках", "minutes": "25", "pupil": str(world.found.pupils[2])}
    return Sent(teacher, f"{page}/tasks/{task_id}", f"{page}?task={task_id}", fields)


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks/{task_id:uuid}/remove")
def homework_task_taken(world: World) -> Sent:
    page = homework(world, 1)
    teacher = world.teacher_anew
    return Sent(teacher, f"{page}/tasks/{given_task(world, teacher)}/remove", page, {"step": "remove"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/{pupil_id:uuid}")
def work_reviewed(world: World) -> Sent:
    page = homework(world, 0)
    handed_in(world, 0, 2)
    address = f"{page}/{world.found.pupils[2]}"
    return Sent(world.teacher_anew, address, address, {"state": "accepted", "seen": "1", "mark": "5"})


@sends("POST /homework/{lesson_id:uuid}/{pupil_id:uuid}")
def work_handed_in(world: World) -> Sent:
    homework(world, 0)
    address = f"/homework/{world.found.lessons[0]}/{world.found.pupils[3]}"
    return Sent(pupil(world, 3), address, address, {"text": "x = 5", "seen": "0"}, FILE)


@sends("POST /homework/{lesson_id:uuid}/{pupil_id:uuid}/files/{file_id:uuid}/remove")
def work_file_removed(world: World) -> Sent:
    homework(world, 0)
    address = handed_in(world, 0, 4)
    visitor = pupil(world, 4)
    file_id = visitor.get("/api/v1/journal" + address).json()["work"]["files"][0]["id"]
    return Sent(visitor, f"{address}/files/{file_id}/remove", address, {"step": "remove"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/copy")
def homework_copied(world: World) -> Sent:
    page = homework(world, 0)
    visitor = with_role(TeachersPage(world.found, world.portal, world.teacher), "deputy_head")
    copies = f"/api/v1/journal/pages/{world.found.page_id}/lessons/{world.found.lessons[0]}/homework/copies"
    lesson_id = parallel_lesson(world.portal.portal, world.found, "Щ")
    target = next(each for each in visitor.get(copies).json() if each["lands_on"] == str(lesson_id))
    key = f"lesson:{target['page_id']}"
    fields = {"page": target["page_id"], key: target["lands_on"], "replace": "true"}
    return Sent(visitor, f"{page}/copy", f"{page}/copy", fields)
