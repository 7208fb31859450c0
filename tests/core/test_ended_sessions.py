"""A session that has ended says why, and what was sent after its end is kept for the same person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update

from core.database.base import now
from core.identity.ended_sessions import REMEMBERED, EndedSession
from core.identity.models import Account, SignInSession
from core.portal import Portal
from core.requests.models import Request
from core.roles.models import StructuralRole
from core.tasks import Worker
from core.tasks.queue import put_once
from core.testing.portal import PortalUnderTest, Visitor, running
from core.unsent import KEPT, LONGEST, MOST, UnsentForm
from core.web import cookies
from tests.core.every_form.reading import read_form

NEW_REQUEST = "/requests/new?kind=core.person_correction"
FROM = {"referer": f"http://testserver.local{NEW_REQUEST}"}
IDLE = "Вы не работали на портале 12 часов, поэтому сеанс завершился."
LIMIT = "Сеанс длится 14 дней, и этот срок вышел."


def change(portal: PortalUnderTest, visitor: Visitor, **values: Any) -> None:
    """Change the visitor's sessions behind the portal's back."""
    mine = select(Account.id).where(Account.person_id == visitor.person_id).scalar_subquery()
    with portal.portal.database.transaction() as db:
        db.execute(update(SignInSession).where(SignInSession.account_id == mine).values(**values))


def grow_idle(portal: PortalUnderTest, visitor: Visitor) -> None:
    change(portal, visitor, seen_at=now() - timedelta(hours=13))


def reach_the_limit(portal: PortalUnderTest, visitor: Visitor) -> None:
    change(portal, visitor, expires_at=now() - timedelta(seconds=1))


def end_elsewhere(portal: PortalUnderTest, visitor: Visitor) -> None:
    assert visitor.person_id is not None
    assert portal.sign_in_person(visitor.person_id).post("/account/sessions/end", data={}).status_code == 303


def end_by_school(portal: PortalUnderTest, visitor: Visitor) -> None:
    assert portal.sign_in("head").post(f"/accounts/{visitor.person_id}/sign-out").status_code == 303


def close_the_account(portal: PortalUnderTest, visitor: Visitor) -> None:
    form = {"ids": [str(visitor.person_id)], "step": "do", "reason": "Уволен"}
    assert "Вход закрыт: 1" in portal.sign_in("head").post("/accounts/bulk/block", data=form).text


def reset_the_password(portal: PortalUnderTest, visitor: Visitor) -> None:
    answer = portal.sign_in("head").post(f"/accounts/{visitor.person_id}/login/password")
    assert answer.status_code == 200


def housekeeping(portal: PortalUnderTest) -> None:
    """What is done once an hour in the background."""
    with portal.portal.database.transaction() as db:
        for kind in ("core.sessions.delete_ended", "core.unsent.delete_old"):
            put_once(db, kind, f"{kind} {now()}")
    worker = Worker(portal.portal)
    while worker.run_once():
        pass


def count(portal: PortalUnderTest, *conditions: Any) -> int:
    with portal.portal.database.reading(fresh=True) as db:
        return db.scalars(select(func.count()).where(*conditions)).one()


def requests_with(portal: PortalUnderTest, reason: str) -> int:
    with portal.portal.database.reading(fresh=True) as db:
        return [each.get("reason") for each in db.scalars(select(Request.values))].count(reason)


WAYS: list[tuple[Callable[[PortalUnderTest, Visitor], None], str, str]] = [
    (grow_idle, "idle", IDLE),
    (reach_the_limit, "limit", LIMIT),
    (end_elsewhere, "elsewhere", "Вы завершили этот сеанс с другого устройства."),
    (end_by_school, "school", "Школа завершила ваш сеанс."),
    (reset_the_password, "password_reset", "Школа выдала вам новый пароль, поэтому сеанс завершился."),
    (close_the_account, "blocked", "Школа закрыла вам вход, поэтому сеанс завершился."),
]


@pytest.mark.parametrize(("way", "cause", "words"), WAYS, ids=[each[1] for each in WAYS])
def test_the_cause_is_named_wherever_one_learns_that_the_session_has_ended(
    portal: PortalUnderTest, way: Callable[[PortalUnderTest, Visitor], None], cause: str, words: str
) -> None:
    teacher = portal.sign_in("teacher", nth=WAYS.index((way, cause, words)))
    form = {"csrf_token": teacher.csrf_token(), "step": "x"}
    way(portal, teacher)
    for _before_and_after in range(2):
        said = teacher.get("/api/v1/me")
        assert said.status_code == 401
        assert (said.json()["cause"], said.json()["title"]) == (cause, words)
        page = teacher.get("/journal")
        assert page.headers["location"] == "/sign-in?next=/journal"
        assert words in teacher.get("/sign-in?next=/journal").text
        refused = teacher.post("/notifications/read-all", data=form, csrf=False)
        assert refused.status_code == 401
        assert words.rstrip(".") in refused.text
        housekeeping(portal)


def test_the_cause_is_named_in_the_language_of_whoever_reads(portal: PortalUnderTest) -> None:
    pupil = portal.sign_in("pupil")
    grow_idle(portal, pupil)
    pupil.cookies[cookies.LOCALE] = "en"
    assert "You have not used the portal for 12 hours" in pupil.get("/sign-in").text


def test_a_closed_account_that_was_opened_again_is_not_called_closed(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=6)
    close_the_account(portal, teacher)
    form = {"ids": [str(teacher.person_id)], "step": "do"}
    assert "Вход открыт: 1" in portal.sign_in("head").post("/accounts/bulk/unblock", data=form).text
    said = teacher.get("/sign-in").text
    assert "Школа завершила ваш сеанс." in said
    assert "закрыла" not in said


def test_signing_out_is_named_for_a_while(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=7)
    form = {"csrf_token": teacher.csrf_token()}
    copied = dict(teacher.cookies)
    teacher.post("/auth/logout")
    assert "Вы вышли из портала." in teacher.get("/sign-in").text
    assert "Вы вышли из портала" in teacher.post("/notifications/read-all", data=form, csrf=False).text
    other = portal.visitor()
    other.cookies.update(copied)
    assert other.get("/api/v1/me").json()["cause"] == "signed_out"


def test_a_cookie_that_was_never_a_session_gets_no_cause(portal: PortalUnderTest) -> None:
    stranger = portal.visitor()
    stranger.cookies[cookies.SESSION] = "invented"
    assert "cause" not in stranger.get("/api/v1/me").json()
    assert "завершил" not in stranger.get("/sign-in").text
    assert "завершил" not in portal.visitor().get("/sign-in").text


def test_the_cookie_outlives_its_session(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    role = teacher.get("/api/v1/me").json()["roles"][0]["id"]
    answer = teacher.post("/account/role", data={"role_id": role})
    seconds = int(re.findall(r"Max-Age=(\d+)", answer.headers["set-cookie"])[0])
    assert seconds == timedelta(days=14).total_seconds() + REMEMBERED.total_seconds()


def test_why_a_session_ended_is_forgotten_in_the_end(make_portal: Callable[..., Portal]) -> None:
    with running(make_portal()) as portal:
        head = portal.sign_in("head")
        reach_the_limit(portal, head)
        housekeeping(portal)
        assert count(portal, SignInSession.id.is_not(None)) == 0
        assert count(portal, EndedSession.reason == "limit") == 1
        long_ago = now() - REMEMBERED - timedelta(minutes=1)
        with portal.portal.database.transaction() as db:
            db.execute(update(EndedSession).values(ended_at=long_ago))
        housekeeping(portal)
        assert count(portal, EndedSession.reason.is_not(None)) == 0
        assert "cause" not in head.get("/api/v1/me").json()


# What was sent after the end.


def filled(visitor: Visitor, reason: str) -> dict[str, str]:
    """The form of a request as the browser sends it, with a reason."""
    page = visitor.get(NEW_REQUEST).text
    return {**read_form(page, "/requests"), "reason": reason}


def sent_too_late(
    portal: PortalUnderTest, visitor: Visitor, reason: str, **options: Any
) -> tuple[Any, dict[str, str]]:
    """The answer to a form that was filled in before the session ended, and its fields."""
    form = filled(visitor, reason)
    grow_idle(portal, visitor)
    answer = visitor.post("/requests", data=form, csrf=False, headers=FROM, **options)
    assert answer.status_code == 401
    return answer, form


def waits_at(answer: Any) -> str:
    """Where the form waits, «» if it was not kept."""
    found = re.search(r"/sign-in\?next=(/unsent/[0-9a-f-]{36})", answer.text)
    return found[1] if found else ""


def kept_for(visitor: Visitor) -> Any:
    """The condition of forms that wait for somebody."""
    account = select(Account.id).where(Account.person_id == visitor.person_id).scalar_subquery()
    return UnsentForm.account_id == account


def again(portal: PortalUnderTest, visitor: Visitor) -> Visitor:
    """The same person, signed in anew in the same browser."""
    assert visitor.person_id is not None
    return portal.sign_in_person(visitor.person_id)


def test_a_form_sent_after_the_end_is_shown_after_sign_in_and_sent_once(portal: PortalUnderTest) -> None:
    guardian, reason = portal.sign_in("guardian"), "Отчество с <опечаткой>\nво второй строке"
    answer, form = sent_too_late(portal, guardian, reason)
    assert "портал сохранил на сутки" in answer.text
    assert IDLE.rstrip(".") in answer.text
    address = waits_at(answer)
    guardian = again(portal, guardian)
    page = guardian.get(address)
    assert page.status_code == 200
    assert "Вы хотели отправить: Исправление данных" in page.text
    assert "Отчество с &lt;опечаткой&gt;\nво второй строке" in page.text.replace("\r", "")
    assert "Что неверно" in page.text
    assert "core.person_correction</dd>" not in page.text
    assert requests_with(portal, reason) == 0
    ready = read_form(page.text, "/requests")
    assert ready.pop("csrf_token") != form.pop("csrf_token")
    assert ready == form
    for _double_click in range(2):
        done = guardian.post("/requests", data=ready)
        assert done.status_code == 303
    assert requests_with(portal, reason) == 1
    over = guardian.get(address)
    assert over.status_code == 404
    assert "уже отправлена" in over.text
    assert count(portal, kept_for(guardian)) == 0


def test_nobody_else_sees_sends_or_discards_it(portal: PortalUnderTest) -> None:
    guardian, reason = portal.sign_in("guardian", nth=1), "Только моё дело"
    address = waits_at(sent_too_late(portal, guardian, reason)[0])
    for other in (portal.sign_in("guardian", nth=2), portal.sign_in("head"), portal.sign_in("teacher")):
        seen = other.get(address)
        assert seen.status_code == 403
        assert "заполнил другой человек" in seen.text
        assert reason not in seen.text
        assert other.post(f"{address}/discard").status_code == 403
    assert portal.visitor().get(address).headers["location"] == f"/sign-in?next={address}"
    assert reason in again(portal, guardian).get(address).text


def test_it_can_be_thrown_away(portal: PortalUnderTest) -> None:
    guardian, reason = portal.sign_in("guardian", nth=2), "Передумал"
    address = waits_at(sent_too_late(portal, guardian, reason)[0])
    guardian = again(portal, guardian)
    assert f'action="{address}/discard"' in guardian.get(address).text
    answer = guardian.post(f"{address}/discard")
    assert answer.headers["location"] == NEW_REQUEST
    assert guardian.get(address).status_code == 404
    assert requests_with(portal, reason) == 0


def test_files_are_named_and_chosen_again(portal: PortalUnderTest) -> None:
    guardian, reason = portal.sign_in("guardian", nth=3), "Скан приложен"
    scan = {"files": ("скан паспорта.txt", b"0401", "text/plain")}
    answer, _form = sent_too_late(portal, guardian, reason, files=scan)
    assert "Файл нужно будет выбрать снова: скан паспорта.txt." in answer.text
    guardian = again(portal, guardian)
    page = guardian.get(waits_at(answer)).text
    assert "Выберите файл снова: скан паспорта.txt." in page
    assert re.search(r'<input[^>]*name="files" type="file" multiple accept="[^"]*\.pdf', page)
    assert 'enctype="multipart/form-data"' in page
    ready = read_form(page, "/requests")
    done = guardian.post("/requests", data=ready, files=scan)
    assert done.status_code == 303
    assert "скан паспорта.txt" in guardian.get(done.headers["location"]).text


def test_it_lies_encrypted_and_opens_only_with_its_address(
    portal: PortalUnderTest, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    guardian, reason = portal.sign_in("guardian", nth=4), "Совершенно-секретно"
    address = waits_at(sent_too_late(portal, guardian, reason)[0])
    with portal.portal.database.reading(fresh=True) as db:
        rows = db.execute(select(UnsentForm.id_hash, UnsentForm.content)).all()
    assert rows
    kept = b"".join(part for row in rows for part in row)
    assert reason.encode() not in kept
    assert b"requests" not in kept
    assert bytes.fromhex(address.rpartition("/")[2].replace("-", "")) not in kept
    out, err = capfd.readouterr()
    assert reason not in out + err + caplog.text
    assert again(portal, guardian).get("/unsent/00000000-0000-4000-8000-000000000000").status_code == 404


def test_only_a_form_of_the_ended_session_itself_is_kept(portal: PortalUnderTest) -> None:
    guardian, reason = portal.sign_in("guardian", nth=5), "Чужая форма"
    form = filled(guardian, reason)
    foreign = {**form, "csrf_token": portal.sign_in("guardian", nth=6).csrf_token()}
    grow_idle(portal, guardian)

    def post(visitor: Visitor, data: dict[str, str], **headers: str) -> Any:
        return visitor.post("/requests", data=data, csrf=False, headers={**FROM, **headers})

    before = count(portal, UnsentForm.account_id.is_not(None))
    stolen = portal.visitor()
    stolen.cookies[cookies.SESSION] = "invented"
    for answer in (
        post(guardian, foreign),
        post(guardian, {**form, "csrf_token": ""}),
        post(stolen, form),
        post(guardian, {**form, "password": "лиловый трактор"}),
        post(guardian, {**form, "reason": "о" * LONGEST}),
        post(guardian, form, accept="application/json"),
        post(guardian, form, **{"hx-request": "true"}),
    ):
        assert answer.status_code == 401
        assert not waits_at(answer)
    assert post(guardian, form, origin="https://evil.example").status_code == 403
    assert post(guardian, form, **{"sec-fetch-site": "cross-site"}).status_code == 403
    answer = guardian.post("/auth/logout", data=form, csrf=False)
    assert not waits_at(answer)
    assert count(portal, UnsentForm.account_id.is_not(None)) == before
    honest = post(guardian, {**form, "reason": "о" * LONGEST}).text
    assert "сохранить не смог" in honest
    assert waits_at(post(guardian, form))


def test_nothing_is_kept_for_a_closed_account(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=8)
    form = filled(teacher, "Уже уволен")
    close_the_account(portal, teacher)
    assert not waits_at(teacher.post("/requests", data=form, csrf=False, headers=FROM))


def test_few_are_kept_and_not_for_long(portal: PortalUnderTest) -> None:
    guardian = portal.sign_in("guardian", nth=7)
    form = filled(guardian, "Первая")
    grow_idle(portal, guardian)
    mine = kept_for(guardian)
    addresses = [
        waits_at(guardian.post("/requests", data={**form, "reason": str(number)}, csrf=False, headers=FROM))
        for number in range(MOST + 2)
    ]
    assert count(portal, mine) == MOST
    guardian = again(portal, guardian)
    assert [guardian.get(address).status_code for address in addresses[:3]] == [404, 404, 200]
    with portal.portal.database.transaction() as db:
        long_ago = now() - KEPT - timedelta(seconds=1)
        db.execute(update(UnsentForm).where(mine).values(created_at=long_ago))
    assert guardian.get(addresses[-1]).status_code == 404
    housekeeping(portal)
    assert count(portal, mine) == 0


def test_a_page_that_no_longer_opens_leaves_the_text_readable(portal: PortalUnderTest) -> None:
    guardian, reason = portal.sign_in("guardian", nth=8), "Прежней страницы нет"
    form = filled(guardian, reason)
    grow_idle(portal, guardian)
    gone = {"referer": "http://testserver.local/requests/old"}
    answer = guardian.post("/requests", data=form, csrf=False, headers=gone)
    guardian = again(portal, guardian)
    page = guardian.get(waits_at(answer))
    assert "Вы хотели отправить форму" in page.text
    assert f">{reason}</dd>" in page.text
    assert guardian.post("/requests", data=read_form(page.text, "/requests")).status_code == 303
    assert requests_with(portal, reason) == 1


def test_a_button_of_many_is_named(portal: PortalUnderTest) -> None:
    """A bulk action goes where its button says."""
    head = portal.sign_in("head")
    form = {"csrf_token": head.csrf_token(), "ids": str(head.person_id)}
    grow_idle(portal, head)
    answer = head.post(
        "/accounts/bulk/block",
        data=form,
        csrf=False,
        headers={"referer": "http://testserver.local/accounts"},
    )
    shown = again(portal, head).get(waits_at(answer)).text
    assert "Вы хотели отправить: Учётные записи" in shown


def test_a_page_asks_whether_its_session_goes_on(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    answer = teacher.get("/session")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token"] == teacher.csrf_token()
    assert teacher.get("/signed-in").status_code == 200
    assert "Вы вошли" in teacher.get("/signed-in").text
    grow_idle(portal, teacher)
    asked = teacher.get("/session", headers={"accept": "application/json"})
    assert (asked.status_code, asked.json()["cause"]) == (401, "idle")
    assert teacher.get("/signed-in").headers["location"] == "/sign-in?next=/signed-in"


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def account_words(visitor: Visitor) -> str:
    """The list of sessions as it is read, without the rest of the page."""
    page = visitor.get("/account").text
    shown = page[page.index('id="sessions-title"') :]
    return " ".join(re.sub(r"<[^>]+>", " ", shown[: shown.index("</section>")]).split())


def test_the_list_of_sessions_says_where_how_and_when(portal: PortalUnderTest) -> None:
    here = portal.sign_in("guardian", nth=21)
    change(portal, here, provider="esia", user_agent=FIREFOX, address="192.0.2.7")
    assert here.person_id is not None
    portal.sign_in_person(here.person_id)
    for state, way in (({"passkey": "yes"}, "ключ входа (passkey)"), ({}, "логин школы")):
        with portal.portal.database.transaction() as db:
            newest = db.scalars(select(SignInSession).order_by(SignInSession.created_at.desc())).first()
            assert newest is not None
            newest.provider, newest.provider_state = "local", state
        words = account_words(here)
        assert words.index("Это устройство") < words.index(way), "this browser stands first"
        for each in ("Firefox, Linux", "Госуслуги", "адрес 192.0.2.7", "Последний раз"):
            assert each in words
    grow_idle(portal, here)
    assert "Firefox" not in account_words(portal.sign_in_person(here.person_id)), (
        "who is out for idleness is not listed"
    )


def test_others_end_without_this_one_and_all_end_with_it(portal: PortalUnderTest) -> None:
    here = portal.sign_in("guardian", nth=22)
    assert here.person_id is not None
    assert "Выйти на" not in account_words(here), "there is no other"
    there = portal.sign_in_person(here.person_id)
    words = account_words(here)
    assert "Выйти на других устройствах" in words and "Выйти на всех устройствах" in words
    assert "и на этом" in words
    assert (
        here.post("/account/sessions/end", data={}).headers["location"].startswith("/account?done=sessions")
    )
    assert here.get("/api/v1/me").status_code == 200
    assert there.get("/api/v1/me").json()["cause"] == "elsewhere"
    there = portal.sign_in_person(here.person_id)
    answer = here.post("/account/sessions/end", data={"everywhere": "yes"})
    assert answer.headers["location"] == "/sign-in"
    assert "clear-site-data" in answer.headers
    here.cookies.pop(cookies.SESSION, None)  # as a browser does that was told to
    assert "Вы вышли из портала на всех устройствах." in here.get("/sign-in").text
    assert here.get("/account").status_code == 303
    assert there.get("/api/v1/me").json()["cause"] == "elsewhere"


@pytest.mark.parametrize("hours", [1, 36, 336])
def test_the_cookie_outlives_a_session_of_any_length_by_as_long_as_the_cause_is_known(
    portal: PortalUnderTest, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    odd = msgspec.structs.replace(portal.portal.config, session_absolute_hours=hours, session_idle_minutes=7)
    monkeypatch.setattr(portal.portal, "config", odd)
    visitor = portal.sign_in("guardian", nth=23)
    role = re.search(r'name="role_id" value="([^"]+)"', visitor.get("/account").text)
    with portal.portal.database.reading(fresh=True) as db:
        newest = db.scalars(select(SignInSession).order_by(SignInSession.created_at.desc())).first()
        assert newest is not None
        assert newest.expires_at - newest.created_at == timedelta(hours=hours)
        held = (
            newest.role_id
            or db.scalars(
                select(StructuralRole.id).where(
                    StructuralRole.person_id == visitor.person_id, StructuralRole.status == "active"
                )
            ).first()
        )
    answer = visitor.post("/account/role", data={"role_id": role[1] if role else str(held)})
    lasts = re.search(r"max-age=(\d+)", answer.headers["set-cookie"], re.IGNORECASE)
    assert lasts is not None
    assert int(lasts[1]) == hours * 3600 + REMEMBERED.total_seconds()
    change(portal, visitor, seen_at=now() - timedelta(minutes=8))
    assert "Вы не работали на портале 7 минут" in visitor.get("/sign-in").text
    change(portal, visitor, seen_at=now(), expires_at=now() - timedelta(seconds=1))
    span = {1: "1 час,", 36: "36 часов,", 336: "14 дней,"}[hours]
    assert f"Сеанс длится {span}" in visitor.get("/sign-in").text
