"""Groups of organizations: by hand and by rule, plugins and announcements given to them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from core.identity.models import Notification
from core.notifications import ANNOUNCEMENT
from core.organizations.models import Announcement, Organization, OrganizationGroup, OrganizationGroupMember
from core.tasks import Worker
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]
URL = "/organization-groups"


def region(town: PortalUnderTest) -> Visitor:
    """The coordinator of the region."""
    return town.sign_in("regional_coordinator")


def made(town: PortalUnderTest, name: str, visitor: Visitor | None = None, **rule: Any) -> str:
    """A new group, with a rule or without; its address."""
    visitor = visitor or region(town)
    form = {"name": name, "kind": "project", "membership": "rule" if rule else "hand", **rule}
    answer = visitor.post(f"{URL}/new", data=form)
    if rule:
        assert answer.status_code == 200, answer.text
        answer = visitor.post(f"{URL}/new", data={**form, "seen": seen(answer.text)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def seen(text: str) -> str:
    """What the form has shown of the rule."""
    return re.findall(r'name="seen" value="([^"]*)"', text)[0].replace("&#34;", '"')


def members(town: PortalUnderTest, url: str) -> set[str]:
    """The names of a group's members."""
    group_id = url.rpartition("/")[2]
    with town.portal.database.reading(fresh=True) as db:
        rows = db.execute(
            select(Organization.short_name, OrganizationGroupMember.group_id).join(
                OrganizationGroupMember, OrganizationGroupMember.organization_id == Organization.id
            )
        )
        return {name for name, key in rows if str(key) == group_id}


def bulk(town: PortalUnderTest, action: str, url: str, *names: str, visitor: Visitor | None = None) -> Any:
    """Put organizations into a group or take them out, from their list."""
    data = {
        "ids": [str(id_of(town, name)) for name in names],
        "group": url.rpartition("/")[2],
        "step": "do",
    }
    return (visitor or region(town)).post(f"/organizations/bulk/{action}", data=data)


def test_a_group_is_kept_by_hand_from_the_list(town: PortalUnderTest) -> None:
    url = made(town, "Пилотный проект")
    assert "В группе пока никого нет" in region(town).get(url).text
    preview = region(town).post("/organizations/bulk/group", data={"ids": [str(id_of(town, "Школа 1"))]}).text
    assert "Пилотный проект" in preview
    for _again in range(2):
        assert bulk(town, "group", url, "Школа 1", "Школа 2").status_code == 200
    assert members(town, url) == {"Школа 1", "Школа 2"}
    assert bulk(town, "ungroup", url, "Школа 2").status_code == 200
    assert members(town, url) == {"Школа 1"}
    card = region(town).get(url).text
    assert "Организация убрана из группы" in card
    assert "Пилотный проект" in town.sign_in("head", organization="Школа 1").get("/organization").text
    listed = region(town).get(f"/organizations?group={url.rpartition('/')[2]}").text
    assert "Школа 1" in listed
    assert f"/organizations/{id_of(town, 'Школа 2')}" not in listed


def test_whoever_a_rule_takes_in_is_shown_before_it_is_saved(town: PortalUnderTest) -> None:
    form = {"name": "Все школы", "kind": "network", "membership": "rule", "kinds": ["school"]}
    shown = region(town).post(f"{URL}/new", data=form)
    assert shown.status_code == 200
    assert "Школа 2" in shown.text
    with town.portal.database.reading(fresh=True) as db:
        assert not db.scalars(select(OrganizationGroup).where(OrganizationGroup.name == "Все школы")).all()
    other = {**form, "seen": seen(shown.text), "oktmo": "99"}
    assert region(town).post(f"{URL}/new", data=other).status_code == 200
    saved = region(town).post(f"{URL}/new", data={**form, "seen": seen(shown.text)})
    url = saved.headers["location"].partition("?")[0]
    assert {"Школа 1", "Школа 2"} <= members(town, url)
    card = region(town).get(url).text
    assert "по правилу: школа" in card
    twin = region(town).post(f"{URL}/new", data={"name": "все ШКОЛЫ", "kind": "other", "membership": "hand"})
    assert twin.status_code == 422
    assert "уже есть" in twin.text
    refused = bulk(town, "group", url, "Школа 1")
    assert refused.status_code == 422
    edited = region(town).post(f"{url}/edit", data={**form, "pupils_from": "2"})
    assert "Выйдут:" in edited.text
    wrong = region(town).post(f"{url}/edit", data={**form, "name": "", "pupils_from": "много"})
    assert wrong.status_code == 422
    assert "Нужно целое число" in wrong.text
    assert "Заполните поле" in wrong.text


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"kinds": ["school"]}, ("Школа 1", "Школа 2")),
        ({"kinds": ["municipality"]}, ("Округ",)),
        ({"kinds": ["school"], "pupils_from": "1"}, ("Школа 1", "Школа 2")),
        ({"kinds": ["school"], "pupils_from": "2"}, ()),
        ({"kinds": ["school"], "pupils_to": "1"}, ("Школа 1", "Школа 2")),
        ({"oktmo": "0755"}, ()),
    ],
    ids=str,
)
def test_rules(town: PortalUnderTest, rule: dict[str, Any], fits: tuple[str, ...]) -> None:
    url = made(town, f"Правило {rule}", **rule)
    assert members(town, url) & {"Школа 1", "Школа 2", "Округ"} == set(fits)


def test_membership_follows_what_changes(town: PortalUnderTest) -> None:
    by_code = made(town, "По ОКТМО", oktmo="07558")
    inside = made(town, "В округе", within=str(id_of(town, "Округ")), kinds=["school"])
    school = id_of(town, "Школа 1")
    visitor = town.sign_in("municipal_coordinator")
    form = {"name": "Школа 1", "short_name": "Школа 1", "oktmo": "07558000"}
    assert visitor.post(f"/organizations/{school}/edit", data=form).status_code == 303
    assert members(town, by_code) == {"Школа 1"}
    place = {"parent": str(id_of(town, "Округ")), "kind": "school"}
    visitor.post("/organizations/new", data={**place, "name": "Ещё школа", "short_name": "Ещё"})
    assert "Ещё" in members(town, inside)
    by_hand = made(town, "Вручную в округе", visitor)
    bulk(town, "group", by_hand, "Ещё", visitor=visitor)
    assert members(town, by_hand) == {"Ещё"}
    new = {"parent": str(id_of(town, "Край")), "kind": "municipality", "name": "Сосед", "short_name": "Сосед"}
    region(town).post("/organizations/new", data=new)
    moving = {"ids": [str(id_of(town, "Ещё"))], "step": "do", "parent": str(id_of(town, "Сосед"))}
    assert region(town).post("/organizations/bulk/move", data=moving).status_code == 200
    assert "Ещё" not in members(town, inside)
    assert members(town, by_hand) == set()
    closing = {"ids": [str(school)], "step": "do", "first_day": "2026-09-01", "reason": "Приказ"}
    visitor.post("/organizations/bulk/close", data=closing)
    assert members(town, by_code) == set()
    visitor.post("/organizations/bulk/reopen", data={"ids": [str(school)], "step": "do"})
    assert members(town, by_code) == {"Школа 1"}


def test_plugins_are_decided_about_on_the_card(town: PortalUnderTest) -> None:
    url = made(town, "С питанием")
    bulk(town, "group", url, "Школа 2")
    head = town.sign_in("head", organization="Школа 2")
    assert "выключен" in head.get("/organization").text
    answer = region(town).post(f"{url}/plugins", data={"plugin": "canteen", "decision": "on"})
    assert answer.status_code == 303
    card = region(town).get(url).text
    assert "решение этой группы" in card
    assert "Плагин включён или выключен" in card
    assert "унаследовано: С питанием" in head.get("/organization").text
    kept = region(town).post(f"{URL}/bulk/delete", data={"ids": [url.rpartition("/")[2]]}).text
    assert "сначала отмените" in kept
    bulk(town, "ungroup", url, "Школа 2")
    assert "С питанием" not in head.get("/organization").text
    assert region(town).post(f"{url}/plugins", data={"plugin": "canteen", "decision": "x"}).status_code == 422
    region(town).post(f"{url}/plugins", data={"plugin": "canteen", "decision": "inherit"})
    data = {"ids": [url.rpartition("/")[2]], "step": "do"}
    assert "Удалена 1 группа." in region(town).post(f"{URL}/bulk/delete", data=data).text
    assert region(town).get(url).status_code == 404


def test_an_announcement_comes_to_each_once(town: PortalUnderTest) -> None:
    url = made(town, "Объявления")
    bulk(town, "group", url, "Школа 1", "Школа 2")
    visitor = region(town)
    form = {"recipients": ["heads", "teachers"], "title": "Совещание", "body": "Завтра в 10:00.\nКабинет 5."}
    nobody = visitor.post(f"{url}/announce", data={**form, "recipients": []})
    assert nobody.status_code == 422
    assert "Завтра в 10:00." in nobody.text
    sure = visitor.post(f"{url}/announce", data=form).text
    assert "4 человека" in sure
    assert told(town) == []
    assert visitor.post(f"{url}/announce", data={**form, "step": "send"}).status_code == 303
    assert "отправляется" in visitor.get(url).text
    Worker(town.portal).run_once()
    assert sorted(told(town)) == sorted(set(told(town)))
    assert len(told(town)) == 4
    assert "получили 4 человека" in visitor.get(url).text
    bell = town.sign_in("head", organization="Школа 1").get("/notifications").text
    assert "Совещание" in bell
    assert "Край" in bell
    assert "Его получили 4 человека." in region(town).get("/notifications").text


def told(town: PortalUnderTest) -> list[str]:
    """Whom announcements have come to."""
    with town.portal.database.reading(fresh=True) as db:
        kind = Notification.kind == ANNOUNCEMENT
        return [str(each) for each in db.scalars(select(Notification.person_id).where(kind))]


def test_a_sending_that_was_interrupted_goes_on_where_it_stopped(
    town: PortalUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.organizations.announcements.BATCH", 1)
    url = made(town, "Прерванное")
    bulk(town, "group", url, "Школа 1", "Школа 2")
    before = len(told(town))
    form = {"recipients": ["staff"], "title": "По одному", "step": "send"}
    assert region(town).post(f"{url}/announce", data=form).status_code == 303
    with town.portal.database.transaction() as db:
        found = db.scalars(select(Announcement).where(Announcement.title == "По одному")).one()
        head = id_of(town, "Берёзкина")
        found.last_person_id, found.people = head, 1
    while Worker(town.portal).run_once():
        pass
    with town.portal.database.reading(fresh=True) as db:
        found = db.scalars(select(Announcement).where(Announcement.title == "По одному")).one()
        assert found.sent_at is not None
        assert found.people == 1 + len(told(town)) - before < 5


def test_who_sees_groups_and_who_keeps_them(town: PortalUnderTest) -> None:
    url = made(town, "Краевая")
    municipal = town.sign_in("municipal_coordinator")
    assert municipal.get(URL).status_code == 200
    assert "Краевая" not in municipal.get(URL).text
    for address in (url, f"{url}/edit", f"{url}/announce"):
        assert municipal.get(address).status_code == 404
    for action in ("edit", "announce", "plugins"):
        data = {"plugin": "canteen", "decision": "on", "name": "Моя", "kind": "other", "membership": "hand"}
        assert municipal.post(f"{url}/{action}", data=data).status_code == 404
    assert bulk(town, "group", url, "Школа 1", visitor=municipal).status_code == 422
    head = town.sign_in("head", organization="Школа 1")
    assert head.get(URL).status_code == 403
    assert bulk(town, "group", url, "Школа 1", visitor=head).status_code == 403
    own = made(town, "Окружная группа", municipal)
    assert bulk(town, "group", own, "Округ", visitor=municipal).status_code == 200
    assert members(town, own) == set()
    assert "Окружная группа" in region(town).get(URL).text


@pytest.mark.parametrize("wanted", ["приморские лиции", "приморскии", "примaрские лицеи", "пpимopcкие"])
def test_the_list_forgives_a_typing_error(town: PortalUnderTest, wanted: str) -> None:
    with town.portal.database.reading(fresh=True) as db:
        known = db.scalar(select(OrganizationGroup.id).where(OrganizationGroup.name == "Приморские лицеи"))
    if known is None:
        made(town, "Приморские лицеи")
    assert "Приморские лицеи" in region(town).get(URL, params={"q": wanted}).text


def test_adding_to_a_group_leads_to_it_and_is_undone_exactly(town: PortalUnderTest) -> None:
    url = made(town, "Сетевой проект")
    assert bulk(town, "group", url, "Школа 1").status_code == 200
    done = bulk(town, "group", url, "Школа 1", "Школа 2").text
    assert "В группу добавлена 1 организация." in done
    assert f'href="{url}"' in done
    assert f'value="{url.rpartition("/")[2]}"' in done, "the way back knows the group"
    ids = re.findall(r'name="ids" value="([^"]+)"', done)
    assert ids == [str(id_of(town, "Школа 2"))], "who was there before stays"
    back = {"ids": ids, "group": url.rpartition("/")[2], "step": "do"}
    assert region(town).post("/organizations/bulk/ungroup", data=back).status_code == 200
    assert members(town, url) == {"Школа 1"}
    form = region(town).get(f"{URL}/new").text
    order = [form.index(f'<option value="{kind}"') for kind in ("district", "project", "network", "other")]
    assert order == sorted(order)
