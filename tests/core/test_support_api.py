"""Questions to the support through `/api/v1`: asked, answered, closed, opened again, with files, and whose they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from core.support.asking import FREE
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_people_api import program
from tests.core.test_request_drafts_api import PAPER, file
from tests.core.test_support import clean as clean
from tests.core.test_support import helper, kept, told
from tests.core.town_fixtures import town

__all__ = ["town"]
SCHOOL = "Школа 1"
QUESTIONS, MESSAGES = "/api/v1/support/questions", "/api/v1/support/messages"
QUESTION = {"subject": "Не открывается журнал", "text": "Нажимаю «Журнал», вижу ошибку."}


def asker(town: PortalUnderTest, role: str = "teacher", school: str = SCHOOL) -> Visitor:
    return program(town, role, "support", school=school)


def support(town: PortalUnderTest) -> Visitor:
    """A program of somebody of the region's support."""
    person_id = helper(town).person_id
    signed_in = town.sign_in("support", person_id=person_id)
    body = {"name": "тест", "scopes": ["support.answer"], "days": 1}
    visitor = town.visitor()
    visitor.token = signed_in.post("/api/v1/tokens", json=body).json()["text"]
    visitor.person_id = person_id
    return visitor


def got(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_question_is_asked_answered_closed_and_opened_again(town: PortalUnderTest) -> None:
    helping, teacher = support(town), asker(town)
    sent = {**QUESTION, "error_id": "0badf00d", "page": "/journal", "files": [file()]}
    asked = got(teacher.post(QUESTIONS, json=sent), 201)
    [message] = kept(town)
    assert (message.error_id, message.page, message.role) == ("0badf00d", "/journal", "teacher")
    assert (message.organization_id, message.origin) == (id_of(town, "Край"), None)
    identity = asked["question"]["id"]
    assert (asked["question"]["status"], asked["text"], asked["entries"]) == ("open", QUESTION["text"], [])
    assert told(town, helping.person_id) == ["Вопрос в поддержку: Не открывается журнал"]
    [line] = got(helping.get(f"{MESSAGES}?status=open"))["items"]
    assert (line["id"], line["author"], line["role"]) == (identity, "Орлов Пётр Ильич", "Учитель")
    assert got(helping.get(f"{MESSAGES}?q={line['number']}"))["items"] == [line]
    assert got(helping.get(f"{MESSAGES}?status=closed"))["items"] == []
    card = got(helping.get(f"{MESSAGES}/{identity}"))
    assert (card["page"], card["text"], card["message"]) == ("/journal", QUESTION["text"], line)
    [paper] = card["files"]
    given = helping.get(paper["url"])
    assert (given.content, given.headers["cache-control"]) == (PAPER, "no-store")
    answer = {"text": "Обновите страницу.", "files": [file("ответ.txt", b"2")]}
    answered = got(helping.post(f"{MESSAGES}/{identity}/answer", json=answer))
    assert answered["message"]["status"] == "answered"
    [said] = got(teacher.get(f"{QUESTIONS}/{identity}"))["entries"]
    assert (said["text"], said["from_support"]) == ("Обновите страницу.", True)
    assert teacher.get(said["files"][0]["url"]).content == b"2"
    closed = got(helping.post(f"{MESSAGES}/{identity}/answer", json={"close": True}))
    assert (closed["message"]["status"], closed["entries"][-1]["step"]) == ("closed", "closed")
    assert helping.post(f"{MESSAGES}/{identity}/answer", json={"close": True}).status_code == 409
    again = got(teacher.post(f"{QUESTIONS}/{identity}/messages", json={"text": "Снова."}))
    assert (again["question"]["status"], again["entries"][-1]["from_support"]) == ("open", False)
    assert told(town, helping.person_id)[-1] == "Вопрос открыт снова: Не открывается журнал"


def test_what_is_not_fit_to_send_is_refused(town: PortalUnderTest) -> None:
    helping, teacher = support(town), asker(town)
    for wrong, field in (({"subject": "   "}, "subject"), ({"text": "      "}, "text")):
        refused = teacher.post(QUESTIONS, json={**QUESTION, **wrong})
        assert refused.status_code == 422 and field in refused.json()["fields"], refused.text
    assert teacher.post(QUESTIONS, json={**QUESTION, "page": "https://evil.example"}).status_code == 422
    virus = file("вирус.exe", b"MZ\x90\x00" + b"\x00" * 60)
    assert teacher.post(QUESTIONS, json={**QUESTION, "files": [virus]}).status_code == 422
    assert kept(town) == []
    identity = got(teacher.post(QUESTIONS, json=QUESTION), 201)["question"]["id"]
    for visitor, url in (
        (teacher, f"{QUESTIONS}/{identity}/messages"),
        (helping, f"{MESSAGES}/{identity}/answer"),
    ):
        refused = visitor.post(url, json={"text": " "})
        assert refused.status_code == 422 and "text" in refused.json()["fields"]


def test_a_conversation_is_between_whoever_asked_and_the_support(town: PortalUnderTest) -> None:
    helping, teacher = support(town), asker(town)
    asked = got(teacher.post(QUESTIONS, json={**QUESTION, "files": [file()]}), 201)
    identity, paper = asked["question"]["id"], asked["files"][0]["file_id"]
    other = got(teacher.post(QUESTIONS, json=QUESTION), 201)["question"]["id"]
    assert teacher.get(f"{QUESTIONS}/{other}/files/{paper}").status_code == 404, "of another question"
    for stranger in (asker(town, "head"), asker(town, school="Школа 2")):
        assert got(stranger.get(QUESTIONS))["items"] == []
        assert stranger.get(f"{QUESTIONS}/{identity}").status_code == 404
        assert stranger.get(f"{QUESTIONS}/{identity}/files/{paper}").status_code == 404
        assert stranger.post(f"{QUESTIONS}/{identity}/messages", json={"text": "Чужое"}).status_code == 404
        assert stranger.get(MESSAGES).status_code == 403
    assert helping.get(QUESTIONS).status_code == 403, "the key has not the scope"
    assert helping.get(f"{MESSAGES}/{uuid4()}").status_code == 404
    assert helping.post(f"{MESSAGES}/{uuid4()}/answer", json={"text": "Нет"}).status_code == 404
    above = program(town, "municipal_coordinator", "support.answer")
    assert above.get(f"{MESSAGES}/{identity}").status_code == 404, "it was sent to the region"
    narrow = program(town, "teacher", "people.read", school=SCHOOL)
    assert narrow.post(QUESTIONS, json=QUESTION).status_code == 403


def test_questions_come_in_pages_and_not_too_many(town: PortalUnderTest) -> None:
    support(town)
    teacher = asker(town)
    made = [got(teacher.post(QUESTIONS, json=QUESTION), 201)["question"]["id"] for _ in range(FREE)]
    refused = teacher.post(QUESTIONS, json=QUESTION)
    assert refused.status_code == 429 and "Подождите" in refused.json()["detail"]
    walked: list[str] = []
    before = ""
    while True:
        page = got(teacher.get(f"{QUESTIONS}?limit=2{before}"))
        walked += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert walked == made[::-1]
    assert {UUID(each) for each in made} == {each.id for each in kept(town)}
