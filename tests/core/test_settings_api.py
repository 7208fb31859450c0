"""What an organization sets for itself and below, through `/api/v1`: texts, subjects, look, plugins, rights."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from core.audit.models import AuditRecord
from core.config import Config
from core.organizations.models import AcademicYear, Licence, Subject, TeachingAssignment
from core.organizations.switches import raise_version
from core.portal import Portal
from core.roles.models import RoleGrant, StructuralRole
from core.testing import PortalUnderTest, Visitor
from core.testing.fixtures import Databases
from core.testing.portal import running
from tests.core import small_town
from tests.core.small_town import id_of
from tests.core.test_consents import KIND, TEXT
from tests.core.test_consents import clean as clean
from tests.core.test_people_api import TODAY, program, somebody
from tests.core.town_fixtures import town

__all__ = ["town"]
SCHOOL, OTHER = "Школа 1", "Школа 2"


def head(town: PortalUnderTest, *scopes: str, school: str = SCHOOL) -> Visitor:
    return program(town, "head", *scopes, school=school)


def got(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if status != 204 else None


def recorded(town: PortalUnderTest, action: str) -> list[AuditRecord]:
    with town.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(AuditRecord).where(AuditRecord.action == action).order_by(AuditRecord.at)
        ).all()
        db.expunge_all()
        return list(found)


def test_a_text_of_a_consent_is_published_asked_about_and_retired(town: PortalUnderTest) -> None:
    visitor, url = head(town, "consents.publish"), f"/api/v1/consent-texts/{KIND}"
    before = {each["kind"]: each for each in got(visitor.get("/api/v1/consent-texts"))}[KIND]
    assert (before["asked"], before["text_id"], before["own_versions"]) == (False, None, 0)
    assert got(visitor.get(url))["text"], "the kind's own words to begin with"
    first = got(visitor.post(f"{url}/versions", json={"text": TEXT}), 201)
    assert (first["version"], first["text"], first["renews"]) == (1, TEXT, False)
    own = got(program(town, "guardian", "consents.own", school=SCHOOL).get("/api/v1/me/consents"))
    assert first["text_id"] in {each["text_id"] for each in own}
    same = visitor.post(f"{url}/versions", json={"text": TEXT})
    assert (same.status_code, "уже действует" in same.json()["title"]) == (409, True)
    second = got(visitor.post(f"{url}/versions", json={"text": TEXT, "renews": True}), 201)
    told = got(visitor.get(url))
    assert [each["version"] for each in told["versions"]] == [2, 1]
    assert (told["kind"]["text_id"], told["kind"]["owner"]) == (second["text_id"], SCHOOL)
    retired = got(visitor.post(f"{url}/retire"))
    assert (retired["kind"]["asked"], retired["versions"][0]["retired"]) == (False, True)
    assert visitor.post(f"{url}/retire").status_code == 409
    [record] = recorded(town, "core.consent.retire")
    assert record.origin == "токен"


def test_a_text_too_short_or_without_the_scope_is_refused(town: PortalUnderTest) -> None:
    visitor, url = head(town, "consents.publish"), f"/api/v1/consent-texts/{KIND}"
    for text in ("Кратко", " " * 60):
        wrong = visitor.post(f"{url}/versions", json={"text": text})
        assert wrong.status_code == 422 and "text" in wrong.json()["fields"], wrong.text
    assert visitor.get("/api/v1/consent-texts/core.nothing").status_code == 404
    assert head(town, "consents.write").post(f"{url}/versions", json={"text": TEXT}).status_code == 403
    assert got(visitor.get(url))["versions"] == []


def test_licences_are_written_down_from_above_and_read_below(town: PortalUnderTest) -> None:
    above, school = program(town, "municipal_coordinator", "organization.write"), id_of(town, SCHOOL)
    url = f"/api/v1/organizations/{school}/licences"
    body = {"number": "3512", "issued_on": "2020-05-18", "issuer": "Министерство образования"}
    made = got(above.post(url, json=body), 201)
    assert (made["kind"], made["valid_until"], made["organization_id"]) == ("licence", None, str(school))
    accreditation = {**body, "kind": "accreditation", "valid_until": "2032-05-18"}
    got(above.post(url, json=accreditation), 201)
    own = head(town, "organization.read")
    assert [each["kind"] for each in got(own.get(url))] == ["licence", "accreditation"]
    early = above.post(url, json={**body, "valid_until": "2019-01-01"})
    assert early.status_code == 422 and "valid_until" in early.json()["fields"]
    assert above.post(url, json={**body, "number": " "}).status_code == 422
    assert head(town, "organization.write").post(url, json=body).status_code == 403, "not of one's own"
    assert head(town, "organization.read", school=OTHER).get(url).status_code == 404
    got(above.delete(f"{url}/{made['id']}"), 204)
    assert above.delete(f"{url}/{made['id']}").status_code == 404
    assert [each["kind"] for each in got(own.get(url))] == ["accreditation"]
    [removed] = recorded(town, "core.licence.remove")
    assert removed.before is not None and removed.before["number"] == "3512"
    with town.portal.database.transaction() as db:
        db.execute(delete(Licence))


def test_subjects_are_added_read_and_taken_away(town: PortalUnderTest) -> None:
    visitor, school = head(town, "subjects.write"), id_of(town, SCHOOL)
    url = f"/api/v1/organizations/{school}/subjects"
    assert [(each["name"], each["owner"]) for each in got(visitor.get(url))] == [("Алгебра", "Край")]
    sent = [{"name": "Физика"}, {"name": "Физическая  культура", "short_name": "Физ-ра"}, {"name": "алгебра"}]
    done = got(visitor.post(url, json={"subjects": sent}))
    assert done["added"] == 2, "what the region keeps is there already"
    assert [each["short_name"] for each in done["subjects"]] == ["Алг", "Физика", "Физ-ра"]
    assert got(visitor.post(url, json={"subjects": sent}))["added"] == 0
    wrong = visitor.post(url, json={"subjects": [{"name": "Химия"}, {"name": " "}]})
    assert wrong.status_code == 422 and "names" in wrong.json()["fields"]
    algebra, physics, sport = (each["id"] for each in done["subjects"])
    assert visitor.delete(f"{url}/{algebra}").status_code == 404, "kept by the region"
    with town.portal.database.transaction() as db:
        year = db.scalars(select(AcademicYear).where(AcademicYear.organization_id == school)).one()
        db.add(
            TeachingAssignment(
                organization_id=school,
                academic_year_id=year.id,
                subject_id=UUID(physics),
                teacher_id=id_of(town, "Орлов"),
                starts_on=TODAY,
            )
        )
    taught = visitor.delete(f"{url}/{physics}")
    assert (taught.status_code, "не удалить" in taught.json()["title"]) == (409, True)
    got(visitor.delete(f"{url}/{sport}"), 204)
    assert [each["name"] for each in got(visitor.get(url))] == ["Алгебра", "Физика"]
    assert len(recorded(town, "core.subject.create")) == 2
    assert head(town, "organization.read").post(url, json={"subjects": sent}).status_code == 403
    assert head(town, "subjects.write", school=OTHER).get(url).status_code == 404
    with town.portal.database.transaction() as db:
        db.execute(delete(TeachingAssignment))
        db.execute(delete(Subject).where(Subject.organization_id == school))


def test_the_look_is_chosen_for_all_below(town: PortalUnderTest) -> None:
    above, region = program(town, "regional_coordinator", "theme.write"), id_of(town, "Край")
    url = f"/api/v1/organizations/{region}/theme"
    before = got(above.get(url))
    assert (before["own"], before["theme"], "contrast" in before["choices"]) == (None, "base", False)
    chosen = next(name for name in before["choices"] if name != "base")
    after = got(above.put(url, json={"theme": chosen}))
    assert (after["own"], after["theme"], after["title"]) == (chosen, chosen, before["choices"][chosen])
    below = f"/api/v1/organizations/{id_of(town, SCHOOL)}/theme"
    school = got(head(town, "organization.read").get(below))
    assert (school["own"], school["theme"]) == (None, chosen)
    wrong = above.put(url, json={"theme": "нет"})
    assert wrong.status_code == 422 and "theme" in wrong.json()["fields"]
    assert above.put(f"/api/v1/organizations/{uuid4()}/theme", json={"theme": None}).status_code == 404
    assert head(town, "organization.read").put(below, json={"theme": "base"}).status_code == 403
    assert got(above.put(url, json={"theme": None}))["theme"] == "base"
    assert len(recorded(town, "core.theme.choose")) == 2


def test_settings_of_a_plugin_are_changed_one_by_one_and_inherited_again(town: PortalUnderTest) -> None:
    visitor, school = head(town, "plugins.manage"), id_of(town, SCHOOL)
    url = "/api/v1/plugins/canteen/settings"

    def values(answer: Any) -> dict[str, Any]:
        return {each["name"]: each["value"] for each in got(answer)}

    assert values(visitor.get(url)) == {"days": 5, "scale": "a", "remind": True}
    options = {each["name"]: each["options"] for each in got(visitor.get(url))}
    assert options["scale"] == {"a": "Первая", "b": "Вторая"}
    sent = {"organization_id": str(school), "values": {"days": 7, "remind": False}}
    changed = got(visitor.put(url, json=sent))
    told = {each["name"]: (each["value"], each["own"], each["source"]) for each in changed}
    assert told == {"days": (7, True, SCHOOL), "scale": ("a", False, ""), "remind": (False, True, SCHOOL)}
    for wrong in ({"days": 99}, {"days": None}, {"scale": "c"}, {"dishes": 1}, {"scale": {"a": 1}}):
        refused = visitor.put(url, json={**sent, "values": wrong})
        assert refused.status_code == 422 and list(refused.json()["fields"]) == list(wrong), refused.text
    assert values(visitor.delete(f"{url}/days")) == {"days": 5, "scale": "a", "remind": False}
    assert visitor.delete(f"{url}/days").status_code == 404
    assert values(visitor.delete(f"{url}/remind")) == {"days": 5, "scale": "a", "remind": True}
    assert len(recorded(town, "core.plugin.settings")) == 3
    foreign = {**sent, "organization_id": str(id_of(town, OTHER))}
    assert visitor.put(url, json=foreign).status_code == 404
    assert visitor.get("/api/v1/plugins/no/settings").status_code == 404
    assert town.sign_in("teacher", organization=SCHOOL).get(url).status_code == 403


def test_who_provides_a_capability_is_chosen(town: PortalUnderTest) -> None:
    visitor, school = head(town, "plugins.manage"), str(id_of(town, SCHOOL))
    url = "/api/v1/capabilities/meals"
    chosen = got(visitor.put(url, json={"organization_id": school, "plugin": "canteen"}))
    assert chosen == {"name": "meals", "plugin": "canteen", "own": True, "choices": {"canteen": "Столовая"}}
    assert visitor.put(url, json={"organization_id": school, "plugin": "journal"}).status_code == 422
    unknown = visitor.put("/api/v1/capabilities/no", json={"organization_id": school, "plugin": None})
    assert unknown.status_code == 404
    assert got(visitor.put(url, json={"organization_id": school, "plugin": None}))["own"] is False


@pytest.fixture
def rights_as_before(town: PortalUnderTest) -> Iterator[None]:
    yield
    with town.portal.database.transaction() as db:
        db.execute(delete(RoleGrant))
        raise_version(db)


@pytest.mark.usefixtures("rights_as_before")
def test_a_right_of_a_role_is_changed_for_a_region_and_taken_back(town: PortalUnderTest) -> None:
    region = program(town, "regional_coordinator", "roles.configure")
    url = "/api/v1/role-kinds/head"
    titles = {each["kind"]: each["title"] for each in got(region.get("/api/v1/role-kinds"))}
    assert titles["teacher"] == "Учитель"
    school = head(town, "accounts.read")
    assert school.get("/api/v1/accounts").status_code == 200
    address = f"{url}/rights/core.accounts.view"
    done = got(region.put(address, json={"reach": "none", "basis": "Приказ 7"}))
    right = done["right"]
    assert (right["reach"], right["own"], right["inherited"]) == ("none", "none", "organization")
    assert right["changed"] and "organization" in right["choices"]
    assert school.get("/api/v1/accounts").status_code == 403, "at once"
    assert got(region.put(address, json={"reach": "none", "basis": "Приказ 7"}))["change_id"] is None
    wrong = region.put(address, json={"reach": "below", "basis": "Приказ 7"})
    assert wrong.status_code == 422
    rights = got(region.get(url))
    [change] = rights["changes"]
    assert (change["id"], change["basis"], change["after"]) == (done["change_id"], "Приказ 7", "none")
    undone = got(region.post(f"/api/v1/role-kinds/changes/{done['change_id']}/undo"))
    assert undone["may_change"] and len(undone["changes"]) == 2
    assert school.get("/api/v1/accounts").status_code == 200
    assert region.post(f"/api/v1/role-kinds/changes/{done['change_id']}/undo").status_code == 409
    assert region.post(f"/api/v1/role-kinds/changes/{uuid4()}/undo").status_code == 404


@pytest.mark.usefixtures("rights_as_before")
def test_rights_above_and_unknown_ones_are_not_changed(town: PortalUnderTest) -> None:
    region, body = (
        program(town, "regional_coordinator", "roles.configure"),
        {"reach": None, "basis": "Приказ"},
    )
    for path in ("federal_operator/rights/core.import", "head/rights/no.such", "nobody/rights/core.import"):
        assert region.put(f"/api/v1/role-kinds/{path}", json=body).status_code == 404
    right = "/api/v1/role-kinds/teacher/rights/core.people.view"
    assert program(town, "regional_coordinator", "roles.read").put(right, json=body).status_code == 403
    reader = program(town, "teacher", "requests", school=SCHOOL)
    told = got(reader.get("/api/v1/role-kinds/teacher"))
    assert (told["may_change"], told["changes"]) == (False, [])
    assert reader.put(right, json=body).status_code == 403
    assert reader.get("/api/v1/role-kinds/nobody").status_code == 404


def test_rights_are_lent_to_a_colleague_and_taken_back(town: PortalUnderTest) -> None:
    colleague, _role = somebody(town)
    owner, url = head(town, "roles.lend"), "/api/v1/me/delegations"
    assert str(colleague) in {each["person_id"] for each in got(owner.get(f"{url}/candidates"))}
    body = {
        "person_id": str(colleague),
        "starts_on": TODAY.isoformat(),
        "ends_on": (TODAY + timedelta(days=7)).isoformat(),
        "basis": "Отпуск",
    }
    for wrong in ({"person_id": str(uuid4())}, {"ends_on": "2099-01-01"}, {"starts_on": "2020-01-01"}):
        refused = owner.post(url, json={**body, **wrong})
        assert refused.status_code == 422 and next(iter(wrong)) in refused.json()["fields"], refused.text
    lent = got(owner.post(url, json=body), 201)
    assert got(owner.get(url)) == [lent]
    assert owner.post(url, json=body).status_code == 409
    acting = town.sign_in("head", person_id=colleague)
    assert acting.get("/roles").status_code == 200
    assert acting.post(url, json={**body, "person_id": str(id_of(town, "Орлов"))}).status_code == 404
    stranger = head(town, "roles.lend", school=OTHER)
    assert stranger.delete(f"{url}/{lent['id']}").status_code == 404
    assert head(town, "roles.write").post(url, json=body).status_code == 403
    got(owner.delete(f"{url}/{lent['id']}"), 204)
    assert owner.delete(f"{url}/{lent['id']}").status_code == 409
    assert (acting.get("/roles").status_code, got(owner.get(url))) == (403, [])
    assert len(recorded(town, "core.role.delegate")) == 1
    with town.portal.database.transaction() as db:
        db.execute(delete(StructuralRole).where(StructuralRole.id == UUID(lent["id"])))


def test_a_school_is_given_out_in_oneroster(town: PortalUnderTest) -> None:
    visitor, school = head(town, "import"), id_of(town, SCHOOL)
    url = f"/api/v1/organizations/{school}/oneroster"
    answer = visitor.get(f"{url}?year=2020")
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/zip",
        "no-store",
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "manifest.csv" in archive.namelist()
        assert "Семёнов" in archive.read("users.csv").decode()
    [record] = recorded(town, "core.export.oneroster")
    assert record.origin == "токен"
    assert visitor.get(f"{url}?year=2050").status_code == 404
    assert visitor.get(f"{url}?year=1").status_code == 422
    assert head(town, "import", school=OTHER).get(url).status_code == 404
    assert head(town, "people.read").get(url).status_code == 403


def test_the_look_of_the_installation_holds_where_none_is_chosen(
    engine: str, databases: Databases, tmp_path: Path
) -> None:
    settings = Config(
        home=str(tmp_path),
        database_url=databases.fresh(engine),
        tasks_in_server=False,
        plugins=[],
        theme="stavropol",
    )
    portal = Portal(settings)
    small_town.build(portal)
    with running(portal) as installation:
        above, school = installation.sign_in("regional_coordinator"), id_of(installation, SCHOOL)
        told = got(above.get(f"/api/v1/organizations/{school}/theme"))
        assert (told["own"], told["theme"]) == (None, "stavropol")
        assert f"Сейчас: {told['title']}" in above.get(f"/organizations/{school}").text
