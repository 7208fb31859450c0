"""The front door of the diary: what the plugin gives to the portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click

from core.capabilities import MarkSet
from core.database.session import Session
from core.hooks import (
    AuditedAction,
    AuditedSubject,
    CapabilityProvider,
    Card,
    DataCheck,
    DemoFiller,
    LiveTopic,
    Manifest,
    MenuEntry,
    MergedTable,
    NotificationKind,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    Scope,
    SearchSource,
    SetupStep,
    SlotFill,
    Subscription,
    hookimpl,
)
from core.roles.actor import Actor
from core.roles.kinds import STAFF
from core.web.i18n import lazy as _
from plugins.diary import cards, checks, demo, models
from plugins.diary.api import api_routes
from plugins.diary.changed_things import lessons_named
from plugins.diary.changes import contributions as changes
from plugins.diary.cli.timetable import timetable_command
from plugins.diary.curriculum import curricula, named
from plugins.diary.curriculum import demo as curriculum_demo
from plugins.diary.curriculum import models as curriculum
from plugins.diary.curriculum.api import curriculum_api_routes
from plugins.diary.curriculum.approval import NEWS
from plugins.diary.curriculum.load_api import load_api_routes
from plugins.diary.curriculum.load_pages import load_routes
from plugins.diary.curriculum.loads import LOADS
from plugins.diary.curriculum.pages import curriculum_routes
from plugins.diary.curriculum.provided import SchoolCurriculum
from plugins.diary.curriculum.table_pages import table_routes
from plugins.diary.curriculum.version_api import version_api_routes
from plugins.diary.curriculum.version_pages import version_routes
from plugins.diary.lessons import TIMETABLE, TimetableLessons
from plugins.diary.pages import TOPIC, diary_routes
from plugins.diary.pupils import VIEW, may_see
from plugins.diary.settings import DiaryConfiguration, DiarySettings
from plugins.diary.setup import TIMETABLE_STEP
from plugins.diary.timetable import EDIT
from plugins.diary.timetable_pages import timetable_routes

tables = (
    models.BellSchedule,
    models.Bell,
    models.PatternEntry,
    models.DiaryLesson,
    *changes.tables,
    curriculum.Curriculum,
    curriculum.CurriculumRow,
    curriculum.CurriculumColumn,
    curriculum.CurriculumHours,
)


@hookimpl
def manifest() -> Manifest:
    """What the plugin is."""
    return Manifest(
        name="diary",
        title=_("Дневник и расписание"),
        version="1.0.0",
        core_api=">=1.0,<2",
        description=_(
            "Учебный план, звонки, расписание и замены; неделя ученика с уроками, домашними заданиями, "
            "отметками и пропусками для него самого и его семьи."
        ),
        provides=("lessons", "curriculum"),
        optional=(
            "marks",
            "attendance",
            "homework",
            "remarks",
            "term_marks",
            "behaviour",
            "report_cards",
            "exemptions",
            "lesson_plans",
        ),
        personal_data=(
            PersonalData(
                category=_("Кто из учителей какой урок ведёт"), purpose=_("Составление и показ расписания")
            ),
            PersonalData(category=_("Дни отсутствия учителей и вид причины"), purpose=_("Замены уроков")),
            PersonalData(
                category=_("Кто из учеников учится по индивидуальному плану"),
                purpose=_("Составление учебного плана"),
            ),
        ),
        on_by_default=True,
    )


@hookimpl
def routes() -> Sequence[Any]:
    """Pages and the API."""
    return [
        *diary_routes,
        *timetable_routes,
        *api_routes,
        *curriculum_routes,
        *version_routes,
        *load_routes,
        *table_routes,
        *curriculum_api_routes,
        *version_api_routes,
        *load_api_routes,
        *changes.routes,
    ]


@hookimpl
def permissions() -> Sequence[Permission]:
    """Who sees whose diary, who sees and who changes the timetable."""
    return [
        Permission(
            name=VIEW,
            title=_("Видеть дневник ученика"),
            grants={
                "pupil": Reach.OWN,
                "guardian": Reach.OWN,
                "class_teacher": Reach.OWN,
                "deputy_head": Reach.ORGANIZATION,
                "head": Reach.ORGANIZATION,
            },
        ),
        Permission(
            name=TIMETABLE,
            title=_("Видеть расписание школы"),
            grants=dict.fromkeys((*STAFF, "pupil", "guardian"), Reach.ORGANIZATION),
        ),
        Permission(
            name=EDIT,
            title=_("Составлять расписание и вносить замены"),
            grants=dict.fromkeys(("deputy_head", "school_administrator"), Reach.ORGANIZATION),
            changes=True,
        ),
        Permission(
            name=curricula.VIEW,
            title=_("Видеть учебный план школы"),
            grants=dict.fromkeys(STAFF, Reach.ORGANIZATION),
        ),
        Permission(
            name=curricula.EDIT,
            title=_("Составлять учебный план и распределять нагрузку"),
            grants=dict.fromkeys(("deputy_head", "school_administrator"), Reach.ORGANIZATION),
            changes=True,
        ),
        Permission(
            name=LOADS,
            title=_("Видеть нагрузку учителей"),
            grants=dict.fromkeys(("deputy_head", "head", "school_administrator"), Reach.ORGANIZATION),
        ),
        Permission(
            name=curricula.APPROVE,
            title=_("Утверждать учебный план"),
            grants={"head": Reach.ORGANIZATION},
            changes=True,
        ),
    ]


@hookimpl
def settings() -> type[DiarySettings]:
    """Binding norms of the curriculum, hours of a stake."""
    return DiarySettings


@hookimpl
def configuration() -> type[DiaryConfiguration]:
    """Where the installation keeps curricula of its own."""
    return DiaryConfiguration


@hookimpl
def menu_entries() -> Sequence[MenuEntry]:
    """The diary and the timetable."""
    return [
        MenuEntry(title=_("Дневник"), url="/diary", icon="diary", permission=VIEW, order=30),
        MenuEntry(title=_("Расписание"), url="/timetable", icon="timetable", permission=TIMETABLE, order=40),
        MenuEntry(
            title=_("Учебный план"), url="/curriculum", icon="table", permission=curricula.VIEW, order=45
        ),
    ]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    """The way from a child to their diary."""
    return [
        SlotFill(
            slot="child.card",
            template="diary/on_child.html",
            permission=VIEW,
            render=lambda _db, _actor, child: {"child": child},
        )
    ]


@hookimpl
def dashboard_cards() -> Sequence[Card]:
    """What is next, and what has come, for pupils and their families; what differs from the timetable, for staff."""
    return [
        Card(
            name="diary.days",
            title=_("Сегодня и завтра"),
            icon="diary",
            permission=VIEW,
            content=cards.today_and_tomorrow,
            order=10,
        ),
        Card(
            name="diary.marks",
            title=_("Новые отметки"),
            icon="marks",
            permission=VIEW,
            content=cards.new_marks,
            order=20,
        ),
        *changes.cards,
    ]


@hookimpl
def setup_steps() -> Sequence[SetupStep]:
    """A timetable, among what a school needs."""
    return [TIMETABLE_STEP]


@hookimpl
def search_sources() -> Sequence[SearchSource]:
    """Pupils, leading to their diaries."""
    return [SearchSource(name="diary", title=_("Дневники"), permission=VIEW, find=cards.find)]


@hookimpl
def api_scopes() -> Sequence[Scope]:
    """What a token may do."""
    return [
        Scope(name="diary.read", title=_("Читать дневник и расписание"), permissions=(VIEW, TIMETABLE)),
        Scope(name="diary.change", title=_("Вносить замены"), permissions=(EDIT,)),
        Scope(
            name="curriculum.read",
            title=_("Читать учебный план"),
            permissions=(curricula.VIEW, LOADS),
        ),
        Scope(
            name="curriculum.write",
            title=_("Составлять и утверждать учебный план"),
            permissions=(curricula.VIEW, LOADS, curricula.EDIT, curricula.APPROVE),
        ),
    ]


@hookimpl
def capabilities() -> Sequence[CapabilityProvider]:
    """What is planned, for the journal and others."""
    return [
        CapabilityProvider(capability="lessons", implementation=TimetableLessons()),
        CapabilityProvider(capability="curriculum", implementation=SchoolCurriculum()),
    ]


@hookimpl
def notification_kinds() -> Sequence[NotificationKind]:
    """Where a curriculum is on its way, and what has changed in the timetable."""
    return [
        NotificationKind(name=NEWS, title=_("Учебный план: утверждение"), icon="table"),
        *changes.notification_kinds,
    ]


@hookimpl
def live_topics() -> Sequence[LiveTopic]:
    """News in a pupil's diary, heard by those who may see it."""
    return [LiveTopic(name=TOPIC, may_listen=_may_listen), changes.topic]


@hookimpl
def event_subscribers() -> Sequence[Subscription]:
    """A mark in the journal reaches the open diary."""
    return [Subscription(event=MarkSet, handle=_mark_set, only_tells=True)]


@hookimpl
def data_checks() -> Sequence[DataCheck]:
    """Clashes, for `moyashkola check timetable`."""
    return [DataCheck(name="timetable", title=_("Накладки в расписании"), run=checks.clashes)]


@hookimpl
def merged_tables() -> Sequence[MergedTable]:
    """A teacher's lessons follow the teacher."""
    return [
        MergedTable(table="diary_lesson", titles={"teacher_id": _("Уроки в расписании")}),
        MergedTable(table="diary_pattern_entry", titles={"teacher_id": _("Строки недельного расписания")}),
        MergedTable(table="diary_teacher_absence", titles={"teacher_id": _("Отсутствия учителя")}),
        MergedTable(
            table="diary_curriculum",
            titles={"author_id": _("Учебные планы"), "approved_by_id": _("Утверждённые учебные планы")},
        ),
        MergedTable(table="diary_curriculum_column", titles={"pupil_id": _("Индивидуальные учебные планы")}),
    ]


@hookimpl
def personal_data() -> Sequence[PersonalDataSource]:
    """Lessons a teacher gives."""
    return [
        PersonalDataSource(
            name="diary",
            title=_("Дневник и расписание"),
            export=checks.export,
            erase=checks.erase,
            words={
                "lessons_taught": _("уроков в расписании"),
                "first_lesson": _("первый урок"),
                "last_lesson": _("последний урок"),
                **changes.personal_words,
            },
        ),
        PersonalDataSource(
            name="curriculum",
            title=_("Учебный план"),
            export=named.export,
            erase=named.erase,
            words={
                "individual_plans": _("индивидуальный план в составе"),
                "curricula_written": _("составил или утвердил"),
            },
        ),
    ]


@hookimpl
def demo_fillers() -> Sequence[DemoFiller]:
    """A curriculum and a timetable for the demo school."""
    return [
        DemoFiller(name="curriculum", title=_("Учебный план"), fill=curriculum_demo.fill),
        DemoFiller(name="diary", title=_("Расписание"), fill=demo.fill),
    ]


def _may_listen(db: Session, actor: Actor, identifier: str) -> bool:
    try:
        pupil_id = UUID(identifier)
    except ValueError:
        return False
    return actor.can(VIEW) and may_see(db, actor, pupil_id)


def _mark_set(db: Session, event: MarkSet) -> None:
    db.portal.live.publish(
        db, f"{TOPIC}:{event.pupil_id}", {"day": event.day.isoformat(), "subject": str(event.subject_id)}
    )


@hookimpl
def audited_actions() -> Sequence[AuditedAction]:
    """What is recorded, in words."""
    return [
        AuditedAction(name="diary.lesson.substitute", title=_("Замена урока")),
        AuditedAction(name="diary.lesson.cancel", title=_("Отмена урока")),
        AuditedAction(name="diary.timetable.generate", title=_("Составлено расписание")),
        *changes.audited_actions,
        AuditedAction(name="diary.curriculum.begin", title=_("Начат учебный план")),
        AuditedAction(name="diary.curriculum.change", title=_("Изменён учебный план")),
        AuditedAction(name="diary.curriculum.delete", title=_("Удалён черновик учебного плана")),
        AuditedAction(name="diary.curriculum.copy", title=_("Сделана новая версия учебного плана")),
        AuditedAction(name="diary.curriculum.hours", title=_("Изменены часы учебного плана")),
        AuditedAction(name="diary.curriculum.row", title=_("Изменены предметы учебного плана")),
        AuditedAction(name="diary.curriculum.submit", title=_("Учебный план отправлен на утверждение")),
        AuditedAction(name="diary.curriculum.take_back", title=_("Учебный план отозван с утверждения")),
        AuditedAction(name="diary.curriculum.send_back", title=_("Учебный план возвращён на доработку")),
        AuditedAction(name="diary.curriculum.approve", title=_("Утверждён учебный план")),
        AuditedAction(name="diary.curriculum.supersede", title=_("Учебный план заменён новой версией")),
        AuditedAction(name="diary.curriculum.teacher", title=_("Распределены часы учебного плана")),
        AuditedAction(name="diary.curriculum.load", title=_("Загружены часы учебного плана")),
        AuditedAction(name="diary.curriculum.column", title=_("Изменены столбцы учебного плана")),
    ]


@hookimpl
def audited_subjects() -> Sequence[AuditedSubject]:
    """What is changed, by name."""
    return [
        AuditedSubject(
            type=curricula.CURRICULUM,
            title=_("учебный план"),
            name=named.curricula_named,
            fields=named.FIELDS,
            values=named.VALUES,
        ),
        AuditedSubject(
            type="diary_lesson",
            title=_("урок"),
            name=lessons_named,
            fields={
                "day": _("день"),
                "number": _("номер урока"),
                "subject_id": _("предмет"),
                "teacher_id": _("учитель"),
                "room": _("кабинет"),
                "note": _("примечание"),
            },
            values={
                "status": {
                    "planned": _("по расписанию"),
                    "substituted": _("замена"),
                    "moved": _("перенесён"),
                    "cancelled": _("отменён"),
                }
            },
        ),
        *changes.audited_subjects,
    ]


@hookimpl
def cli_commands() -> Sequence[click.Command]:
    """`moyashkola timetable`."""
    return [timetable_command]
