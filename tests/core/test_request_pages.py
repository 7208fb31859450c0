"""Requests: sent by a form, decided by whoever may, told to whoever waits."""

from __future__ import annotations

from typing import Any

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
    assert "Обратитесь в школу" in visitor.get("/requests").text
    assert visitor.post("/requests", data=correction()).status_code == 403
