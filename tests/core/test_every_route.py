"""Every address of the portal and its plugins: closed to strangers, to other roles and to the neighbouring school.

The addresses, what guards them and who may use them come from the running application and from
`docs/permissions.md`; a new address is tested from the day it exists. A new public one is refused until it
is written down here with its reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from core import unsent
from core.audit.models import AuditRecord
from core.audit.record import Change, record
from core.database.base import Base, new_id
from core.database.session import Session
from core.exchange.background import KIND
from core.exchange.models import ImportedRow, ImportRun
from core.files import OWN_FILES, StoredFile
from core.identity import tokens
from core.identity.models import (
    Account,
    Guardianship,
    LikelyPair,
    Notification,
    Person,
    PersonMerge,
    SignInSession,
)
from core.identity.sessions import actor_of
from core.organizations.models import (
    AcademicYear,
    Licence,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    Promotion,
    PupilMove,
    Subject,
    TeachingAssignment,
    Term,
)
from core.pupil_files.models import FormerSchool
from core.requests.models import Request
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.support.models import SupportMessage
from core.tasks.queue import enqueue
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from core.unsent import Unsent
from core.web.guards import GuardedRoute, guarded_routes
from core.web.visit import SAFE_METHODS
from core.webhooks.models import Webhook, WebhookDelivery
from plugins.diary.changes.models import TeacherAbsence
from plugins.diary.curriculum.models import Curriculum, CurriculumColumn, CurriculumHours, CurriculumRow
from plugins.diary.models import DiaryLesson
from plugins.journal.attendance.models import JournalAbsence, JournalRecoding
from plugins.journal.criteria.models import JournalCriterion
from plugins.journal.exemptions.models import JournalExemption
from plugins.journal.external.models import JournalExternalMark
from plugins.journal.models import JournalMark, JournalPage
from plugins.journal.papers.orders import PAPER_TASK
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.topics.models import LessonPlan, LessonTopic
from tests.core.sent_to_routes import (
    ASKED,
    BODIES,
    BY_WHAT_IS_SENT,
    DRAFT,
    NAMES,
    NOBODY,
    OWN_QUESTION,
    REGION,
    YESTERDAY,
)

DOCS = Path(__file__).parents[2] / "docs" / "permissions.md"
STAND = "the trial sign-in stand: a system of its own, never there in production"
SIGN_IN = "people sign in here"
OPEN: Mapping[str, str] = {
    "GET /": "leads strangers to the sign-in page",
    "GET /healthz": "for whoever watches the server; says nothing but that it runs",
    "GET /readyz": "for whoever watches the server; says only what does not answer",
    "GET /sign-in": "people sign in here",
    "GET /signed-in": "leads strangers to the sign-in page",
    "POST /auth/logout": "harmless for whoever is not signed in",
    "POST /view": "how a page looks is the visitor's own business",
    "POST /locale": "the language is the visitor's own business",
    "GET /support": "whoever cannot sign in needs help most",
    "POST /support": "whoever cannot sign in needs help most; floods are slowed down",
    "GET /privacy": "what the portal does with data is told to everybody",
    "POST /privacy/counter": "whether visits are counted is the visitor's own business",
    "GET /{path:path}": "«no such page»",
    "GET /api/v1": "the framework's list of API documents",
    "GET /api/v1/openapi.json": "the API is documented openly",
    "GET /api/v1/{path:str}": "«no such document»",
    "GET /api/v1/docs": "the API is documented openly",
    "GET /static/{file_path:path}": "built scripts and styles, the same for everybody",
    "HEAD /static/{file_path:path}": "built scripts and styles, the same for everybody",
    "GET /screen": "a television in the corridor cannot sign in; its secret address says nothing of pupils",
    "GET /auth/esia/login": "people sign in here",
    "GET /auth/esia/callback": "people come back from Gosuslugi here",
    "GET /auth/oidc/callback": "people come back from a gateway to Gosuslugi here",
    "GET /auth/esia/leave": "people sign out of Gosuslugi here",
    "GET /auth/esia/refused": "whom Gosuslugi let in and the portal did not reads why, and asks the school",
    "POST /auth/esia/refused": "whom Gosuslugi let in and the portal did not asks the school; once only",
    "GET /auth/local": SIGN_IN,
    "POST /auth/local": SIGN_IN,
    "GET /auth/local/new-password": SIGN_IN,
    "POST /auth/local/new-password": SIGN_IN,
    "POST /auth/local/passkey": SIGN_IN,
    "GET /auth/local/code": SIGN_IN,
    "POST /auth/local/code": SIGN_IN,
    "GET /auth/local/second-factor": SIGN_IN,
    "POST /auth/local/second-factor": SIGN_IN,
    "POST /auth/local/go-on": SIGN_IN,
    "GET /invitation": SIGN_IN,
    "POST /invitation": SIGN_IN,
    "GET /auth/local/new-login": SIGN_IN,
    "POST /auth/local/new-login": SIGN_IN,
    "GET /esia-stand": STAND,
    "GET /esia-stand/stand.css": STAND,
    "GET /esia-stand/aas/oauth2/v2/ac": STAND,
    "GET /esia-stand/aas/oauth2/ac": STAND,
    "GET /esia-stand/login": STAND,
    "POST /esia-stand/login": STAND,
    "GET /esia-stand/consent": STAND,
    "POST /esia-stand/consent": STAND,
    "POST /esia-stand/aas/oauth2/v3/te": STAND,
    "POST /esia-stand/aas/oauth2/te": STAND,
    "GET /esia-stand/consents": STAND,
    "POST /esia-stand/consents/revoke": STAND,
    "GET /esia-stand/idp/ext/Logout": STAND,
}
"""What anybody may open, and why. Adding a line is a decision: every other address asks who is there."""

FROM_OTHER_SITES = {
    f"{method} {path}" for method, _, path in (key.partition(" ") for key in OPEN) if "/esia-stand" in path
}
"""What takes changes without a form token of ours: the stand has its own, its token address serves servers."""

LACKING = 403
UNKNOWN = (403, 404)


class Address(GuardedRoute, frozen=True, kw_only=True):
    """One address with one method, and what it demands."""

    @property
    def changes(self) -> bool:
        """Whether it is there to change something."""
        return self.method not in SAFE_METHODS

    @property
    def ids(self) -> list[str]:
        """Names of the path parameters that are ids."""
        return re.findall(r"\{(\w+):uuid\}", self.path)

    def filled(self, ids: Mapping[str, Any]) -> str:
        """The address with its parameters."""

        def value(found: re.Match[str]) -> str:
            name, kind = found.groups()
            if kind == "uuid":
                return str(ids.get(name) or new_id())
            return NAMES.get(name, "1")

        return re.sub(r"\{(\w+):(\w+)\}", value, self.path)


def addresses(portal: PortalUnderTest) -> list[Address]:
    """Every address of the application."""
    return _addresses(portal.client.app)


def _addresses(app: Any) -> list[Address]:
    return [Address(**msgspec.structs.asdict(each)) for each in guarded_routes(app)]


def bodies(address: Address, ids: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent with a change."""
    return filled_in(BODIES.get(str(address), {"data": {}} if address.changes else {}), ids)


def filled_in(chosen: Mapping[str, Any], ids: Mapping[str, Any]) -> dict[str, Any]:
    """A body with the ids it names."""
    return {how: {name: _filled(value, ids) for name, value in what.items()} for how, what in chosen.items()}


def _filled(value: Any, ids: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {name: _filled(each, ids) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value.format_map(ids) if isinstance(value, str) else value


def everything(portal: PortalUnderTest) -> str:
    """A digest of all that is stored."""
    digest = hashlib.sha256()
    with portal.portal.database.reading(fresh=True) as db:
        for table in Base.metadata.sorted_tables:
            keys = list(table.primary_key.columns)
            for row in db.execute(select(table).order_by(*keys)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def documented() -> dict[str, dict[str, str]]:
    """Who has which permission by `docs/permissions.md`: title of the role → reach in words."""
    found: dict[str, dict[str, str]] = {}
    text = DOCS.read_text(encoding="utf-8")
    table = text.partition("## Кто что может")[2].partition("\n## ")[0]
    titles: list[str] = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| право"):
            titles = cells[2:]
        elif line.startswith("| `"):
            reaches = zip(titles, cells[2:], strict=True)
            found[cells[0].strip("`")] = {title: reach for title, reach in reaches if reach}
    return found


def documented_routes() -> dict[str, set[str]]:
    """What each permission opens by `docs/permissions.md`; by «» what asks for none."""
    text = DOCS.read_text(encoding="utf-8")
    table = text.partition("## Какие адреса открывает право")[2].partition("\n# ")[0]
    found: dict[str, set[str]] = {"": set()}
    for line in table.splitlines():
        named = re.findall(r"`([A-Z]+ /[^`]*)`", line)
        if line.startswith("| `"):
            found[line.split("`")[1]] = set(named)
        elif line.startswith("- "):
            found[""] |= set(named)
    return found


def schools(portal: PortalUnderTest) -> tuple[Organization, Organization]:
    """The school that is looked at, and its neighbour."""
    with portal.portal.database.reading(fresh=True) as db:
        own, neighbour = db.scalars(
            select(Organization).where(Organization.kind == "school").order_by(Organization.id).limit(2)
        )
        db.expunge_all()
        return own, neighbour


def holder(
    portal: PortalUnderTest,
    kind: str,
    *,
    school: Organization | None = None,
    status: str = "active",
    starts_on: date = date(2020, 9, 1),
    ends_on: date | None = None,
) -> Visitor:
    """Somebody new who holds a role of this kind and is signed in; no other role, no ties."""
    place = school
    with portal.portal.database.transaction() as db:
        if place is None:
            kinds = portal.portal.grants.kinds[kind].organization_kinds
            found = (
                select(Organization).where(Organization.kind.in_(kinds)).order_by(Organization.id).limit(1)
            )
            place = db.scalars(found).one()
        person = Person(id=new_id(), last_name="Проверкина", first_name="Яна", source="test")
        db.add(person)
        db.flush()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=person.id,
                kind=kind,
                organization_id=place.id,
                status=status,
                starts_on=starts_on,
                ends_on=ends_on,
            )
        )
        person_id = person.id
    return portal.sign_in_person(person_id)


@pytest.fixture(scope="module")
def things(portal: PortalUnderTest) -> dict[str, UUID]:
    """Real ids of things of the first school, by the names that addresses give them."""
    school, _neighbour = schools(portal)
    pupil = portal.sign_in("pupil", organization=school.short_name)
    assert pupil.person_id is not None
    with portal.portal.database.transaction() as db:
        mark = db.scalars(
            select(JournalMark)
            .where(JournalMark.organization_id == school.id)
            .order_by(JournalMark.id)
            .limit(1)
        ).one()
        lesson = db.scalars(
            select(TeachingAssignment)
            .where(
                TeachingAssignment.organization_id == school.id,
                TeachingAssignment.school_class_id.is_not(None),
            )
            .limit(1)
        ).one()
        assert lesson.school_class_id is not None
        account_id = db.scalars(select(Account.id).where(Account.person_id == pupil.person_id)).one()
        actor = actor_of(db, account_id)
        file = StoredFile(
            id=new_id(),
            organization_id=school.id,
            owner_id=pupil.person_id,
            purpose=OWN_FILES,
            subject="",
            name="личное.txt",
            size=1,
            media_type="text/plain",
            sha256="0" * 64,
            storage_key="no/such",
        )
        notification = Notification(
            id=new_id(), person_id=pupil.person_id, kind="core.request.step", title="Чужое"
        )
        request = Request(
            id=new_id(),
            kind="core.person.correction",
            organization_id=school.id,
            author_id=pupil.person_id,
            status="sent",
            values={},
        )
        role_id = db.scalars(
            select(StructuralRole.id)
            .where(StructuralRole.organization_id == school.id, StructuralRole.kind == "head")
            .limit(1)
        ).one()
        licence = Licence(
            id=new_id(),
            organization_id=school.id,
            kind="licence",
            number="Л035",
            issued_on=date(2020, 5, 18),
            issuer="Министерство образования",
        )
        group = OrganizationGroup(
            id=new_id(), organization_id=UUID(school.path.split("/")[1]), name="Сельские школы"
        )
        year = db.scalars(
            select(AcademicYear).where(AcademicYear.organization_id == school.id).limit(1)
        ).one()
        promotion = Promotion(
            id=new_id(), organization_id=school.id, from_year_id=year.id, to_year_id=year.id
        )
        move = PupilMove(
            id=new_id(),
            organization_id=school.id,
            grouping_id=lesson.school_class_id,
            kind="move",
            day=date(2026, 11, 20),
            reason="Приказ",
            author_name="Завуч",
            steps={"steps": []},
        )
        merge = PersonMerge(
            id=new_id(), kept_id=pupil.person_id, absorbed_id=new_id(), absorbed_name="Двойник"
        )
        pair = LikelyPair(
            id=new_id(),
            first_id=min(pupil.person_id, lesson.teacher_id),
            second_id=max(pupil.person_id, lesson.teacher_id),
        )
        session_id = db.scalars(
            select(SignInSession.id).where(SignInSession.account_id == account_id).limit(1)
        ).one()
        message = SupportMessage(
            id=new_id(),
            organization_id=school.id,
            author_id=pupil.person_id,
            subject="Чужой вопрос",
            text="Чужой",
        )
        former = FormerSchool(
            id=new_id(),
            person_id=mark.pupil_id,
            organization_id=school.id,
            school="Прежняя школа",
            installation="https://third.example",
            fingerprint="0000",
            parts={},
        )
        subject = Subject(
            id=new_id(),
            organization_id=school.id,
            name="Робототехника",
            short_name="Роб",
            name_key="робототехника",
        )
        db.add_all([file, notification, request, licence, group, promotion, move, merge, pair, message])
        db.add_all([former, subject])
        told_of = {
            "organization_id": school.id,
            "academic_year_id": mark.academic_year_id,
            "pupil_id": mark.pupil_id,
            "first_day": date(2026, 11, 20),
            "last_day": date(2026, 11, 20),
            "code": "б",
        }
        absence = JournalAbsence(id=new_id(), comment="Чужое", **told_of)
        recoding = JournalRecoding(id=new_id(), basis="Чужая справка", **told_of)
        remark = JournalRemark(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=mark.academic_year_id,
            page_id=mark.page_id,
            lesson_id=mark.lesson_id,
            pupil_id=mark.pupil_id,
            day=mark.day,
            kind="remark",
            text="Чужое замечание",
        )
        criterion = JournalCriterion(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=mark.academic_year_id,
            page_id=mark.page_id,
            lesson_id=mark.lesson_id,
            position=0,
            title="Содержание",
            greatest=5,
        )
        exemption = JournalExemption(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=mark.academic_year_id,
            pupil_id=mark.pupil_id,
            subject_id=subject.id,
            first_day=date(2026, 11, 20),
            last_day=date(2026, 11, 27),
            basis="Чужая справка",
        )
        external = JournalExternalMark(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=mark.academic_year_id,
            pupil_id=mark.pupil_id,
            subject_id=db.get_one(JournalPage, mark.page_id).subject_id,
            kind="mark",
            day=mark.day,
            value="5",
            score=5,
            source="Чужая прежняя школа",
        )
        away = TeacherAbsence(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=mark.academic_year_id,
            teacher_id=lesson.teacher_id,
            first_day=date(2026, 11, 20),
            last_day=date(2026, 11, 20),
            reason="illness",
        )
        db.add_all([absence, recoding, remark, criterion, exemption, external, away])
        db.flush()
        db.add(OrganizationGroupMember(group_id=group.id, organization_id=school.id))
        loaded = ImportRun(
            id=new_id(),
            organization_id=school.id,
            kind="school",
            title="Таблица классов и учеников",
            files=["ученики.csv"],
        )
        db.add(loaded)
        db.flush()
        db.add(
            ImportedRow(
                run_id=loaded.id, table="core_person", row_id=mark.pupil_id, before={"phone": None}, after="x"
            )
        )
        form = Unsent(address="/requests", page="", fields=[("reason", "Чужое")], files=[], key="once")
        told = {"role": "librarian", "permission": "core.requests.send", "reach": 2}
        configured = Change(
            action="core.role.configure",
            subject_type="role_kind",
            subject_id="librarian",
            before=told,
            after={**told, "reach": 0},
            reason="Чужой приказ",
        )
        record(db, actor, school.id, configured)
        change_id = db.scalars(
            select(AuditRecord.id).where(AuditRecord.action == configured.action).limit(1)
        ).one()
        records = {
            name: _recorded(db, actor, school.id, action, subject_type, subject_id, replaced)
            for name, action, subject_type, subject_id, replaced in (
                (
                    "cell",
                    "journal.cell.set",
                    "journal.cell",
                    f"{mark.lesson_id}:{mark.pupil_id}",
                    {"value": "2"},
                ),
                (
                    "lesson",
                    "journal.lesson.change",
                    "journal.lesson",
                    f"{mark.lesson_id}",
                    {"topic": "Чужая"},
                ),
            )
        }
        page = db.get_one(JournalPage, mark.page_id)
        plan = LessonPlan(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=page.academic_year_id,
            subject_id=page.subject_id,
            grade_level=7,
            title="Чужой план",
        )
        db.add(plan)
        db.flush()
        topic = LessonTopic(id=new_id(), plan_id=plan.id, position=0, title="Чужая тема")
        db.add(topic)
        curriculum = Curriculum(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=page.academic_year_id,
            title="Чужой учебный план",
            lowest_grade_level=1,
            highest_grade_level=11,
            starts_on=year.starts_on,
        )
        db.add(curriculum)
        db.flush()
        row = CurriculumRow(id=new_id(), curriculum_id=curriculum.id, subject_id=subject.id, part="mandatory")
        column = CurriculumColumn(
            id=new_id(),
            curriculum_id=curriculum.id,
            grade_level=7,
            school_class_id=lesson.school_class_id,
            weeks=34,
        )
        db.add_all([row, column])
        db.flush()
        db.add(CurriculumHours(row_id=row.id, column_id=column.id, half_hours=4))
        webhook = Webhook(
            id=new_id(),
            organization_id=school.id,
            name="Чужая система",
            url="https://system.example.ru/",
            events=["marks.set"],
            secret=b"",
        )
        db.add(webhook)
        db.flush()
        delivery = WebhookDelivery(id=new_id(), webhook_id=webhook.id, event="marks.set", content={})
        db.add(delivery)
        token, _text = tokens.create(db, actor, "Чужой ключ", ["organization.read"])
        task_id = enqueue(db, KIND, {"files": [], "names": []}, actor=actor)
        paper = {"kind": "journal", "class_id": str(lesson.school_class_id)}
        order_id = enqueue(db, PAPER_TASK, paper, actor=actor)
        return {
            "organization_id": school.id,
            "class_id": lesson.school_class_id,
            "school_class_id": lesson.school_class_id,
            "teacher_id": lesson.teacher_id,
            "person_id": mark.pupil_id,
            "other_id": lesson.teacher_id,
            "merge_id": merge.id,
            "pair_id": pair.id,
            "session_id": session_id,
            "pupil_id": mark.pupil_id,
            "page_id": mark.page_id,
            "lesson_id": mark.lesson_id,
            "mark_id": mark.id,
            "plan_id": plan.id,
            "topic_id": topic.id,
            "curriculum_id": curriculum.id,
            "row_id": row.id,
            "column_id": column.id,
            "file_id": file.id,
            "notification_id": notification.id,
            "request_id": request.id,
            "role_id": role_id,
            "licence_id": licence.id,
            "subject_id": subject.id,
            "group_id": group.id,
            "grouping_id": lesson.school_class_id,
            "move_id": move.id,
            "message_id": message.id,
            "token_id": token.id,
            "child_id": mark.pupil_id,
            "year_id": year.id,
            "term_id": db.scalars(select(Term.id).where(Term.academic_year_id == year.id).limit(1)).one(),
            "promotion_id": promotion.id,
            "tie_id": db.scalars(
                select(Guardianship.id).where(Guardianship.child_id == mark.pupil_id).limit(1)
            ).one(),
            "task_id": task_id,
            "import_id": task_id,
            "order_id": order_id,
            "run_id": loaded.id,
            "form_id": unsent.keep(db, account_id, form),
            "change_id": change_id,
            "absence_id": absence.id,
            "cell_record_id": records["cell"],
            "lesson_record_id": records["lesson"],
            "teacher_absence_id": away.id,
            "planned_lesson_id": db.scalars(
                select(DiaryLesson.id)
                .where(DiaryLesson.organization_id == school.id, DiaryLesson.status == "planned")
                .order_by(DiaryLesson.id.desc())
                .limit(1)
            ).one(),
            "recoding_id": recoding.id,
            "exemption_id": exemption.id,
            "external_mark_id": external.id,
            "remark_id": remark.id,
            "criterion_id": criterion.id,
            "webhook_id": webhook.id,
            "delivery_id": delivery.id,
        }


def _recorded(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    action: str,
    subject_type: str,
    subject_id: str,
    replaced: dict[str, Any],
) -> UUID:
    """The key of a change that replaced something."""
    change = Change(action=action, subject_type=subject_type, subject_id=subject_id, before=replaced)
    record(db, actor, organization_id, change)
    return db.scalars(
        select(AuditRecord.id)
        .where(AuditRecord.action == action, AuditRecord.subject_id == subject_id)
        .order_by(AuditRecord.sequence.desc())
        .limit(1)
    ).one()


def test_every_open_address_is_written_down_with_its_reason(portal: PortalUnderTest) -> None:
    stranger = portal.visitor()
    found: set[str] = set()
    for address in addresses(portal):
        if address.permission or address.signed_in:
            continue
        if stranger.request(address.method, address.filled({})).status_code != 401:
            found.add(str(address))
    assert found == set(OPEN)


def test_nobody_reads_anything_without_signing_in(portal: PortalUnderTest, things: dict[str, UUID]) -> None:
    stranger, let_in = portal.visitor(), list[str]()
    for address in addresses(portal):
        if address.changes or str(address) in OPEN:
            continue
        answer = stranger.get(address.filled(things))
        to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?")
        if answer.status_code != 401 and not to_sign_in:
            let_in.append(f"{address}: {answer.status_code}")
    assert let_in == []


def test_no_change_without_signing_in_even_with_a_form_token(
    portal: PortalUnderTest, things: dict[str, UUID]
) -> None:
    stranger, let_in, before = portal.visitor(), list[str](), everything(portal)
    stranger.get("/sign-in")
    for address in addresses(portal):
        if not address.changes or str(address) in OPEN:
            continue
        answer = stranger.request(address.method, address.filled(things), **bodies(address, things))
        if answer.status_code != 401:
            let_in.append(f"{address}: {answer.status_code}")
    assert let_in == []
    assert everything(portal) == before


@pytest.mark.parametrize("role", ["head", "regional_coordinator", "pupil"])
def test_no_change_without_the_form_token(
    portal: PortalUnderTest, things: dict[str, UUID], role: str
) -> None:
    visitor, let_in = portal.sign_in(role), list[str]()
    before = everything(portal)
    for address in addresses(portal):
        if not address.changes or str(address) in FROM_OTHER_SITES:
            continue
        answer = visitor.request(
            address.method, address.filled(things), csrf=False, **bodies(address, things)
        )
        if answer.status_code != 403:
            let_in.append(f"{address}: {answer.status_code}")
    assert let_in == []
    assert everything(portal) == before


def test_a_role_without_the_permission_is_refused_everywhere(
    portal: PortalUnderTest, things: dict[str, UUID]
) -> None:
    allowed, wrong = documented(), list[str]()
    guarded = [address for address in addresses(portal) if address.permission]
    visitors = {kind: holder(portal, kind) for kind in portal.portal.grants.kinds}
    before = everything(portal)
    for kind, role in portal.portal.grants.kinds.items():
        visitor = visitors[kind]
        for address in guarded:
            if str(role.title) in allowed[address.permission]:
                continue
            for ids in (things, {}):
                answer = visitor.request(address.method, address.filled(ids), **bodies(address, things))
                if answer.status_code != LACKING:
                    wrong.append(f"{kind}: {address}: {answer.status_code}")
    assert wrong == []
    assert everything(portal) == before


def test_somebody_without_a_role_is_refused_everywhere(
    portal: PortalUnderTest, things: dict[str, UUID]
) -> None:
    nobody = portal.sign_in_person(portal.new_person())
    wrong = [
        f"{address}: {answer.status_code}"
        for address in addresses(portal)
        if address.permission
        and (answer := nobody.request(address.method, address.filled(things), **bodies(address, things)))
        and answer.status_code != LACKING
    ]
    assert wrong == []


def test_a_role_with_the_permission_is_let_through_as_the_documents_say(portal: PortalUnderTest) -> None:
    allowed, wrong = documented(), list[str]()
    guarded = [address for address in addresses(portal) if address.permission and not address.changes]
    for kind, role in portal.portal.grants.kinds.items():
        visitor = holder(portal, kind)
        for address in guarded:
            demanded = (address.permission, *address.others)
            if all(str(role.title) in allowed[each] for each in demanded):
                status = visitor.get(address.filled({})).status_code
                if status in (401, 403) or status >= 500:
                    wrong.append(f"{kind}: {address}: {status}")
    assert wrong == []


def test_the_documents_name_every_permission_with_its_reach(portal: PortalUnderTest) -> None:
    words = {"OWN": "своё", "ORGANIZATION": "организация", "BELOW": "и ниже"}
    grants, allowed = portal.portal.grants, documented()
    real: dict[str, dict[str, str]] = {name: {} for name in grants.permissions}
    with portal.portal.database.reading() as db:
        for kind, role in grants.kinds.items():
            place = db.scalars(
                select(Organization.path).where(Organization.kind.in_(role.organization_kinds)).limit(1)
            ).first()
            for name, reach in grants.of(kind, place or "").items():
                real[name][str(role.title)] = words[reach.name]
    assert allowed == real


def test_the_documents_name_every_address_with_its_permission(portal: PortalUnderTest) -> None:
    real: dict[str, set[str]] = {name: set() for name in ("", *portal.portal.grants.permissions)}
    for address in addresses(portal):
        real[address.permission].add(str(address))
    assert documented_routes() == real


def test_a_role_with_the_permission_may_change_things_as_the_documents_say(portal: PortalUnderTest) -> None:
    """Nothing that is sent fits: what matters is that it is not the role that stands in the way."""
    allowed, wrong = documented(), list[str]()
    changing = [each for each in addresses(portal) if each.permission and each.changes]
    for kind, role in portal.portal.grants.kinds.items():
        visitor = holder(portal, kind)
        for address in changing:
            if str(role.title) not in allowed[address.permission]:
                continue
            answer = visitor.request(address.method, address.filled({}), **bodies(address, NOBODY))
            if answer.status_code in (401, 403) or answer.status_code >= 500:
                wrong.append(f"{kind}: {address}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", ["head", "deputy_head", "school_administrator", "teacher", "guardian"])
def test_a_neighbouring_school_gets_nothing_by_id(
    portal: PortalUnderTest, things: dict[str, UUID], role: str
) -> None:
    _school, neighbour = schools(portal)
    visitor, let_in = holder(portal, role, school=neighbour), list[str]()
    before = everything(portal)
    for address in addresses(portal):
        if not address.ids or str(address) in OPEN:
            continue
        answer = visitor.request(address.method, address.filled(things), **bodies(address, things))
        if answer.status_code not in UNKNOWN:
            let_in.append(f"{address}: {answer.status_code}")
    for asked in ASKED:
        answer = visitor.get(asked.format(**things))
        if answer.status_code not in UNKNOWN:
            let_in.append(f"{asked}: {answer.status_code}")
    assert let_in == []
    assert everything(portal) == before


@pytest.mark.parametrize("role", ["head", "school_administrator", "teacher"])
def test_a_neighbouring_school_changes_nothing_by_what_it_sends(
    portal: PortalUnderTest, things: dict[str, UUID], role: str
) -> None:
    _school, neighbour = schools(portal)
    visitor = holder(portal, role, school=neighbour)
    before, failed = everything(portal), list[str]()
    for what, sent in BY_WHAT_IS_SENT:
        method, _, path = what.partition(" ")
        answer = visitor.request(method, path.format_map(things), **filled_in(sent, things))
        if answer.status_code >= 500:
            failed.append(f"{what}: {answer.status_code}")
    assert failed == []
    assert everything(portal) == before


def test_the_ids_are_real_for_those_they_belong_to(portal: PortalUnderTest, things: dict[str, UUID]) -> None:
    """What the test above refuses is there: those of the school or above it who may open it do."""
    school, _neighbour = schools(portal)
    people = [holder(portal, role, school=school) for role in ("deputy_head", "head")]
    people.append(portal.sign_in("head", organization=school.short_name))
    people.append(holder(portal, "regional_coordinator"))
    people.append(portal.sign_in("pupil", person_id=things["pupil_id"]))
    with portal.portal.database.reading() as db:
        guardian = db.scalars(
            select(Guardianship.guardian_id).where(Guardianship.child_id == things["pupil_id"]).limit(1)
        ).one()
    people.append(portal.sign_in("guardian", person_id=guardian))
    own = {"file_id", "form_id", "notification_id", "token_id", "task_id", "import_id", "order_id"}
    missing = [
        str(address)
        for address in addresses(portal)
        if address.ids
        and not address.changes
        and not own & set(address.ids)
        and address.path not in (DRAFT, *OWN_QUESTION, REGION)
        and not any(each.get(address.filled(things)).status_code == 200 for each in people)
    ]
    assert missing == []


def test_lists_of_programs_stay_within_the_school(portal: PortalUnderTest, things: dict[str, UUID]) -> None:
    _school, neighbour = schools(portal)
    visitor = holder(portal, "head", school=neighbour)
    secret = {
        str(things[name]) for name in ("organization_id", "class_id", "teacher_id", "pupil_id", "page_id")
    }
    for address in addresses(portal):
        if address.path.startswith("/api/v1/") and not address.changes and "{" not in address.path:
            if str(address) in OPEN:
                continue
            narrowed = [f"?{name}={things[name]}" for name in ("organization_id", "school_class_id")]
            for query in ("", *narrowed):
                text = visitor.get(address.path + query).text
                assert not [each for each in secret if each in text], f"{address}{query}"


@pytest.mark.parametrize(
    "role",
    [
        {"status": "terminated"},
        {"status": "suspended"},
        {"status": "requested"},
        {"status": "refused"},
        {"ends_on": YESTERDAY},
        {"starts_on": YESTERDAY + timedelta(days=3)},
    ],
    ids=str,
)
def test_a_role_that_is_not_in_force_gives_no_rights(
    portal: PortalUnderTest, things: dict[str, UUID], role: dict[str, Any]
) -> None:
    school, _neighbour = schools(portal)
    visitor = holder(portal, "head", school=school, **role)
    let_in = [
        f"{address}: {answer.status_code}"
        for address in addresses(portal)
        if address.permission
        and (answer := visitor.request(address.method, address.filled(things), **bodies(address, things)))
        and answer.status_code != LACKING
    ]
    assert let_in == []


def test_an_ended_role_of_any_kind_changes_nothing(portal: PortalUnderTest, things: dict[str, UUID]) -> None:
    allowed, let_in = documented(), list[str]()
    visitors = {kind: holder(portal, kind, ends_on=YESTERDAY) for kind in portal.portal.grants.kinds}
    changing = [each for each in addresses(portal) if each.permission and each.changes]
    before = everything(portal)
    for kind, role in portal.portal.grants.kinds.items():
        for address in changing:
            if str(role.title) in allowed[address.permission]:
                answer = visitors[kind].request(
                    address.method, address.filled(things), **bodies(address, things)
                )
                if answer.status_code != LACKING:
                    let_in.append(f"{kind}: {address}: {answer.status_code}")
    assert let_in == []
    assert everything(portal) == before


def test_rights_end_at_once_with_the_role(portal: PortalUnderTest) -> None:
    school, _neighbour = schools(portal)
    visitor = holder(portal, "head", school=school)
    assert visitor.get("/plugins").status_code == 200
    with portal.portal.database.transaction() as db:
        held = db.scalars(select(StructuralRole).where(StructuralRole.person_id == visitor.person_id)).one()
        held.status = "terminated"
    assert visitor.get("/plugins").status_code == 403
