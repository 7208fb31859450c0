"""Every kind of request is kept as a draft, gone on with, thrown away, and returned for correction."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.requests.models import Request
from core.requests.staff_roles import STAFF_ROLE
from core.roles.giving import ask_for_role
from core.roles.lifecycle import NewRole
from core.testing import PortalUnderTest, Visitor
from tests.core.small_town import id_of
from tests.core.test_families import child, has_account
from tests.core.test_request_pages import child_of_school, correction, link_form, paper, step
from tests.core.test_roles import form, organization, role_of, somebody
from tests.core.test_transfers import BORN, LETTERS, OTHER, SCHOOL, TODAY, pupil, spans
from tests.core.town_fixtures import town

__all__ = ["child", "town"]
DRAFT_KEPT = "Черновик сохранён"


def written_at(answer: Response) -> str:
    """The page where a draft that was just kept is written."""
    return str(answer.headers["location"]).partition("?")[0]


def transfer(town: PortalUnderTest, number: int, **changes: str) -> dict[str, str]:
    """The form of «Перевод ученика»."""
    return {
        "_kind": "core.pupil_transfer",
        "_to": str(id_of(town, SCHOOL)),
        "last_name": f"Переездов{LETTERS[number]}",
        "first_name": "Лев",
        "birth_date": BORN.isoformat(),
        "school_class": "7А",
        "first_day": TODAY.isoformat(),
        "basis": "Приказ № 7",
        **changes,
    }


def test_a_transfer_is_begun_and_sent_later_with_its_paper(town: PortalUnderTest) -> None:
    pupil(town, 1)
    new, old = town.sign_in("head", organization=OTHER), town.sign_in("head", organization=SCHOOL)
    empty = new.get(f"/requests/new?kind=core.pupil_transfer&to={id_of(town, SCHOOL)}").text
    assert f'value="{TODAY.isoformat()}"' in empty, "the first day is today to begin with"
    assert '<option value="7А"' in empty
    kept = new.post("/requests", data=transfer(town, 1, step="draft", basis=""), files=paper("заявление.txt"))
    url = written_at(kept)
    page = new.get(kept.headers["location"]).text
    assert DRAFT_KEPT in page
    assert f'value="Переездов{LETTERS[1]}"' in page
    assert "заявление.txt" in page
    card = url.removesuffix("/edit")
    assert old.get(card).status_code == 404, "a draft is its author's alone"
    assert "Перевод ученика" in new.get("/requests?tab=mine").text
    assert new.post(url, data=transfer(town, 1, step="send", basis="")).status_code == 422
    assert new.post(url, data=transfer(town, 1, step="send")).status_code == 303
    page = old.get(card).text
    for words in ("Принимающая школа", OTHER, "заявление.txt", "Приказ № 7"):
        assert words in page


def test_a_transfer_returned_is_corrected_and_granted(town: PortalUnderTest) -> None:
    moved, _mother = pupil(town, 2)
    new, old = town.sign_in("head", organization=OTHER), town.sign_in("head", organization=SCHOOL)
    wrong = transfer(town, 2, first_name="Львёнок")
    card = str(new.post("/requests", data=wrong).headers["location"])
    assert "верните запрос на исправление" in step(old, card, "approve").text
    assert step(old, card, "return").status_code == 422
    assert step(old, card, "return", "Имя в заявлении другое").status_code == 303
    assert "Запрос вернули" in new.get(card).text
    page = new.get(f"{card}/edit").text
    assert "Имя в заявлении другое" in page
    assert 'value="Львёнок"' in page
    sent = new.post(f"{card}/edit", data=transfer(town, 2, step="send"))
    assert sent.status_code == 303, sent.text
    assert "Запрос исправлен: Перевод ученика" in old.get("/notifications").text
    assert step(old, card, "approve").status_code == 303
    assert [place for place, *_days in spans(town, moved)] == [SCHOOL, OTHER]


def test_a_draft_of_a_transfer_is_thrown_away(town: PortalUnderTest) -> None:
    new = town.sign_in("head", organization=OTHER)
    url = written_at(new.post("/requests", data=transfer(town, 3, step="draft")))
    asked = new.post(url, data=transfer(town, 3, step="ask"))
    assert "Удалить черновик?" in new.get(asked.headers["location"]).text
    assert town.sign_in("head", organization=SCHOOL).post(url, data={"step": "delete"}).status_code == 404
    assert new.post(url, data={"step": "delete"}).status_code == 303
    assert new.get(url).status_code == 404


def test_nobody_names_another_school_as_the_one_that_takes(town: PortalUnderTest) -> None:
    new = town.sign_in("head", organization=OTHER)
    form = transfer(town, 4, to_id=str(id_of(town, SCHOOL)), to="Чужая школа")
    card = str(new.post("/requests", data=form).headers["location"])
    values = new.get(f"/api/v1/requests/{card.rpartition('/')[2]}").json()["values"]
    assert (values["to_id"], values["to"]) == (str(id_of(town, OTHER)), OTHER)
    own = transfer(town, 4, _to=str(id_of(town, OTHER)))
    assert new.post("/requests", data=own).status_code == 404, "one's own school lets nobody go to itself"


def test_a_childs_account_is_a_draft_then_returned_then_made(town: PortalUnderTest, child: UUID) -> None:
    guardian = town.sign_in("guardian", person_id=id_of(town, "Семёнова"))
    head = town.sign_in("head", organization=SCHOOL)
    kind = {"_kind": "core.child_account"}
    page = guardian.get("/requests/new?kind=core.child_account").text
    assert f'<option value="{child}"' in page
    kept = guardian.post("/requests", data={**kind, "step": "draft", "words": "Паспорт у меня"})
    url = written_at(kept)
    assert "Паспорт у меня" in guardian.get(url).text
    stranger = {**kind, "step": "send", "child_id": str(id_of(town, "Семёноввторой"))}
    assert guardian.post(url, data=stranger).status_code == 422
    assert guardian.post(url, data={**kind, "step": "send", "child_id": str(child)}).status_code == 303
    card = url.removesuffix("/edit")
    shown = head.get(card).text
    assert "Семёнов Алексей" in shown
    assert "7А, Школа 1" in shown
    assert str(child) not in re.sub(r"<[^>]+>", " ", shown), "ids are not for people"
    assert step(head, card, "return", "Приложите свидетельство").status_code == 303
    page = guardian.get("/account/children").text
    assert "школа вернула запрос на исправление" in page
    assert f'href="{card}"' in page
    assert guardian.post(f"/account/children/{child}/account").status_code == 409, "not a second one"
    again = {**kind, "step": "send", "child_id": str(child), "words": "Приложила"}
    assert guardian.post(url, data=again, files=paper("свидетельство.txt")).status_code == 303
    assert "свидетельство.txt" in head.get(card).text
    assert not has_account(town, child)
    assert step(head, card, "approve").status_code == 303
    assert has_account(town, child)
    refused = guardian.get("/requests/new?kind=core.child_account")
    assert (refused.status_code, "Мои дети" in refused.text) == (403, True), "nobody is left who needs one"


def test_a_role_is_begun_and_given_later(town: PortalUnderTest) -> None:
    person, head = somebody(town, "librarian"), town.sign_in("head", organization=SCHOOL)
    begun = form(person, organization(town), step="draft", kind="", basis="Приказ позже")
    kept = head.post("/roles", data=begun)
    url = str(kept.headers["location"])
    page = head.get(url).text
    assert DRAFT_KEPT in page
    assert 'value="Приказ позже"' in page
    draft = re.findall(r'name="_draft" value="([0-9a-f-]{36})"', page)[0]
    assert head.get(f"/requests/{draft}").headers["location"] == f"/requests/{draft}/edit"
    assert head.get(f"/requests/{draft}/edit").headers["location"] == f"/roles/new?draft={draft}"
    coordinator = town.sign_in("municipal_coordinator")
    assert coordinator.get(f"/requests/{draft}").status_code == 404
    other = town.sign_in("head", organization=OTHER)
    assert other.get(f"/roles/new?draft={draft}").status_code == 404
    assert other.post("/roles", data={**begun, "_draft": draft}).status_code == 404
    wrong = head.post("/roles", data={**begun, "step": "send", "_draft": draft})
    assert wrong.status_code == 422
    assert f'name="_draft" value="{draft}"' in wrong.text
    sent = head.post("/roles", data=form(person, organization(town), _draft=draft))
    assert "ждёт подтверждения" in head.get(sent.headers["location"]).text
    assert role_of(town, person).status == "requested"
    assert "Отправлен" in head.get(f"/requests/{draft}").text, "the draft itself was sent"
    assert step(coordinator, f"/requests/{draft}", "approve").status_code == 303
    assert role_of(town, person).status == "active"


def test_a_draft_of_a_role_that_waits_for_nobody_is_done_with(town: PortalUnderTest) -> None:
    person, head = somebody(town, "librarian", confirmed=True), town.sign_in("head", organization=SCHOOL)
    url = str(head.post("/roles", data=form(person, organization(town), step="draft")).headers["location"])
    draft = re.findall(r"draft=([0-9a-f-]{36})", url)[0]
    assert head.post("/roles", data=form(person, organization(town), _draft=draft)).status_code == 303
    assert role_of(town, person).status == "active"
    assert head.get(f"/requests/{draft}").status_code == 404
    thrown = str(
        head.post("/roles", data=form(person, organization(town), "psychologist", step="draft")).headers[
            "location"
        ]
    )
    draft = re.findall(r"draft=([0-9a-f-]{36})", thrown)[0]
    asked = head.post(
        "/roles", data=form(person, organization(town), "psychologist", step="ask", _draft=draft)
    )
    assert "Удалить черновик?" in head.get(asked.headers["location"]).text
    assert head.post(f"/requests/{draft}/edit", data={"step": "delete"}).status_code == 303
    assert head.get(f"/roles/new?draft={draft}").status_code == 404


def returned_role(town: PortalUnderTest, head: Visitor, coordinator: Visitor) -> tuple[UUID, str]:
    """Whose role the coordinator has returned, and the address of the request."""
    person = somebody(town, "librarian")
    assert head.post("/roles", data=form(person, organization(town))).status_code == 303
    with town.portal.database.reading(fresh=True) as db:
        request = db.scalars(
            select(Request).where(Request.kind == STAFF_ROLE.name).order_by(Request.id.desc()).limit(1)
        ).one()
    url = f"/requests/{request.id}"
    assert 'value="return"' in coordinator.get(url).text
    assert step(coordinator, url, "return", "Нужен номер приказа").status_code == 303
    return person, url


def test_a_role_returned_by_the_coordinator_is_corrected_and_confirmed(town: PortalUnderTest) -> None:
    head, coordinator = town.sign_in("head", organization=SCHOOL), town.sign_in("municipal_coordinator")
    person, url = returned_role(town, head, coordinator)
    first = role_of(town, person)
    assert "вернули на исправление" in head.get(f"/roles/{first.id}").text
    assert f'href="{url}/edit"' in head.get(url).text
    page = head.get(head.get(f"{url}/edit").headers["location"]).text
    assert "Нужен номер приказа" in page
    assert 'value="Приказ 12"' in page
    assert '<option value="teacher" selected' in page
    draft = url.rpartition("/")[2]
    later = (TODAY + timedelta(days=7)).isoformat()
    corrected = form(person, organization(town), basis="Приказ 12 от 01.09", starts_on=later, _draft=draft)
    kept = head.post("/roles", data={**corrected, "step": "draft", "basis": "Приказ 1"})
    page = head.get(kept.headers["location"]).text
    assert "Чтобы запрос рассмотрели, отправьте его снова" in page
    assert 'value="Приказ 1"' in page
    assert role_of(town, person).basis == "Приказ 12", "nothing is changed before it is sent"
    stranger = form(somebody(town, "librarian"), organization(town), _draft=draft)
    assert head.post("/roles", data=stranger).status_code == 409
    answer = head.post("/roles", data=corrected)
    assert answer.status_code == 303, answer.text
    role = role_of(town, person)
    assert (role.id, role.status, role.basis) == (first.id, "requested", "Приказ 12 от 01.09")
    page = coordinator.get(url).text
    assert "Приказ 12 от 01.09" in page.partition("Как идёт")[0]
    with town.portal.database.reading(fresh=True) as db:
        record = db.scalars(select(AuditRecord).where(AuditRecord.action == "core.role.correct")).all()[-1]
    assert record.before is not None
    assert record.before["basis"] == "Приказ 12"
    assert step(coordinator, url, "approve").status_code == 303
    assert role_of(town, person).status == "active"


def test_a_returned_role_that_is_withdrawn_gives_nothing(town: PortalUnderTest) -> None:
    head, coordinator = town.sign_in("head", organization=SCHOOL), town.sign_in("municipal_coordinator")
    person, url = returned_role(town, head, coordinator)
    draft = url.rpartition("/")[2]
    half = form(person, organization(town), step="draft", kind="", starts_on="", _draft=draft)
    assert head.post("/roles", data=half).status_code == 303
    assert step(head, url, "withdraw").status_code == 303
    assert role_of(town, person).status == "refused"


def test_who_asks_for_a_role_of_their_own_has_nothing_to_correct(town: PortalUnderTest) -> None:
    person, coordinator = somebody(town, "librarian"), town.sign_in("municipal_coordinator")
    wanted = NewRole(
        person_id=person, kind="teacher", organization_id=organization(town), starts_on=TODAY, basis="Реестр"
    )
    with town.portal.database.transaction() as db:
        url = f"/requests/{ask_for_role(db, wanted, 'реестр').id}"
    assert 'value="return"' not in coordinator.get(url).text
    assert step(coordinator, url, "return", "Исправьте").status_code == 409
    assert step(coordinator, url, "reject", "Нет").status_code == 303


@pytest.mark.parametrize("kind", ["core.person_correction", "core.profile_deletion", "canteen.dish"])
def test_the_other_kinds_go_the_same_way(town: PortalUnderTest, kind: str) -> None:
    head, author = town.sign_in("head", organization=SCHOOL), town.sign_in("teacher", organization=SCHOOL)
    typed = {**correction(last_name="Орлов"), "_kind": kind, "name": "борщ"}
    url = written_at(author.post("/requests", data={**typed, "step": "draft"}))
    assert "Сохранить черновик" in author.get(url).text
    card = url.removesuffix("/edit")
    assert author.post(url, data={**typed, "step": "send"}).status_code == 303
    assert 'value="return"' in head.get(card).text
    assert step(head, card, "return", "Уточните").status_code == 303
    assert "Уточните" in author.get(url).text
    assert author.post(url, data={**typed, "step": "send"}).status_code == 303
    assert step(head, card, "reject", "Нет").status_code == 303


def test_a_tie_to_a_child_goes_the_same_way(town: PortalUnderTest) -> None:
    pupil_asked, school = child_of_school(town)
    head, parent = (
        town.sign_in("head", organization=SCHOOL),
        town.sign_in_person(town.new_person("Черновикова")),
    )
    typed = link_form(pupil_asked, school)
    url = written_at(parent.post("/requests", data={**typed, "step": "draft"}))
    card = url.removesuffix("/edit")
    assert parent.post(url, data={**typed, "step": "send"}).status_code == 303
    assert step(head, card, "return", "Приложите документ").status_code == 303
    assert parent.post(url, data={**typed, "step": "send"}, files=paper()).status_code == 303
    assert step(head, card, "reject", "Нет").status_code == 303
