"""What those who decide requests see, and what becomes of a decision that cannot be carried out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import CardView
from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.testing import PortalUnderTest, Visitor
from tests.core import small_town
from tests.core.test_request_pages import child_of_school, correction, drafted, link_form, paper, sent, step
from tests.core.town_fixtures import town

__all__ = ["town"]


def asked_for(town: PortalUnderTest, **changes: str) -> tuple[Person, Visitor, str]:
    """A pupil of the first school, somebody who asks for a child written so, and the request."""
    child, school = child_of_school(town)
    parent = town.sign_in_person(town.new_person("Просителева"))
    answer = parent.post("/requests", data=link_form(child, school, **changes))
    assert answer.status_code == 303, answer.text
    return child, parent, str(answer.headers["location"])


def tied_to(town: PortalUnderTest, parent: Visitor) -> list[Any]:
    """The children somebody is tied to."""
    with town.portal.database.reading(fresh=True) as db:
        return list(
            db.scalars(
                select(Guardianship.child_id).where(Guardianship.guardian_id == parent.person_id)
            ).all()
        )


def test_a_file_without_words_is_seen_and_told(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    url = sent(guardian)
    head.get("/notifications")
    for visitor, other, name in ((guardian, head, "скан.txt"), (head, guardian, "образец.txt")):
        answer = visitor.post(url, data={"step": "comment", "text": " "}, files=paper(name))
        assert answer.status_code == 303
        history = other.get(url).text.partition("Как идёт")[2]
        assert name in history
        assert "приложил(а)" in history
        told = other.get("/notifications").text
        assert "К запросу приложен файл: Исправление данных" in told
        assert name in told


def test_a_file_says_who_gave_it_and_when(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    url = str(guardian.post("/requests", data=correction(), files=paper("первый.txt")).headers["location"])
    head.post(url, data={"step": "comment", "text": "Вот образец"}, files=paper("второй.txt"))
    facts = guardian.get(url).text.partition("Как идёт")[0]
    assert re.search(r"первый\.txt</a> <small class=\"muted\">Семёнова В\., \d\d\.\d\d\.\d{4}", facts)
    assert re.search(r"второй\.txt</a> <small class=\"muted\">Берёзкина А\. С\., \d\d\.\d\d\.\d{4}", facts)
    assert "Берёзкина А. С.: Вот образец" in guardian.get("/notifications").text


def test_a_file_of_a_draft_is_no_news(town: PortalUnderTest) -> None:
    guardian = town.sign_in("guardian")
    url = drafted(guardian, files=paper("раньше.txt"))
    guardian.post(url, data=correction(step="send"))
    card = guardian.get(url.removesuffix("/edit")).text
    assert "раньше.txt" in card.partition("Как идёт")[0]
    assert "приложил(а)" not in card


def test_a_child_that_is_not_found_is_refused_on_the_card(town: PortalUnderTest) -> None:
    _child, _parent, url = asked_for(town, first_name="Вовсе", last_name="Непохожий", middle_name="Никтович")
    head = town.sign_in("head", organization="Школа 1")
    refused = step(head, url, "approve", "Набранное не пропало")
    assert refused.status_code == 404
    assert "в школе нет. Выберите ребёнка на карточке запроса или верните запрос" in refused.text
    assert "Набранное не пропало</textarea>" in refused.text
    assert 'value="return"' in refused.text
    assert step(head, url, "return", "Проверьте имя").status_code == 303


def test_whoever_decides_picks_the_right_child_and_sees_what_differs(town: PortalUnderTest) -> None:
    child, parent, url = asked_for(town, first_name="Алексий", middle_name="")
    head = town.sign_in("head", organization="Школа 1")
    page = head.get(url).text
    assert "Семёнов Алексей Петрович, 7А" in page
    assert "имя: в запросе Алексий, в школе Алексей" in page
    assert "отчество: в запросе не указано, в школе Петрович" in page
    assert "checked" not in page.partition('name="chosen"')[2].partition("</label>")[0]
    assert "Семёнов Алексей Петрович" not in parent.get(url).text, "the author learns nothing by asking"
    answer = head.post(url, data={"step": "approve", "chosen": str(child.id)})
    assert answer.status_code == 303, answer.text
    assert tied_to(town, parent) == [child.id]


def test_a_wrong_day_is_shown_and_that_it_was_seen_is_recorded(town: PortalUnderTest) -> None:
    child, _school = child_of_school(town)
    assert child.birth_date is not None
    wrong = child.birth_date + timedelta(days=1)
    _child, _parent, url = asked_for(town, birth_date=wrong.isoformat())
    head = town.sign_in("head", organization="Школа 1")
    page = head.get(url).text
    told = f"в запросе {wrong:%d.%m.%Y}, в школе {child.birth_date:%d.%m.%Y}"
    assert told in page
    with town.portal.database.reading(fresh=True) as db:
        seen = db.scalars(
            select(CardView.what).where(CardView.person_id == child.id, CardView.viewer_id == head.person_id)
        ).all()
    assert "birth_date" in seen


def test_another_child_is_found_by_name_within_the_school_only(town: PortalUnderTest) -> None:
    child, parent, url = asked_for(town, last_name="Иная", first_name="Совсем", middle_name="Ктотовна")
    head = town.sign_in("head", organization="Школа 1")
    assert "Семёнов Алексей" not in head.get(url).text
    found = head.get(f"{url}?find=семенов").text
    assert "Семёнов Алексей Петрович, 7А" in found
    assert "Семёноввторой" not in found
    assert "другие данные: фамилия, имя, отчество" in found
    assert "Никого не нашлось" in head.get(f"{url}?find=щукин").text
    stranger = small_town.id_of(town, "Семёноввторой")
    refused = head.post(url, data={"step": "approve", "chosen": str(stranger)})
    assert refused.status_code == 404
    assert "Этот ученик в школе уже не учится" in refused.text
    assert head.post(url, data={"step": "approve", "chosen": "нечто"}).status_code == 422
    assert tied_to(town, parent) == []
    assert (
        head.post(f"{url}?find=семенов", data={"step": "approve", "chosen": str(child.id)}).status_code == 303
    )
    assert tied_to(town, parent) == [child.id]


def test_the_author_does_not_choose_the_child_in_the_schools_stead(town: PortalUnderTest) -> None:
    stranger = small_town.id_of(town, "Семёнов")
    _child, parent, url = asked_for(
        town, last_name="Небывалый", first_name="Никто", middle_name="Нигдеевич", child_id=str(stranger)
    )
    head = town.sign_in("head", organization="Школа 1")
    assert step(head, url, "approve").status_code == 404
    assert tied_to(town, parent) == []


def test_a_program_picks_the_child_too(town: PortalUnderTest) -> None:
    child, parent, url = asked_for(town, first_name="Алексий")
    head = town.sign_in("head", organization="Школа 1")
    address = f"/api/v1/requests/{url.rpartition('/')[2]}"
    card = head.get(address).json()
    assert [(each["value"], each["suits"]) for each in card["options"]] == [(str(child.id), False)]
    assert parent.get(address).status_code == 403
    refused = head.post(f"{address}/decision", json={"decision": "approve"})
    assert refused.status_code == 404
    done = head.post(f"{address}/decision", json={"decision": "approve", "chosen": str(child.id)})
    assert done.status_code == 200, done.text
    assert tied_to(town, parent) == [child.id]


def test_a_correction_shows_only_what_changes(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    name = guardian.get("/account").text
    present = "Вероника" if "Вероника" in name else "Вера"
    url = sent(guardian, first_name="Варвара", birth_date="1980-05-01", phone="8 900 700-00-06")
    for visitor in (guardian, head):
        facts = visitor.get(url).text.partition("Как идёт")[0]
        assert f"<s>{present}</s> → Варвара" in facts
        assert "не указано</span> → +7 (900) 700-00-06" in facts
        assert "Фамилия" not in facts
        assert "Дата рождения" not in facts
    step(head, url, "approve")
    facts = head.get(url).text.partition("Как идёт")[0]
    assert f"<s>{present}</s> → Варвара" in facts, "what was decided is still told"
    api = head.get(f"/api/v1/requests/{url.rpartition('/')[2]}").json()
    assert api["before"]["first_name"] == present
    back = sent(guardian, first_name="Варвара", birth_date="1980-05-01", phone="+79007000006")
    assert "ничего: в карточке уже так" in head.get(back).text
    step(head, back, "reject", "Всё уже так")
    step(head, sent(guardian, first_name="Вера", birth_date="1980-05-01"), "approve")


def test_nobody_writes_for_the_portal_what_stood_there(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    answer = guardian.post("/requests", data=correction(was="{}", first_name="Злата"))
    assert answer.status_code == 422
    url = sent(guardian, first_name="Злата")
    assert "<s>Вера</s> → Злата" in head.get(url).text
    step(head, url, "reject", "Нет")


def test_the_preview_of_many_says_whose_and_what(town: PortalUnderTest) -> None:
    head = town.sign_in("head", organization="Школа 1")
    guardian, teacher = town.sign_in("guardian"), town.sign_in("teacher")
    mine = sent(guardian, first_name="Виола", birth_date="1981-05-01")
    other = sent(teacher, last_name="Орлов", first_name="Павел", middle_name="Ильич", birth_date="1980-05-01")
    ids = [each.rpartition("/")[2] for each in (mine, other)]
    preview = head.post("/requests/list/bulk/approve", data={"ids": ids}).text
    assert "Исправление данных – Семёнова Вера" in preview
    assert "Имя: Вера → Виола; Дата рождения" in preview
    assert "1981" not in preview, "what is masked elsewhere is not told here"
    assert "Исправление данных – Орлов Пётр Ильич" in preview
    assert "Имя: Пётр → Павел" in preview
    for url in (mine, other):
        step(head, url, "reject", "Нет")


def part(page: str, heading: str) -> str:
    """What stands under a heading of a page, up to the next."""
    return page.partition(f">{heading}</h2>")[2].partition("<h2")[0]


def test_one_that_cannot_be_approved_does_not_stop_the_others(town: PortalUnderTest) -> None:
    head, guardian = town.sign_in("head", organization="Школа 1"), town.sign_in("guardian")
    teacher = town.sign_in("teacher")
    _child, parent, wrong = asked_for(town, last_name="Небывалый", first_name="Никто")
    good = sent(guardian, first_name="Виола")
    broken = str(
        teacher.post("/requests", data={"_kind": "canteen.dish", "name": "сбой"}).headers["location"]
    )
    decided = sent(teacher, last_name="Орлов", first_name="Павел")
    ids = [each.rpartition("/")[2] for each in (good, wrong, broken, decided)]
    preview = head.post("/requests/list/bulk/approve", data={"ids": ids}).text
    assert "Связь с ребёнком – Просителева Вера" in part(preview, "Останется как есть: 1")
    assert "ученика с такими именем и датой рождения в школе нет" in part(preview, "Останется как есть: 1")
    assert wrong in part(preview, "Останется как есть: 1"), "the preview leads to the card"
    step(head, decided, "reject", "Решили раньше")
    before = head.get("/requests?tab=closed").text.count('scope="row"')
    answer = head.post("/requests/list/bulk/approve", data={"ids": ids, "step": "do", "text": "Для всех"})
    assert answer.status_code == 200
    page = answer.text
    assert "Одобрено 1 из 4." in page
    refused = part(page, "Не удалось: 1")
    assert broken in refused
    assert "раздел, к которому относится запрос, не отвечает. Сообщите в поддержку" in refused
    left = part(page, "Осталось как было: 2")
    assert wrong in left
    assert f'{decided}">Исправление данных – ' in left
    assert "решение уже принято" in left
    assert good in part(page, "Сделано: 1")
    assert 'name="text" value="Для всех"' in page, "what was typed is sent again with a second try"
    assert "Одобрен" in guardian.get(good).text
    assert "Для всех" in guardian.get(good).text
    for visitor, url in ((parent, wrong), (teacher, broken)):
        card = visitor.get(url).text
        assert "Отправлен" in card
        assert "Для всех" not in card, "what was said of a refused one is undone with it"
        assert "Запрос одобрен" not in visitor.get("/notifications").text
    assert head.get("/requests?tab=closed").text.count('scope="row"') == before + 1
    assert "сбой" not in {name for _id, name in small_town.approved}


def test_requests_out_of_sight_are_counted_and_not_named(town: PortalUnderTest) -> None:
    guardian, head = town.sign_in("guardian"), town.sign_in("head", organization="Школа 1")
    url = sent(guardian)
    elsewhere = sent(town.sign_in("teacher", organization="Школа 2"), last_name="Тайный")
    ids = [each.rpartition("/")[2] for each in (url, elsewhere)]
    page = head.post("/requests/list/bulk/take", data={"ids": ids, "step": "do"}).text
    assert "Взято в работу 1 из 2." in page
    assert "1 строки в вашем списке больше нет" in page
    assert elsewhere not in page
    assert "Рассматривают" in guardian.get(url).text
    step(head, url, "reject", "Нет")


def test_none_done_says_so_and_what_to_do(town: PortalUnderTest) -> None:
    head, teacher = town.sign_in("head", organization="Школа 1"), town.sign_in("teacher")
    broken = str(
        teacher.post("/requests", data={"_kind": "canteen.dish", "name": "сбой"}).headers["location"]
    )
    ids = [broken.rpartition("/")[2]]
    answer = head.post("/requests/list/bulk/approve", data={"ids": ids, "step": "do"})
    assert answer.status_code == 503
    assert "Одобрено 0 из 1." in answer.text
    assert "Попробовать снова" in answer.text
    step(head, broken, "reject", "Нет")


@pytest.mark.parametrize("phone", ["8 900 700-00-06", "+7 (900) 700-00-06", "9007000006"])
def test_a_phone_is_taken_as_people_write_it(town: PortalUnderTest, phone: str) -> None:
    guardian = town.sign_in("guardian")
    api = guardian.get(f"/api/v1/requests/{sent(guardian, phone=phone).rpartition('/')[2]}").json()
    assert api["values"]["phone"] == "+79007000006"


def test_a_wrong_phone_says_what_is_wrong_with_it(town: PortalUnderTest) -> None:
    refused = town.sign_in("guardian").post("/requests", data=correction(phone="12", email="нет"))
    assert refused.status_code == 422
    assert "Номер телефона записывают с кодом" in refused.text
    assert "Адрес почты записан неверно" in refused.text


def kinds_offered(visitor: Visitor) -> set[str]:
    """The titles of what `/requests/new` offers."""
    return set(re.findall(r'<span class="title">([^<]+)</span>', visitor.get("/requests/new").text))


def test_a_kind_is_offered_to_those_it_concerns(town: PortalUnderTest) -> None:
    region, link, deletion = "Подключение региона", "Связь с ребёнком", "Удаление профиля"
    child, school = child_of_school(town)
    for visitor in (town.sign_in("teacher"), town.sign_in("guardian"), town.sign_in("head")):
        assert region not in kinds_offered(visitor)
        assert {link, deletion} <= kinds_offered(visitor)
        assert visitor.get("/requests/new?kind=core.region_connection").status_code == 403
        assert visitor.post("/requests", data={"_kind": "core.region_connection"}).status_code == 403
    small = town.sign_in("pupil", organization="Школа 1", person_id=child.id)
    offered = kinds_offered(small)
    assert "Исправление данных" in offered
    assert not offered & {region, link, deletion}
    refused = small.post("/requests", data={"_kind": "core.profile_deletion"})
    assert refused.status_code == 403
    assert "решают родители" in refused.text
    assert small.post("/requests", data=link_form(child, school)).status_code == 403
    assert (
        small.post("/api/v1/requests", json={"kind": "core.profile_deletion", "values": {}}).status_code
        == 403
    )
    with town.portal.database.transaction() as db:
        today = today_in("Europe/Moscow")
        db.get_one(Person, child.id).birth_date = today.replace(year=today.year - 15, day=1)
    assert kinds_offered(small) & {region, link, deletion} == {deletion}
