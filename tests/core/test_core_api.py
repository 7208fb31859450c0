"""The core's REST operations: scoped by role and token, paged by key, strict about what they take."""

from __future__ import annotations

import html
import json
import re
import shlex

import pytest
from sqlalchemy import select

from core.audit.models import CardView
from core.database import spelling
from core.organizations.models import OrganizationWord
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]

LISTS = ("organizations", "academic-years", "terms", "subjects", "school-classes")


def program(town: PortalUnderTest, role: str, *scopes: str) -> Visitor:
    """A program with a token of somebody."""
    answer = town.sign_in(role).post(
        "/api/v1/tokens", json={"name": "тест", "scopes": list(scopes), "days": 1}
    )
    assert answer.status_code == 201, answer.text
    visitor = town.visitor()
    visitor.token = answer.json()["text"]
    return visitor


@pytest.mark.parametrize("name", LISTS)
def test_a_list_keeps_to_what_the_role_reaches(town: PortalUnderTest, name: str) -> None:
    head = program(town, "head", "organization.read").get(f"/api/v1/{name}")
    assert head.status_code == 200
    neighbour = str(id_of(town, "Школа 2"))
    assert neighbour not in head.text
    region = program(town, "regional_coordinator", "organization.read").get(f"/api/v1/{name}")
    assert (neighbour in region.text) == (name != "subjects")


def test_pages_follow_each_other_without_gaps(town: PortalUnderTest) -> None:
    reader = program(town, "regional_coordinator", "organization.read")
    whole = [each["id"] for each in reader.get("/api/v1/organizations").json()["items"]]
    walked: list[str] = []
    after = ""
    while True:
        page = reader.get(f"/api/v1/organizations?limit=1{after}").json()
        walked += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert walked == whole
    assert len(whole) == 4


def test_organizations_are_searched_as_on_the_page(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        spelling.learn(db, OrganizationWord, ["школа"])
    reader = program(town, "regional_coordinator", "organization.read")

    def found(words: str) -> set[str]:
        answer = reader.get(f"/api/v1/organizations?q={words}")
        assert answer.status_code == 200, answer.text
        return {each["short_name"] for each in answer.json()["items"]}

    assert found("ШКОЛА 2") == found("2 школа") == {"Школа 2"}
    assert found("шкала") == found("школа") == {"Школа 1", "Школа 2"}
    assert found("щщщщщ") == set()
    assert reader.get("/api/v1/organizations?q=школа&limit=1").json()["next"] is not None
    assert reader.get("/api/v1/organizations?q=%00").status_code == 422


def test_people_come_without_contacts_unless_allowed(town: PortalUnderTest) -> None:
    by_token = program(town, "head", "people.read").get("/api/v1/people").json()["items"]
    assert {person["last_name"] for person in by_token} == {"Берёзкина", "Орлов", "Семёнов", "Семёнова"}
    assert all(person["birth_date"] is None for person in by_token)
    by_session = town.sign_in("head", organization="Школа 1").get("/api/v1/people?role=pupil").json()["items"]
    assert [person["birth_date"] for person in by_session] == ["1980-05-01"]
    assert by_session[0]["school_class_ids"]
    with town.portal.database.reading(fresh=True) as db:
        noted = db.execute(select(CardView.person_id, CardView.what)).all()
    assert [(str(person_id), what) for person_id, what in noted] == [(by_session[0]["id"], "birth_date")]


def test_scopes_cut_what_a_token_may(town: PortalUnderTest) -> None:
    narrow = program(town, "head", "people.read")
    assert narrow.get("/api/v1/organizations").status_code == 403
    assert narrow.get("/api/v1/plugins").status_code == 403
    school = str(id_of(town, "Школа 1"))
    assert (
        narrow.put(
            "/api/v1/plugins/canteen/switch", json={"organization_id": school, "enabled": False}
        ).status_code
        == 403
    )


def test_a_token_makes_no_tokens(town: PortalUnderTest) -> None:
    narrow = program(town, "head", "people.read")
    assert narrow.get("/api/v1/tokens").status_code == 403
    assert narrow.post("/api/v1/tokens", json={"name": "ещё", "scopes": ["import"]}).status_code == 403


def test_a_plugin_is_switched_by_a_program_of_an_operator(town: PortalUnderTest) -> None:
    operator = program(town, "regional_coordinator", "plugins.manage")
    school, region = str(id_of(town, "Школа 2")), str(id_of(town, "Край"))
    url = "/api/v1/plugins/canteen/switch"
    answer = operator.put(url, json={"organization_id": school, "enabled": True})
    assert (answer.status_code, answer.json()["on"], answer.json()["own"]) == (200, True, True)
    assert (
        operator.put(url, json={"organization_id": region, "enabled": False, "locked": True}).status_code
        == 200
    )
    refused = operator.put(url, json={"organization_id": school, "enabled": True})
    assert refused.status_code == 409
    assert "закреплено" in refused.json()["title"]
    assert operator.delete(f"{url}?organization_id={region}").status_code == 204
    assert operator.delete(f"{url}?organization_id={school}").status_code == 204
    assert operator.delete(f"{url}?organization_id={school}").status_code == 404
    assert (
        program(town, "head", "plugins.manage")
        .put(url, json={"organization_id": school, "enabled": True})
        .status_code
        == 404
    )


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", "people?role=%00", None),
        ("GET", "people?role=Учитель", None),
        ("GET", "people?limit=0", None),
        ("GET", "people?limit=много", None),
        ("GET", "people?after=x", None),
        ("GET", "organizations?after=1", None),
        ("GET", "organizations/x", None),
        ("PUT", "plugins/canteen/switch", {"organization_id": "x", "enabled": True}),
        ("PUT", "plugins/canteen/switch", {"enabled": "да"}),
        ("PUT", "plugins/canteen/switch", []),
        ("PUT", "plugins/%00/switch", {"organization_id": "0" * 32, "enabled": True}),
        ("POST", "tokens", {"name": "a\u0000", "scopes": ["people.read"]}),
        ("POST", "tokens", {"name": "a", "scopes": []}),
        ("POST", "tokens", {"name": "a", "scopes": ["no.such"]}),
        ("POST", "tokens", {"name": "a", "scopes": ["people.read"], "days": 10**30}),
        ("DELETE", "tokens/00000000-0000-0000-0000-000000000000", None),
    ],
)
def test_malformed_input_is_answered_in_russian(
    town: PortalUnderTest, method: str, url: str, body: object
) -> None:
    answer = town.sign_in("head").request(
        method, f"/api/v1/{url}", **({"json": body} if body is not None else {})
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert not answer.json()["title"].isascii()


def test_changes_need_the_form_token_and_a_visitor(town: PortalUnderTest) -> None:
    body = {"name": "a", "scopes": ["people.read"]}
    assert town.sign_in("head").post("/api/v1/tokens", json=body, csrf=False).status_code == 403
    for name in (*LISTS, "people", "plugins", "tokens"):
        assert town.visitor().get(f"/api/v1/{name}").status_code == 401


def test_the_page_of_the_api_lists_every_operation(town: PortalUnderTest) -> None:
    document = town.visitor().get("/api/v1/openapi.json").json()
    page = town.visitor().get("/api/v1/docs")
    assert page.status_code == 200
    for path in document["paths"]:
        assert path in page.text.replace("<wbr>", "")
    assert "<script src=" not in page.text.replace('<script src="/static/', "")


def of_the_api(town: PortalUnderTest, *groups: str) -> str:
    """The pages of these groups of operations."""
    return "".join(town.visitor().get(f"/api/v1/docs?group={group}").text for group in groups)


def test_the_page_of_the_api_says_what_everything_is(town: PortalUnderTest) -> None:
    overview = town.visitor().get("/api/v1/docs").text
    groups = [each["name"] for each in town.visitor().get("/api/v1/openapi.json").json()["tags"]]
    assert {"identity", "organizations", "people", "notifications", "tasks", "tokens", "plugins"} <= set(
        groups
    )
    for group in groups:
        assert f'href="/api/v1/docs?group={group}"' in overview
    page = of_the_api(town, *groups)
    assert "items[].<wbr>roles[].<wbr>kind" in page
    assert "только если роль и ключ дают право их видеть" in page
    assert '<td class="whole" lang="ru"></td>' not in page


def test_an_operation_is_unfolded_by_its_link(town: PortalUnderTest) -> None:
    overview = town.visitor().get("/api/v1/docs").text
    link, anchor = re.search(r'href="(/api/v1/docs\?group=people&operation=\w+)#(\w+)"', overview).groups()  # pyright: ignore[reportOptionalMemberAccess]
    page = town.visitor().get(link).text
    assert re.findall(r'<details class="panel operation" id="(\w+)" open>', page) == [anchor]


def test_an_unknown_group_is_told(town: PortalUnderTest) -> None:
    answer = town.visitor().get("/api/v1/docs?group=nothing")
    assert answer.status_code == 404 and "Такого раздела в API нет" in answer.text


def test_a_sample_request_can_be_sent(town: PortalUnderTest) -> None:
    page = of_the_api(town, "plugins")
    samples = [
        html.unescape(each) for each in re.findall(r'<pre class="sample"><code>(.+?)</code>', page, re.S)
    ]
    words = next(shlex.split(each) for each in samples if "-X PUT" in each and "/switch" in each)
    assert words[3] == f"{town.portal.config.address}/api/v1/plugins/journal/switch"
    assert "Authorization: Bearer $KEY" in words
    body = json.loads(words[words.index("-d") + 1]) | {"organization_id": str(id_of(town, "Школа 2"))}
    operator = program(town, "regional_coordinator", "plugins.manage")
    done = operator.put("/api/v1/plugins/canteen/switch", json=body)
    assert (done.status_code, done.json()["on"]) == (200, True), done.text
    assert (
        operator.delete(
            f"/api/v1/plugins/canteen/switch?organization_id={body['organization_id']}"
        ).status_code
        == 204
    )


def test_what_no_token_opens_has_no_sample_and_says_so(town: PortalUnderTest) -> None:
    document = town.visitor().get("/api/v1/openapi.json").json()
    assert document["paths"]["/api/v1/tokens"]["post"]["security"] == [{"session": []}]
    page = of_the_api(town, *(each["name"] for each in document["tags"]))
    assert "/api/v1/tokens \\" not in page
    assert page.count('<pre class="sample">') == sum(map(len, document["paths"].values())) - 3


def test_every_change_is_documented_to_take_an_idempotency_key(town: PortalUnderTest) -> None:
    document = town.visitor().get("/api/v1/openapi.json").json()
    taking = {
        method
        for item in document["paths"].values()
        for method, operation in item.items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
    }
    assert taking == {"post", "put", "patch", "delete"}
    assert "Idempotency-Key" in of_the_api(town, "people")


def test_a_program_of_the_authority_makes_and_corrects_organizations(town: PortalUnderTest) -> None:
    visitor = program(town, "municipal_coordinator", "organization.write")
    body = {
        "parent_id": str(id_of(town, "Округ")),
        "kind": "school",
        "name": "Школа у реки",
        "short_name": "У реки",
    }
    made = visitor.post(
        "/api/v1/organizations", json={**body, "phone": "8 (865) 531-23-45", "external_id": "п7"}
    )
    assert made.status_code == 201, made.text
    school = made.json()
    assert (school["phone"], school["parent_id"], school["closed_on"]) == (
        "+78655312345",
        body["parent_id"],
        None,
    )
    found = visitor.get("/api/v1/organizations?external_id=п7").json()["items"]
    assert [each["id"] for each in found] == [school["id"]]
    url = f"/api/v1/organizations/{school['id']}"
    changed = visitor.put(url, json={"inn": "6651002785", "phone": ""}).json()
    assert (changed["inn"], changed["phone"], changed["name"]) == ("6651002785", "", "Школа у реки")
    wrong = visitor.put(url, json={"inn": "6651002784", "email": "x"})
    assert wrong.status_code == 422
    assert set(wrong.json()["fields"]) == {"inn", "email"}
    assert "ИНН" in wrong.json()["fields"]["inn"]
    nowhere = visitor.post("/api/v1/organizations", json={**body, "kind": "region"})
    assert nowhere.status_code == 422
    assert "kind" in nowhere.json()["fields"]
    out_of_reach = visitor.post("/api/v1/organizations", json={**body, "parent_id": str(id_of(town, "Край"))})
    assert out_of_reach.status_code == 404
    reading = program(town, "municipal_coordinator", "organization.read")
    assert reading.put(url, json={"phone": ""}).status_code == 403


def test_a_school_corrects_only_its_contacts_by_program(town: PortalUnderTest) -> None:
    visitor = program(town, "head", "organization.write")
    url = f"/api/v1/organizations/{id_of(town, 'Школа 1')}"
    assert visitor.put(url, json={"site": "школа.рф"}).json()["site"] == "https://школа.рф"
    assert visitor.put(url, json={"inn": "6651002785"}).status_code == 403
    assert (
        visitor.put(f"/api/v1/organizations/{id_of(town, 'Школа 2')}", json={"site": ""}).status_code == 404
    )


def test_groups_and_their_members_are_read_by_program(town: PortalUnderTest) -> None:
    visitor = program(town, "regional_coordinator", "organization.read", "groups.read")
    groups = visitor.get("/api/v1/organization-groups").json()["items"]
    assert [(each["name"], each["rule"]) for each in groups] == [("Сельские школы", None)]
    members = visitor.get(f"/api/v1/organizations?group_id={groups[0]['id']}").json()["items"]
    assert [each["short_name"] for each in members] == ["Школа 1"]
    below = program(town, "municipal_coordinator", "organization.read", "groups.read")
    assert below.get("/api/v1/organization-groups").json()["items"] == []
    assert below.get(f"/api/v1/organizations?group_id={groups[0]['id']}").json()["items"] == []
