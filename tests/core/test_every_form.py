"""Every form of the portal, sent twice as a double click without scripts sends it: saved once.

The routes come from the running application: a new one that takes forms needs a line in `CASES`, or in
`OTHERWISE` with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import pytest
from pyotp.totp import TOTP
from sqlalchemy import select

from core.database.base import new_id
from core.identity.models import Account, Notification
from core.identity.names import sort_key
from core.identity.sessions import today_in
from core.organizations.models import Organization, SchoolClass, Subject, TeachingAssignment
from core.roles.models import StructuralRole
from core.tasks import Worker
from core.testing.portal import PortalUnderTest, Visitor
from plugins.auth_local import passwords, second_factor
from plugins.auth_local.models import LocalLogin, Passkey
from plugins.journal.models import JournalMark
from tests.core.test_every_route import FROM_OTHER_SITES, addresses
from tests.plugins.journal.conftest import FoundPage, find_page

TABLE = "Класс;ФИО;Дата рождения;Прозвище\n5А;Орлов Пётр;01.02.2015;Петух\n5А;Лис Яна;01.02.2015;\n"
OTHERWISE: Mapping[str, str] = {
    "POST /auth/logout": "signed out twice is signed out",
    "POST /account/role": "the role chosen twice is the same",
    "POST /view": "the look chosen twice is the same",
    "POST /locale": "the language chosen twice is the same",
    "POST /auth/local": "every attempt is counted, and one that succeeds begins a session of its own",
    "POST /auth/local/passkey": "its challenge is spent once, and a session begins",
    "POST /account/login/passkeys/begin": "keeps nothing: shows a button with a challenge, another each time",
    "POST /account/login/passkeys": "its challenge is spent once",
    "POST /auth/local/code": "every attempt is counted, and one that succeeds begins a session of its own",
    "POST /auth/local/second-factor": "every attempt is counted",
    "POST /auth/local/go-on": "the step is over once it is done, and a session begins",
    "POST /auth/local/new-password": "the step is over once it is done, and a session begins",
    "POST /invitation": "every attempt is counted",
    "POST /auth/local/new-login": "the invitation is spent once, and a session begins",
    "POST /account/login/password": "the session changes with the password",
    "POST /account/data": "changes nothing but the record of it; each download is a fresh one",
}


@dataclass
class Sent:
    """A form on a page, and what somebody fills in.

    Without `page` the form is shown only where it would be too much to bring about here.
    """

    visitor: Visitor
    action: str
    page: str = ""
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    files: dict[str, Any] | None = None


@dataclass
class World:
    """Who acts and on what."""

    portal: PortalUnderTest
    found: FoundPage
    head: Visitor
    coordinator: Visitor
    teacher: Visitor
    guardian: Visitor

    @property
    def neighbour(self) -> UUID:
        """A school that nothing else is done to."""
        with self.portal.portal.database.reading() as db:
            others = select(Organization.id).where(
                Organization.kind == "school", Organization.id != self.found.organization_id
            )
            return db.scalars(others.order_by(Organization.id).limit(1)).one()

    @property
    def journal(self) -> str:
        return f"/journal/{self.found.page_id}"

    def request(self) -> str:
        """The address of a request just sent."""
        form = {
            "_kind": "core.person_correction",
            "last_name": "Семёнова",
            "first_name": "Вера",
            "reason": "Ошибка в паспорте",
        }
        return str(self.guardian.post("/requests", data=form).headers["location"])

    def rehearsed(self) -> str:
        """The address of an import that waits for its confirmation."""
        answer = self.head.post("/import", files=self.table(), data={"kind": "auto"})
        worker = Worker(self.portal.portal)
        while worker.run_once():
            pass
        return str(answer.headers["location"])

    @staticmethod
    def table() -> dict[str, Any]:
        """A file for an import."""
        return {"files": ("список.csv", TABLE.encode(), "text/csv")}

    def notification(self) -> UUID:
        """A new notification of the head's."""
        notice = Notification(
            id=new_id(), person_id=self.head.person_id, kind="core.request.step", title="Новое"
        )
        with self.portal.portal.database.transaction() as db:
            db.add(notice)
            return notice.id


def session_ended(world: World) -> Sent:
    world.portal.sign_in("head", person_id=world.head.person_id)
    return Sent(world.head, "/account/sessions/end", "/account")


def token_made(world: World) -> Sent:
    fields = {"name": "Программа", "scopes": "organization.read", "days": "30"}
    return Sent(world.head, "/account/tokens", "/account", fields)


def token_revoked(world: World) -> Sent:
    fields = {"name": "Лишний", "scopes": "organization.read", "days": "30"}
    page = world.head.post("/account/tokens", data=fields).text
    token = page.partition('name="token_id" value="')[2].partition('"')[0]
    return Sent(world.head, "/account/tokens/revoke", "/account", {"token_id": token})


def columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/accounts/columns", "/accounts", {"columns": "source"})


def accounts_blocked(world: World) -> Sent:
    fields = {"ids": str(world.teacher.person_id), "step": "do", "reason": "Приказ"}
    with world.portal.portal.database.transaction() as db:
        account = db.scalars(select(Account).where(Account.person_id == world.teacher.person_id)).one()
        account.status = "active"
    return Sent(world.head, "/accounts/bulk/block", fields=fields)


def _role(world: World) -> tuple[UUID, UUID]:
    """The organization and the role of the head."""
    with world.portal.portal.database.reading() as db:
        role = db.scalars(
            select(StructuralRole).where(
                StructuralRole.person_id == world.head.person_id, StructuralRole.kind == "head"
            )
        ).one()
        return role.organization_id, role.id


def drafted(world: World) -> Sent:
    page = "/requests/new?kind=core.person_correction"
    return Sent(world.guardian, "/requests", page, {"step": "draft", "reason": "Потом допишу"})


def draft_sent(world: World) -> Sent:
    form = {"_kind": "core.person_correction", "step": "draft"}
    page = str(world.guardian.post("/requests", data=form).headers["location"]).partition("?")[0]
    fields = {"step": "send", "last_name": "Семёнова", "first_name": "Вера", "reason": "Ошибка"}
    return Sent(world.guardian, page, page, fields)


def request_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/requests/list/columns", "/requests/list", {"columns": "author"})


def requests_rejected(world: World) -> Sent:
    fields = {"ids": world.request().rpartition("/")[2], "step": "do", "text": "Нет справки"}
    return Sent(world.head, "/requests/list/bulk/reject", fields=fields)


def role_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/roles/columns", "/roles", {"columns": "basis"})


def role_suspended(world: World) -> Sent:
    organization_id, _own = _role(world)
    with world.portal.portal.database.transaction() as db:
        role = StructuralRole(
            id=new_id(),
            person_id=world.teacher.person_id,
            kind="librarian",
            organization_id=organization_id,
            starts_on=date(2020, 9, 1),
        )
        db.add(role)
    fields = {"ids": str(role.id), "step": "do", "basis": "Приказ"}
    return Sent(world.head, "/roles/bulk/suspend", fields=fields)


def role_given(world: World) -> Sent:
    organization_id, _own = _role(world)
    page = f"/roles/new?organization={organization_id}&person={world.guardian.person_id}"
    return Sent(world.head, "/roles", page, {"kind": "librarian", "basis": "Приказ"})


def person_added(world: World) -> Sent:
    fields = {"last_name": "Двойная", "first_name": "Яна", "kind": "librarian", "basis": "Приказ"}
    return Sent(world.head, "/accounts", "/accounts/new", fields)


def rights_lent(world: World) -> Sent:
    _organization, own = _role(world)
    page = f"/account/roles/{own}/lend"
    day = today_in("Europe/Moscow") + timedelta(days=5)
    fields = {"person_id": str(world.teacher.person_id), "ends_on": day.isoformat(), "basis": "Отпуск"}
    return Sent(world.head, page, page, fields)


def rights_taken_back(world: World) -> Sent:
    organization_id, own = _role(world)
    with world.portal.portal.database.transaction() as db:
        lent = StructuralRole(
            id=new_id(),
            person_id=world.guardian.person_id,
            kind="head",
            organization_id=organization_id,
            starts_on=date(2020, 9, 1),
            ends_on=date(2099, 9, 1),
            delegated_from=own,
        )
        db.add(lent)
    return Sent(world.head, f"/account/roles/{lent.id}/take-back", "/account")


def role_configured(world: World) -> Sent:
    page = "/role-kinds/librarian"
    return Sent(world.coordinator, page, page, {"right:core.requests.send": "0"})


def signed_out_everywhere(world: World) -> Sent:
    page = f"/accounts/{world.guardian.person_id}"
    return Sent(world.head, f"{page}/sign-out", page)


def with_login(world: World, *, codes: bool = False) -> Sent:
    """The teacher with a login, perhaps with codes from an application switched on; signed in anew."""
    with world.portal.portal.database.transaction() as db:
        known = db.get(LocalLogin, world.teacher.person_id)
        if known is None:
            known = LocalLogin(person_id=world.teacher.person_id, login="kleine", password_hash="")
            db.add(known)
        known.password_hash, known.one_time = passwords.hashed("лиловый трактор едет"), False
        second_factor.remove(db, known)
        account = db.scalars(select(Account).where(Account.person_id == world.teacher.person_id)).one()
        account.status = "active"
        if codes:
            second_factor.prepare(db, known)
            known.totp_since = known.created_at
    visitor = world.portal.sign_in("teacher", person_id=world.teacher.person_id)
    return Sent(visitor, "", "/account/login", {"password": "лиловый трактор едет"})


def second_factor_begun(world: World) -> Sent:
    return replace(with_login(world), action="/account/login/second-factor")


def second_factor_confirmed(world: World) -> Sent:
    begun = with_login(world)
    with world.portal.portal.database.transaction() as db:
        known = db.get_one(LocalLogin, world.teacher.person_id)
        second_factor.prepare(db, known)
        shown = second_factor.enrolment(world.portal.portal, known)
        assert shown is not None
    code = TOTP(shown.secret.replace(" ", "")).now()
    return replace(begun, action="/account/login/second-factor/confirm", fields={"code": code})


def second_factor_ended(world: World) -> Sent:
    return replace(with_login(world, codes=True), action="/account/login/second-factor/off")


def recovery_codes_renewed(world: World) -> Sent:
    return replace(with_login(world, codes=True), action="/account/login/recovery-codes")


def with_passkey(world: World) -> Sent:
    """The teacher with a login and a passkey, as far as tables go."""
    begun = with_login(world)
    key = Passkey(
        id=new_id(),
        person_id=world.teacher.person_id,
        credential_id=new_id().bytes,
        public_key=b"",
        sign_count=0,
        name="Телефон",
    )
    with world.portal.portal.database.transaction() as db:
        db.add(key)
    return replace(begun, fields={"passkey_id": str(key.id)})


def passkey_removed(world: World) -> Sent:
    return replace(with_passkey(world), action="/account/login/passkeys/remove")


def passkeys_taken_away(world: World) -> Sent:
    with_passkey(world)
    page = f"/accounts/{world.teacher.person_id}"
    return Sent(world.head, f"{page}/login/passkeys", page)


def second_factor_taken_away(world: World) -> Sent:
    with_login(world, codes=True)
    page = f"/accounts/{world.teacher.person_id}"
    return Sent(world.head, f"{page}/login/second-factor", page)


def invitation_issued(world: World) -> Sent:
    page = f"/accounts/{world.guardian.person_id}"
    return Sent(world.head, f"{page}/login/invitation", page)


def class_invited(world: World) -> Sent:
    page = f"/classes/{world.found.school_class_id}/invitations"
    return Sent(world.head, page, page)


def password_issued(world: World) -> Sent:
    page = f"/accounts/{world.teacher.person_id}"
    return Sent(world.head, f"{page}/login/password", page)


def login_taken_away(world: World) -> Sent:
    page = f"/accounts/{world.teacher.person_id}"
    world.head.post(f"{page}/login/password")
    return Sent(world.head, f"{page}/login/remove", page)


def notification_read(world: World) -> Sent:
    return Sent(world.head, f"/notifications/{world.notification()}/read", "/notifications")


def all_read(world: World) -> Sent:
    world.notification()
    return Sent(world.head, "/notifications/read-all", "/notifications")


def plugin_switched(world: World) -> Sent:
    return Sent(world.head, "/plugins/diary/switch", "/plugins/diary", {"decision": "off"})


def settings_saved(world: World) -> Sent:
    return Sent(world.head, "/plugins/journal/settings", "/plugins/journal", {"marks_in_cell": "3"})


def setting_reset(world: World) -> Sent:
    form = read_form(world.head.get("/plugins/journal").text, "/plugins/journal/settings")
    world.head.post("/plugins/journal/settings", data={**form, "marks_in_cell": "2"}, csrf=False)
    fields = {"setting": "marks_in_cell"}
    return Sent(world.head, "/plugins/journal/settings/reset", "/plugins/journal", fields)


def provider_chosen(world: World) -> Sent:
    fields = {"capability": "marks", "organization": str(world.found.organization_id), "plugin": "journal"}
    return Sent(world.head, "/plugins/capability", fields=fields)


def theme_chosen(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}"
    return Sent(world.coordinator, f"{page}/theme", page, {"theme": "stavropol"})


def organization_corrected(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}/edit"
    return Sent(world.head, page, page, {"phone": "8 (865) 531-23-45"})


def organization_columns_chosen(world: World) -> Sent:
    return Sent(world.coordinator, "/organizations/columns", "/organizations", {"columns": "inn"})


def organizations_closed(world: World) -> Sent:
    with world.portal.portal.database.transaction() as db:
        school = db.get_one(Organization, world.neighbour)
        school.closed_on = None
    fields = {"ids": str(school.id), "step": "do", "first_day": "2099-09-01", "reason": "Приказ"}
    return Sent(world.coordinator, "/organizations/bulk/close", fields=fields)


def group_made(world: World) -> Sent:
    fields = {"name": "Сельские школы", "membership": "hand"}
    return Sent(world.coordinator, "/organization-groups/new", "/organization-groups/new", fields)


def group(world: World, name: str) -> str:
    """The address of a new group, with both schools in it."""
    form = {"name": name, "kind": "project", "membership": "hand"}
    url = world.coordinator.post("/organization-groups/new", data=form).headers["location"].partition("?")[0]
    ids = [str(world.found.organization_id), str(world.neighbour)]
    data = {"ids": ids, "group": url.rpartition("/")[2], "step": "do"}
    world.coordinator.post("/organizations/bulk/group", data=data)
    return str(url)


def group_changed(world: World) -> Sent:
    page = group(world, "Переименуют") + "/edit"
    return Sent(world.coordinator, page, page, {"name": "Переименовали"})


def group_decided(world: World) -> Sent:
    url = group(world, "Без расписания")
    fields = {"plugin": "diary", "decision": "on"}
    return Sent(world.coordinator, f"{url}/plugins", url, fields)


def group_told(world: World) -> Sent:
    url = group(world, "Услышат")
    fields = {"recipients": "heads", "title": "Совещание", "body": "Завтра", "step": "send"}
    return Sent(world.coordinator, f"{url}/announce", f"{url}/announce", fields)


def group_columns_chosen(world: World) -> Sent:
    fields = {"columns": "kind"}
    return Sent(world.coordinator, "/organization-groups/columns", "/organization-groups", fields)


def groups_deleted(world: World) -> Sent:
    fields = {"ids": group(world, "Лишняя").rpartition("/")[2], "step": "do"}
    return Sent(world.coordinator, "/organization-groups/bulk/delete", fields=fields)


def organization_made(world: World) -> Sent:
    fields = {"kind": "municipality", "name": "Новый муниципальный округ", "short_name": "Новый округ"}
    return Sent(world.coordinator, "/organizations/new", "/organizations/new", fields)


def licence_added(world: World) -> Sent:
    page = f"/organizations/{world.found.organization_id}/licences"
    fields = {"number": "Л035", "issued_on": "2020-05-18", "issuer": "Министерство образования"}
    return Sent(world.coordinator, page, page, fields)


def licence_removed(world: World) -> Sent:
    sent = licence_added(world)
    world.coordinator.post(sent.action, data={**sent.fields, "kind": "licence", "number": "Л036"})
    text = world.coordinator.get(sent.page).text
    number = text.partition(f'action="{sent.page}/')[2].partition("/")[0]
    return Sent(world.coordinator, f"{sent.page}/{number}/remove", sent.page)


def request_sent(world: World) -> Sent:
    fields = {"last_name": "Семёнова", "first_name": "Вера", "reason": "Ошибка в паспорте"}
    return Sent(world.guardian, "/requests", "/requests/new?kind=core.person_correction", fields)


def request_commented(world: World) -> Sent:
    url = world.request()
    return Sent(world.guardian, url, url, {"step": "comment", "text": "Пожалуйста"})


def request_approved(world: World) -> Sent:
    url = world.request()
    return Sent(world.head, url, url, {"step": "approve", "text": "Исправлено"})


def file_uploaded(world: World) -> Sent:
    return Sent(world.head, "/import", "/import", {"kind": "auto"}, world.table())


def import_confirmed(world: World) -> Sent:
    url = world.rehearsed()
    return Sent(world.head, f"{url}/confirm", url)


def import_cancelled(world: World) -> Sent:
    url = str(world.head.post("/import", files=world.table(), data={"kind": "auto"}).headers["location"])
    return Sent(world.head, f"{url}/cancel", url)


def columns_named(world: World) -> Sent:
    url = world.rehearsed()
    return Sent(world.head, f"{url}/columns", url, {"title": "Прозвище", "field": "middle_name"})


def page_begun(world: World) -> Sent:
    """The teacher is given a subject that has no journal page in this class yet."""
    with world.portal.portal.database.transaction() as db:
        school_class = db.get_one(SchoolClass, world.found.school_class_id)
        subject = Subject(
            id=new_id(),
            organization_id=world.found.organization_id,
            name="Черчение",
            short_name="Черч.",
            name_key=sort_key("Черчение"),
        )
        db.add(subject)
        db.flush()
        db.add(
            TeachingAssignment(
                id=new_id(),
                organization_id=world.found.organization_id,
                academic_year_id=school_class.academic_year_id,
                teacher_id=world.found.teacher_id,
                subject_id=subject.id,
                school_class_id=school_class.id,
                starts_on=date(2020, 9, 1),
            )
        )
        fields = {"subject_id": str(subject.id), "school_class_id": str(school_class.id)}
    return Sent(world.teacher, "/journal/pages", "/journal", fields)


def lesson_created(world: World) -> Sent:
    day = today_in("Europe/Moscow") - timedelta(days=1)
    page = f"{world.journal}/lessons/new"
    return Sent(world.teacher, page, page, {"day": day.isoformat(), "number": "15"})


def homework_saved(world: World) -> Sent:
    page = f"{world.journal}/lessons/{world.found.lessons[0]}"
    return Sent(world.teacher, page, page, {"topic": "Дроби", "homework": "§ 4, № 12"})


def mark_commented(world: World) -> Sent:
    with world.portal.portal.database.reading(fresh=True) as db:
        mark = db.scalars(
            select(JournalMark)
            .where(JournalMark.page_id == world.found.page_id, JournalMark.lesson_id.in_(world.found.lessons))
            .order_by(JournalMark.id)
            .limit(1)
        ).one()
    page = f"{world.journal}/cells/{mark.lesson_id}/{mark.pupil_id}"
    return Sent(world.teacher, f"{page}/marks/{mark.id}", page, {"comment": "Молодец"})


CASES: Mapping[Callable[[World], Sent], str] = {
    session_ended: "POST /account/sessions/end",
    token_made: "POST /account/tokens",
    token_revoked: "POST /account/tokens/revoke",
    columns_chosen: "POST /accounts/columns",
    notification_read: "POST /notifications/{notification_id:uuid}/read",
    all_read: "POST /notifications/read-all",
    plugin_switched: "POST /plugins/{name:str}/switch",
    settings_saved: "POST /plugins/{name:str}/settings",
    setting_reset: "POST /plugins/{name:str}/settings/reset",
    provider_chosen: "POST /plugins/capability",
    theme_chosen: "POST /organizations/{organization_id:uuid}/theme",
    organization_corrected: "POST /organizations/{organization_id:uuid}/edit",
    organization_columns_chosen: "POST /organizations/columns",
    organizations_closed: "POST /organizations/bulk/{name:str}",
    group_made: "POST /organization-groups/new",
    group_changed: "POST /organization-groups/{group_id:uuid}/edit",
    group_decided: "POST /organization-groups/{group_id:uuid}/plugins",
    group_told: "POST /organization-groups/{group_id:uuid}/announce",
    group_columns_chosen: "POST /organization-groups/columns",
    groups_deleted: "POST /organization-groups/bulk/{name:str}",
    organization_made: "POST /organizations/new",
    licence_added: "POST /organizations/{organization_id:uuid}/licences",
    licence_removed: "POST /organizations/{organization_id:uuid}/licences/{licence_id:uuid}/remove",
    request_sent: "POST /requests",
    request_commented: "POST /requests/{request_id:uuid}",
    request_approved: "POST /requests/{request_id:uuid}",
    drafted: "POST /requests",
    draft_sent: "POST /requests/{request_id:uuid}/edit",
    request_columns_chosen: "POST /requests/list/columns",
    requests_rejected: "POST /requests/list/bulk/{name:str}",
    file_uploaded: "POST /import",
    import_confirmed: "POST /import/{import_id:uuid}/confirm",
    import_cancelled: "POST /import/{import_id:uuid}/cancel",
    columns_named: "POST /import/{import_id:uuid}/columns",
    page_begun: "POST /journal/pages",
    lesson_created: "POST /journal/{page_id:uuid}/lessons/new",
    homework_saved: "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}",
    mark_commented: "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/marks/{mark_id:uuid}",
    signed_out_everywhere: "POST /accounts/{person_id:uuid}/sign-out",
    accounts_blocked: "POST /accounts/bulk/{name:str}",
    role_columns_chosen: "POST /roles/columns",
    role_suspended: "POST /roles/bulk/{name:str}",
    role_given: "POST /roles",
    person_added: "POST /accounts",
    rights_lent: "POST /account/roles/{role_id:uuid}/lend",
    rights_taken_back: "POST /account/roles/{role_id:uuid}/take-back",
    role_configured: "POST /role-kinds/{name:str}",
    class_invited: "POST /classes/{class_id:uuid}/invitations",
    invitation_issued: "POST /accounts/{person_id:uuid}/login/invitation",
    password_issued: "POST /accounts/{person_id:uuid}/login/password",
    second_factor_begun: "POST /account/login/second-factor",
    second_factor_confirmed: "POST /account/login/second-factor/confirm",
    second_factor_ended: "POST /account/login/second-factor/off",
    recovery_codes_renewed: "POST /account/login/recovery-codes",
    second_factor_taken_away: "POST /accounts/{person_id:uuid}/login/second-factor",
    passkey_removed: "POST /account/login/passkeys/remove",
    passkeys_taken_away: "POST /accounts/{person_id:uuid}/login/passkeys",
    login_taken_away: "POST /accounts/{person_id:uuid}/login/remove",
}


class FormReader(HTMLParser):
    """The forms of a page, as a browser would send them: by action, the fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open: dict[str, str] | None = None
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        name, value = of.get("name") or "", of.get("value") or ""
        if tag == "form":
            self._open = {}
            self.forms.append((of.get("action") or "", self._open))
        if self._open is None:
            return
        if tag == "input" and of.get("type") != "file":
            if of.get("type") not in ("checkbox", "radio") or "checked" in of:
                self._open[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in of or self._select not in self._open):
            self._open[self._select] = value
        elif tag == "textarea":
            self._textarea = name
            self._open[name] = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea:
            self._open[self._textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._textarea = ""


def read_form(page: str, action: str) -> dict[str, str]:
    """The fields of the first form of a page that goes to `action`."""
    reader = FormReader()
    reader.feed(page)
    return next(fields for where, fields in reader.forms if where == action)


def writing(statements: list[str]) -> list[str]:
    """Those that change a table."""
    return [each for each in statements if each.lstrip("( ").startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.fixture(scope="module")
def world(portal: PortalUnderTest) -> World:
    """People of one school, and a journal page of it."""
    found = find_page(portal.portal)

    def someone(kind: str) -> Visitor:
        with portal.portal.database.reading() as db:
            person = db.scalars(
                select(StructuralRole.person_id)
                .where(StructuralRole.kind == kind, StructuralRole.organization_id == found.organization_id)
                .order_by(StructuralRole.id)
                .limit(1)
            ).one()
        return portal.sign_in(kind, person_id=person)

    return World(
        portal=portal,
        found=found,
        head=someone("head"),
        coordinator=portal.sign_in("regional_coordinator"),
        teacher=portal.sign_in("teacher", person_id=found.teacher_id),
        guardian=someone("guardian"),
    )


def test_every_form_is_tried_below(portal: PortalUnderTest) -> None:
    routes = {
        str(each)
        for each in addresses(portal)
        if each.method == "POST" and not each.path.startswith("/api/") and str(each) not in FROM_OTHER_SITES
    }
    assert routes == {*CASES.values(), *OTHERWISE}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_form_sent_twice_is_saved_once(world: World, case: Callable[[World], Sent]) -> None:
    sent = case(world)
    form = read_form(sent.visitor.get(sent.page).text, sent.action) if sent.page else {}
    key = form.get("idempotency_key") if sent.page else str(uuid4())
    assert key, "the form has no key"
    form |= {"csrf_token": sent.visitor.csrf_token(), "idempotency_key": key, **sent.fields}

    def click() -> Any:
        return sent.visitor.post(sent.action, data=form, files=sent.files, csrf=False)

    with world.portal.counting_statements() as statements:
        first = click()
    assert first.status_code in (200, 303), first.text
    assert [each for each in writing(statements) if "core_idempotency_key" not in each]
    with world.portal.counting_statements() as statements:
        again = click()
    assert writing(statements) == []
    assert again.headers["idempotent-replayed"] == "true"
    assert again.status_code == first.status_code
    assert again.headers.get("location") == first.headers.get("location")
    assert again.text == first.text
