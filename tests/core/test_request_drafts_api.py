"""Requests written through `/api/v1`: drafts, files with the page's checks, sending, correcting a returned one."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.attached_files import MOST
from core.files import StoredFile
from core.testing import PortalUnderTest, Visitor
from tests.core.test_people_api import items, program
from tests.core.test_region_connection import ASKED
from tests.core.town_fixtures import town

__all__ = ["town"]

KIND = "core.person_correction"
WHOLE = {"last_name": "Семёнова", "first_name": "Вера", "birth_date": "1985-02-03", "reason": "Паспорт"}
PAPER = "Заявление о смене фамилии".encode()


def writer(town: PortalUnderTest, school: str = "Школа 1") -> Visitor:
    return program(town, "guardian", "requests", school=school)


def head(town: PortalUnderTest, school: str = "Школа 1") -> Visitor:
    return program(town, "head", "requests.decide", school=school)


def file(name: str = "заявление.txt", content: bytes = PAPER) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def begun(author: Visitor, **values: Any) -> str:
    answer = author.post("/api/v1/requests/drafts", json={"kind": KIND, "values": values})
    assert answer.status_code == 201, answer.text
    return f"/api/v1/requests/{answer.json()['request']['id']}"


def kept(town: PortalUnderTest, url: str) -> int:
    """How many files of a request there are."""
    with town.portal.database.reading(fresh=True) as db:
        of_it = StoredFile.subject == url.rpartition("/")[2]
        return db.scalar(select(func.count()).select_from(StoredFile).where(of_it)) or 0


def test_a_draft_is_begun_changed_filled_with_files_and_sent(town: PortalUnderTest) -> None:
    author, decider = writer(town), head(town)
    url = begun(author, last_name="Семёнова")
    card = author.get(url).json()
    assert (card["request"]["status"], card["may_edit"], card["values"]) == (
        "draft",
        True,
        {"last_name": "Семёнова"},
    )
    assert decider.get(url).status_code == 404, "a draft is its author's alone"
    early = author.post(f"{url}/send")
    assert early.status_code == 422 and {"first_name", "reason"} <= set(early.json()["fields"])
    assert author.get(url).json()["request"]["status"] == "draft"
    assert author.put(f"{url}/values", json={"values": WHOLE}).json()["values"]["reason"] == "Паспорт"
    attached = author.post(f"{url}/files", json={"files": [file(), file("второй.txt", b"2")]})
    assert attached.status_code == 201, attached.text
    first, second = attached.json()["files"]
    assert (first["name"], first["size"], first["media_type"]) == ("заявление.txt", len(PAPER), "text/plain")
    assert author.delete(second["url"]).status_code == 204
    sent = author.post(f"{url}/send")
    assert (sent.status_code, sent.json()["request"]["status"]) == (200, "sent"), sent.text
    assert sent.json()["values"]["birth_date"] == "1985-02-03" and not sent.json()["may_edit"]
    got = decider.get(first["url"])
    assert (got.content, got.headers["cache-control"]) == (PAPER, "no-store")
    assert "attachment" in got.headers["content-disposition"]
    assert author.put(f"{url}/values", json={"values": WHOLE}).status_code == 404
    assert author.delete(first["url"]).status_code == 404, "nothing is taken off what has been sent"
    done = decider.post(f"{url}/decision", json={"decision": "approve"})
    assert done.json()["request"]["status"] == "approved"
    late = author.post(f"{url}/files", json={"files": [file()]})
    assert late.status_code == 409 and kept(town, url) == 1


def test_a_returned_request_is_corrected_and_sent_again(town: PortalUnderTest) -> None:
    author, decider = writer(town), head(town)
    sent = author.post("/api/v1/requests", json={"kind": KIND, "values": WHOLE}).json()
    url = f"/api/v1/requests/{sent['request']['id']}"
    decider.post(f"{url}/decision", json={"decision": "return", "text": "Приложите копию паспорта."})
    card = author.get(url).json()
    assert (card["request"]["status"], card["may_edit"]) == ("returned", True)
    assert author.delete(url).status_code == 409
    corrected = {**WHOLE, "first_name": "Вероника"}
    assert author.put(f"{url}/values", json={"values": corrected}).status_code == 200
    told = author.post(f"{url}/files", json={"files": [file("паспорт.txt")]}).json()["steps"][-1]
    assert (told["step"], told["text"]) == ("attached", "паспорт.txt")
    again = author.post(f"{url}/send")
    assert (again.status_code, again.json()["request"]["status"]) == (200, "sent"), again.text
    assert decider.get(url).json()["values"]["first_name"] == "Вероника"
    decider.post(f"{url}/decision", json={"decision": "return", "text": "Ещё раз."})
    assert author.post(f"{url}/send").json()["request"]["status"] == "sent", "as it stands, too"


def test_a_draft_is_thrown_away_with_its_files(town: PortalUnderTest) -> None:
    author = writer(town)
    url = begun(author)
    author.post(f"{url}/files", json={"files": [file()]})
    assert kept(town, url) == 1
    assert author.delete(url).status_code == 204
    assert author.get(url).status_code == 404 and kept(town, url) == 0


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (file("вирус.exe", b"MZ\x90\x00" + b"\x00" * 60), "не принимается"),
        (file("страница.html", b"<!doctype html><script>1</script>"), "не принимается"),
    ],
    ids=["exe", "html"],
)
def test_files_are_checked_as_on_the_page(town: PortalUnderTest, sent: dict[str, str], words: str) -> None:
    author = writer(town)
    url = begun(author)
    refused = author.post(f"{url}/files", json={"files": [sent]})
    assert refused.status_code == 422 and words in refused.json()["title"]
    assert kept(town, url) == 0


def test_no_more_files_than_the_page_takes(town: PortalUnderTest) -> None:
    author = writer(town)
    url = begun(author)
    assert author.post(f"{url}/files", json={"files": [file()] * MOST}).status_code == 201
    assert author.post(f"{url}/files", json={"files": [file()]}).status_code == 409
    assert kept(town, url) == MOST


def test_a_draft_sent_twice_with_one_key_is_one(town: PortalUnderTest) -> None:
    author, key = writer(town), {"Idempotency-Key": str(uuid4())}
    body = {"kind": KIND, "values": {"reason": "Один раз"}}
    ids = {
        author.post("/api/v1/requests/drafts", json=body, headers=key).json()["request"]["id"] for _ in "ab"
    }
    assert len(ids) == 1
    drafts = items(author.get("/api/v1/requests?status=draft&limit=500"))
    assert [each["id"] for each in drafts if each["id"] in ids] == list(ids)


def test_nobody_else_touches_a_draft_or_reads_its_files(town: PortalUnderTest) -> None:
    author = writer(town)
    url = begun(author)
    at = author.post(f"{url}/files", json={"files": [file()]}).json()["files"][0]["url"]
    for other in (head(town), writer(town, "Школа 2"), head(town, "Школа 2")):
        tried = [
            other.get(url),
            other.put(f"{url}/values", json={"values": WHOLE}),
            other.post(f"{url}/send"),
            other.post(f"{url}/files", json={"files": [file()]}),
            other.get(at),
            other.delete(at),
            other.delete(url),
        ]
        assert [each.status_code for each in tried] == [404] * len(tried)
    elsewhere = begun(author)
    assert author.get(at.replace(url, elsewhere)).status_code == 404, "a file opens at its own request only"
    narrow = program(town, "guardian", "families.read", school="Школа 1")
    assert narrow.post(f"{url}/send").status_code == 403
    assert kept(town, url) == 1


def test_a_field_the_kind_has_not_is_refused(town: PortalUnderTest) -> None:
    body = {"kind": KIND, "values": {"сумма": "1"}}
    wrong = writer(town).post("/api/v1/requests/drafts", json=body)
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["сумма"])


def test_a_kind_of_a_plugin_is_written_too_by_who_has_its_right(town: PortalUnderTest) -> None:
    body = {"kind": "canteen.dish", "values": {"name": "П"}}
    narrow = writer(town).post("/api/v1/requests/drafts", json=body)
    assert narrow.status_code == 404, "the key has no scope with the right of the plugin"
    author = town.sign_in("guardian", organization="Школа 1")
    draft = author.post("/api/v1/requests/drafts", json=body)
    assert draft.status_code == 201, draft.text
    url = f"/api/v1/requests/{draft.json()['request']['id']}"
    assert list(author.post(f"{url}/send").json()["fields"]) == ["name"]
    author.put(f"{url}/values", json={"values": {"name": "Плов"}})
    assert author.post(f"{url}/send").json()["request"]["status"] == "sent"


def test_a_request_that_needs_a_paper_is_sent_only_with_it(town: PortalUnderTest) -> None:
    author = town.sign_in("federal_operator")
    kinds = {each["name"]: each for each in author.get("/api/v1/request-kinds").json()}
    assert "письмо" in kinds["core.region_connection"]["needs_file"]
    values = {name: text for name, text in ASKED.items() if name not in ("_kind", "step")}
    body = {"kind": "core.region_connection", "values": values}
    assert list(author.post("/api/v1/requests", json=body).json()["fields"]) == ["files"]
    url = f"/api/v1/requests/{author.post('/api/v1/requests/drafts', json=body).json()['request']['id']}"
    assert list(author.post(f"{url}/send").json()["fields"]) == ["files"]
    letter = file("письмо.pdf", b"%PDF-1.4 letter")
    assert author.post(f"{url}/files", json={"files": [letter]}).status_code == 201
    assert author.post(f"{url}/send").json()["request"]["status"] == "sent"


def test_a_school_out_of_reach_is_found_to_send_a_request_to(town: PortalUnderTest) -> None:
    author = writer(town)
    url = "/api/v1/request-kinds/core.guardian_link/addressees"
    found = author.get(f"{url}?q=школа 2").json()
    assert [each["short_name"] for each in found] == ["Школа 2"]
    assert {each["short_name"] for each in author.get(f"{url}?q=школа").json()} == {"Школа 1", "Школа 2"}
    assert author.get(f"{url}?q=нет такой").json() == []
    own = author.get(f"/api/v1/request-kinds/{KIND}/addressees?q=школа")
    assert (own.status_code, own.json()) == (200, []), "nothing is chosen for this kind"
    assert author.get("/api/v1/request-kinds/core.nothing/addressees?q=школа").status_code == 404
    assert author.get(url).status_code in (400, 422)
    body: dict[str, Any] = {"kind": "core.guardian_link", "values": {}, "organization_id": found[0]["id"]}
    draft = author.post("/api/v1/requests/drafts", json=body)
    assert draft.json()["request"]["organization"] == "Школа 2"
