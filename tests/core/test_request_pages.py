"""Requests: sent by a form, decided by whoever may, told to whoever waits."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import Enrollment, Organization
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from tests.core import small_town
from tests.core.town_fixtures import town

__all__ = ["town"]


def correction(**changes: str) -> dict[str, str]:
    """A filled form of «Исправление данных»."""
    return {
        "_kind": "core.person_correction",
        "last_name": "Семёнова",
        "first_name": "Вера",
        "reason": "Ошибка в паспорте",
        **changes,
    }


def sent(visitor: Visitor, **changes: str) -> str:
    """The address of a request just sent."""
    answer = visitor.post("/requests", data=correction(**changes))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def step(visitor: Visitor, url: str, name: str, text: str = "") -> Any:
    """Take a step on a request."""
    return visitor.post(url, data={"step": name, "text": text})


def test_an_approved_correction_changes_the_person(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    head = town.sign_in("head", organization="Школа 1")
    url = sent(guardian, first_name="Вероника")
    assert url.rpartition("/")[2] in head.get("/requests").text
    assert "Новый запрос: Исправление данных" in head.get("/notifications").text
    assert step(head, url, "take").status_code == 303
    assert step(head, url, "approve", "Исправили").status_code == 303
    page = guardian.get(url).text
    assert "Одобрен" in page
    assert "Исправили" in page
    assert "Вероника" in guardian.get("/account").text
    assert "Запрос одобрен" in guardian.get("/notifications").text
    assert step(head, url, "reject", "Поздно").status_code == 409


def test_the_form_comes_back_with_every_error(town: PortalUnderTest) -> None:
    answer = town.sign_in("guardian").post(
        "/requests", data=correction(last_name="", phone="123", email="нет", reason="")
    )
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 4
    assert 'value="123"' in answer.text


def test_the_form_begins_with_what_is_known(town: PortalUnderTest) -> None:
    page = town.sign_in("head").get("/requests/new?kind=core.person_correction").text
    assert 'value="Берёзкина"' in page
    assert 'value="1980-05-01"' in page


def test_a_day_is_written_as_people_write_it(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    page = guardian.get(sent(guardian, birth_date="1984-09-25")).text
    assert "25.09.1984" in page
    assert "1984-09-25" not in page


def test_a_refusal_needs_a_reason(town: PortalUnderTest) -> None:
    url = sent(town.sign_in("guardian"))
    head = town.sign_in("head", organization="Школа 1")
    assert step(head, url, "reject").status_code == 422
    assert step(head, url, "reject", "Нет документа").status_code == 303
    assert "Нет документа" in town.sign_in("guardian").get(url).text


def test_nobody_decides_a_request_of_their_own(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    url = sent(head, last_name="Берёзкина", first_name="Анна")
    assert step(head, url, "approve").status_code == 403
    coordinator = town.sign_in("municipal_coordinator")
    assert url.rpartition("/")[2] in coordinator.get("/requests").text
    assert step(coordinator, url, "approve").status_code == 303


def test_the_author_may_withdraw_and_others_may_not(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    assert step(town.sign_in("head", organization="Школа 1"), url, "withdraw").status_code == 403
    assert step(guardian, url, "withdraw").status_code == 303
    assert step(guardian, url, "withdraw").status_code == 409


def test_others_see_nothing_and_change_nothing(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    url = sent(guardian)
    for visitor in (
        town.sign_in("head", organization="Школа 2"),
        town.sign_in("teacher"),
        town.sign_in("guardian", nth=1),
    ):
        assert visitor.get(url).status_code == 404
        for name in ("comment", "take", "approve", "reject", "withdraw"):
            assert step(visitor, url, name, "слово").status_code == 404
    assert guardian.post(url, data={"step": "withdraw"}, csrf=False).status_code == 403
    assert town.visitor().post(url, data={"step": "approve"}, csrf=False).status_code == 401
    assert town.visitor().get(url).status_code == 303


def test_a_comment_reaches_the_other_side(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    url = sent(guardian)
    assert step(head, url, "comment", "Пришлите документ").status_code == 303
    assert "Пришлите документ" in guardian.get("/notifications").text
    assert step(head, url, "comment", "   ").status_code == 422


def test_a_plugins_kind_works_and_its_failure_decides_nothing(town: PortalUnderTest) -> None:
    teacher, head = town.sign_in("teacher"), town.sign_in("head", organization="Школа 1")
    good = teacher.post("/requests", data={"_kind": "canteen.dish", "name": "борщ"}).headers["location"]
    assert step(head, good, "approve").status_code == 303
    assert small_town.approved[-1][1] == "борщ"
    bad = teacher.post("/requests", data={"_kind": "canteen.dish", "name": "сбой"}).headers["location"]
    answer = step(head, bad, "approve")
    assert answer.status_code == 503
    assert "Петров" not in answer.text
    assert "Отправлен" in teacher.get(bad).text
    off = town.sign_in("teacher", organization="Школа 2")
    assert off.post("/requests", data={"_kind": "canteen.dish", "name": "борщ"}).status_code == 404


def test_somebody_without_a_role_learns_what_to_do(town: PortalUnderTest) -> None:
    visitor = town.sign_in_person(town.new_person())
    assert "попросите её связать вас" in visitor.get("/requests").text
    assert visitor.post("/requests", data=correction()).status_code == 404


def drafted(visitor: Visitor, files: Any = None, **changes: str) -> str:
    """The address of a draft just saved."""
    answer = visitor.post("/requests", data=correction(step="draft", **changes), files=files)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def paper(name: str = "справка.txt", content: bytes = b"Certificate") -> dict[str, Any]:
    """A file for a form."""
    return {"files": (name, content, "text/plain")}


def test_a_draft_waits_as_it_is_until_it_is_sent(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    url = drafted(guardian, last_name="", phone="скажу позже")
    number = url.split("/")[2]
    page = guardian.get(url).text
    assert 'value="скажу позже"' in page
    assert "Черновик" in guardian.get("/requests?tab=mine").text
    assert guardian.get(f"/requests/{number}").headers["location"] == url
    for tab in ("decide", "closed"):
        assert number not in head.get(f"/requests?tab={tab}").text
    assert number not in head.get("/requests/list").text
    assert head.get(f"/requests/{number}").status_code == 404
    assert head.get(url).status_code == 404
    assert head.post(url, data=correction(step="send")).status_code == 404
    refused = guardian.post(url, data=correction(step="send", last_name=""))
    assert refused.status_code == 422
    assert guardian.post(url, data=correction(step="send")).status_code == 303
    assert number in head.get("/requests/list?state=open").text
    assert guardian.post(url, data=correction(step="send")).status_code == 404, "it is sent already"


def test_a_draft_is_thrown_away_with_its_files_once_the_question_is_answered(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    url = drafted(guardian, files=paper())
    file = re.findall(r"/files/[0-9a-f-]{36}", guardian.get(url).text)[0]
    asked = guardian.post(url, data=correction(step="ask", reason="Набрано перед вопросом"))
    question = guardian.get(asked.headers["location"]).text
    assert "Удалить черновик?" in question
    assert "Набрано перед вопросом" in question, (
        "what was typed is still there for whoever thinks better of it"
    )
    assert guardian.get(file).content == b"Certificate"
    assert guardian.post(url, data={"step": "delete"}).status_code == 303
    assert guardian.get(url).status_code == 404
    assert guardian.get(file).status_code == 404


def test_a_file_is_taken_off_a_draft(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    url = drafted(guardian, files=paper())
    file = re.findall(r"/files/([0-9a-f-]{36})", guardian.get(url).text)[0]
    kept = guardian.post(url, data=correction(remove=file, last_name="Другая"))
    assert kept.status_code == 303
    page = guardian.get(url).text
    assert file not in page
    assert 'value="Другая"' in page


def test_files_are_read_by_those_who_see_the_request(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    answer = guardian.post("/requests", data=correction(), files=paper())
    url = str(answer.headers["location"])
    assert head.post(url, data={"step": "comment"}, files=paper("ответ.txt", b"Answer")).status_code == 303
    for visitor in (guardian, head):
        files = re.findall(r"/files/[0-9a-f-]{36}", visitor.get(url).text)
        assert [visitor.get(file).content for file in files] == [b"Certificate", b"Answer"]
    stranger = town.sign_in("head", organization="Школа 2")
    assert stranger.get(files[0]).status_code == 404
    assert stranger.post(url, data={"step": "comment"}, files=paper()).status_code == 404
    step(head, url, "approve")
    assert guardian.post(url, data={"step": "comment"}, files=paper()).status_code == 409


def test_a_file_of_the_wrong_sort_loses_nothing_typed(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    script = paper("страница.html", b"<!doctype html><script>alert(1)</script>")
    answer = guardian.post("/requests", data=correction(reason="Очень длинная причина"), files=script)
    assert answer.status_code == 422
    assert "Очень длинная причина" in answer.text
    assert "не подходит" in answer.text
    url = sent(guardian)
    answered = guardian.post(url, data={"step": "comment", "text": "Вот файл"}, files=script)
    assert answered.status_code == 422
    assert "Вот файл" in answered.text


def test_the_card_says_who_decides(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    page = guardian.get(sent(guardian)).text
    assert "Кто решает" in page
    assert "Берёзкина А." in page


def test_many_requests_are_decided_at_once(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    urls = [sent(guardian) for _ in range(3)]
    ids = [url.rpartition("/")[2] for url in urls]
    step(head, urls[0], "approve")
    preview = head.post("/requests/list/bulk/reject", data={"ids": ids})
    assert "решение уже принято" in preview.text
    assert head.post("/requests/list/bulk/reject", data={"ids": ids, "step": "do"}).status_code == 422
    done = head.post("/requests/list/bulk/reject", data={"ids": ids, "step": "do", "text": "Нет справки"})
    assert "Отклонено 2 из 3." in done.text
    assert "Одобрен" in guardian.get(urls[0]).text
    assert "Нет справки" in guardian.get(urls[1]).text
    other = town.sign_in("head", organization="Школа 2")
    other.post("/requests/list/bulk/approve", data={"ids": [sent(guardian).rpartition("/")[2]], "step": "do"})
    assert "Рассматривают" not in guardian.get("/requests?tab=mine").text
    assert guardian.get("/requests/list").status_code == 403


def child_of_school(town: PortalUnderTest) -> tuple[Person, Organization]:
    """A pupil of the first school, ten years old, and the school."""
    with town.portal.database.transaction() as db:
        school = db.scalars(select(Organization).where(Organization.short_name == "Школа 1")).one()
        enrolled = select(Enrollment.person_id).where(Enrollment.organization_id == school.id)
        child = db.scalars(select(Person).where(Person.id.in_(enrolled)).order_by(Person.id).limit(1)).one()
        child.birth_date = today_in("Europe/Moscow").replace(day=1) - timedelta(days=3653)
        db.flush()
        db.expunge_all()
        return child, school


def link_form(child: Person, school: Organization, **changes: str) -> dict[str, str]:
    """A filled form of «Связь с ребёнком»."""
    assert child.birth_date is not None
    return {
        "_kind": "core.guardian_link",
        "_to": str(school.id),
        "last_name": child.last_name,
        "first_name": child.first_name,
        "middle_name": child.middle_name or "",
        "birth_date": child.birth_date.isoformat(),
        "relation": "parent",
        **changes,
    }


def test_somebody_without_a_role_asks_a_school_for_their_child(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent = town.sign_in_person(town.new_person("Заявителева"))
    assert "Связать с ребёнком" in parent.get("/").text
    assert "Исправление данных" not in parent.get("/requests/new").text
    assert str(school.id) in parent.get("/requests/new?kind=core.guardian_link&q=школа 1").text
    page = parent.get(f"/requests/new?kind=core.guardian_link&to={school.id}").text
    assert child.last_name not in page, "the form tells nothing of who studies there"
    answer = parent.post("/requests", data=link_form(child, school))
    assert answer.status_code == 303, answer.text
    url = str(answer.headers["location"])
    assert "Школа 1" in parent.get(url).text
    other = town.sign_in("head", organization="Школа 2")
    assert other.get(url).status_code == 404
    assert step(other, url, "approve").status_code == 404
    head = town.sign_in("head", organization="Школа 1")
    assert step(head, url, "approve").status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        tie = db.scalars(select(Guardianship).where(Guardianship.guardian_id == parent.person_id)).one()
        assert (tie.child_id, tie.source) == (child.id, "request")
        role = db.scalars(select(StructuralRole).where(StructuralRole.person_id == parent.person_id)).one()
        assert (role.kind, role.organization_id) == ("guardian", school.id)
    assert parent.get(f"/people/{child.id}").status_code == 200
    again = parent.post("/requests", data=link_form(child, school))
    assert step(head, str(again.headers["location"]), "approve").status_code == 409


def test_a_child_the_school_does_not_have_is_tied_to_nobody(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent = town.sign_in_person(town.new_person("Ошибкина"))
    head = town.sign_in("head", organization="Школа 1")
    url = str(
        parent.post("/requests", data=link_form(child, school, first_name="Другая")).headers["location"]
    )
    refused = step(head, url, "approve")
    assert refused.status_code == 404
    assert "в школе нет" in refused.text
    assert "Отправлен" in parent.get(url).text, "nothing was decided"
    with town.portal.database.reading(fresh=True) as db:
        assert (
            db.scalars(select(Guardianship).where(Guardianship.guardian_id == parent.person_id)).all() == []
        )


def test_a_request_goes_only_to_what_takes_it(town: PortalUnderTest) -> None:
    child, school = child_of_school(town)
    parent = town.sign_in_person(town.new_person("Мимохожева"))
    with town.portal.database.reading() as db:
        region = db.scalars(select(Organization.id).where(Organization.kind == "region")).first()
    for wrong in ("", str(region), "нечто"):
        assert parent.post("/requests", data=link_form(child, school, _to=wrong)).status_code == 404
    assert parent.post("/requests", data=correction()).status_code == 404, "for those with a role"
