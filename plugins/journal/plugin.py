"""The front door of the journal: what the plugin gives to the portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.capabilities import LessonsPlanned
from core.database.session import Session
from core.hooks import (
    AuditedAction,
    CapabilityProvider,
    Card,
    DataCheck,
    DemoFiller,
    LiveTopic,
    Manifest,
    MenuEntry,
    MergedTable,
    PeopleMerged,
    PeopleParted,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    Scope,
    SearchSource,
    Subscription,
    hookimpl,
)
from core.roles.actor import Actor
from core.web.i18n import lazy as _
from plugins.journal.access import EDIT, MARK, VIEW, VIEW_OWN, visible
from plugins.journal.api import api_routes
from plugins.journal.capabilities import JournalAbsences, JournalHomework, JournalMarks
from plugins.journal.cards import absent_today, find_pages, todays_lessons
from plugins.journal.checks import check_journal, erase_person, export_person
from plugins.journal.demo import fill_journal
from plugins.journal.merged_people import MERGED_TABLES, merged, parted
from plugins.journal.models import JournalPage
from plugins.journal.pages import page_routes
from plugins.journal.planned import take_over
from plugins.journal.settings import JournalSettings
from plugins.journal.stored_cells import TOPIC


@hookimpl
def manifest() -> Manifest:
    """What the plugin is."""
    return Manifest(
        name="journal",
        title=_("Журнал"),
        version="1.0.0",
        core_api=">=1.0,<2",
        description=_("Классный журнал: темы уроков, отметки, посещаемость и домашние задания с историей."),
        provides=("marks", "attendance", "homework"),
        optional=("lessons",),
        personal_data=(
            PersonalData(category=_("Отметки и комментарии учителей"), purpose=_("Учёт успеваемости")),
            PersonalData(category=_("Посещаемость уроков"), purpose=_("Учёт посещаемости")),
        ),
        on_by_default=True,
    )


@hookimpl
def permissions() -> Sequence[Permission]:
    """Who may do what."""
    whole = Reach.ORGANIZATION
    return [
        Permission(
            name=VIEW,
            title=_("Видеть страницы журнала"),
            grants={
                "teacher": Reach.OWN,
                "class_teacher": Reach.OWN,
                "deputy_head": whole,
                "head": whole,
                "school_administrator": whole,
            },
        ),
        Permission(
            name=MARK,
            title=_("Ставить отметки и отмечать посещаемость"),
            grants={"teacher": Reach.OWN, "deputy_head": whole},
            changes=True,
        ),
        Permission(
            name=EDIT,
            title=_("Записывать темы и домашние задания, добавлять уроки"),
            grants={"teacher": Reach.OWN, "deputy_head": whole},
            changes=True,
        ),
        Permission(
            name=VIEW_OWN,
            title=_("Видеть свои отметки или отметки своего ребёнка"),
            grants={"pupil": Reach.OWN, "guardian": Reach.OWN},
        ),
    ]


@hookimpl
def routes() -> Sequence[Any]:
    """Pages and the API."""
    return [*page_routes, *api_routes]


@hookimpl
def menu_entries() -> Sequence[MenuEntry]:
    """The journal in the main menu."""
    return [MenuEntry(title=_("Журнал"), url="/journal", icon="journal", permission=VIEW, order=10)]


@hookimpl
def settings() -> type[JournalSettings]:
    """Scale, control kinds, attendance codes."""
    return JournalSettings


@hookimpl
def dashboard_cards() -> Sequence[Card]:
    """What waits for a teacher; who is absent."""
    return [
        Card(
            name="journal-today",
            title=_("Уроки сегодня"),
            icon="journal",
            permission=EDIT,
            content=todays_lessons,
            order=10,
        ),
        Card(
            name="journal-absent",
            title=_("Отсутствуют сегодня"),
            icon="attendance",
            permission=VIEW,
            content=absent_today,
            order=20,
        ),
    ]


@hookimpl
def search_sources() -> Sequence[SearchSource]:
    """Journal pages by class and subject."""
    return [SearchSource(name="journal", title=_("Журнал"), permission=VIEW, find=find_pages)]


@hookimpl
def event_subscribers() -> Sequence[Subscription]:
    """The timetable fills the journal with lessons; cells follow a pupil whose two cards are made one."""
    return [
        Subscription(event=LessonsPlanned, handle=take_over),
        Subscription(event=PeopleMerged, handle=merged),
        Subscription(event=PeopleParted, handle=parted),
    ]


@hookimpl
def capabilities() -> Sequence[CapabilityProvider]:
    """Marks, attendance and homework for the diary and others."""
    return [
        CapabilityProvider(capability="marks", implementation=JournalMarks()),
        CapabilityProvider(capability="attendance", implementation=JournalAbsences()),
        CapabilityProvider(capability="homework", implementation=JournalHomework()),
    ]


@hookimpl
def live_topics() -> Sequence[LiveTopic]:
    """Changes of a page, for those who may open it."""
    return [LiveTopic(name=TOPIC, may_listen=_may_listen)]


@hookimpl
def data_checks() -> Sequence[DataCheck]:
    """Marks that do not agree with their lesson."""
    return [DataCheck(name="journal", title=_("Журнал: отметки и уроки"), run=check_journal)]


@hookimpl
def personal_data() -> Sequence[PersonalDataSource]:
    """A person's marks and attendance."""
    return [
        PersonalDataSource(
            name="journal",
            title=_("Журнал"),
            export=export_person,
            erase=erase_person,
            follows_pupil=True,
        )
    ]


@hookimpl
def merged_tables() -> Sequence[MergedTable]:
    """How marks and attendance follow a pupil whose two cards are made one."""
    return MERGED_TABLES


@hookimpl
def api_scopes() -> Sequence[Scope]:
    """Reading and writing the journal with a token."""
    return [
        Scope(name="journal.read", title=_("Читать журнал"), permissions=(VIEW, VIEW_OWN)),
        Scope(name="journal.write", title=_("Писать в журнал"), permissions=(VIEW, MARK, EDIT)),
    ]


@hookimpl
def demo_fillers() -> Sequence[DemoFiller]:
    """Three months of a school's journal."""
    return [DemoFiller(name="journal", title=_("Журнал"), fill=fill_journal)]


def _may_listen(db: Session, actor: Actor, identifier: str) -> bool:
    try:
        page_id = UUID(identifier)
    except ValueError:
        return False
    if not actor.can(VIEW):
        return False
    return db.scalar(select(JournalPage.id).where(JournalPage.id == page_id, visible(actor))) is not None


@hookimpl
def audited_actions() -> Sequence[AuditedAction]:
    """What is recorded, in words."""
    return [
        AuditedAction(name="journal.page.begin", title=_("Заведена страница журнала")),
        AuditedAction(name="journal.lesson.add", title=_("Добавлен урок")),
        AuditedAction(name="journal.lesson.change", title=_("Изменён урок")),
        AuditedAction(name="journal.cell.set", title=_("Запись в клетке журнала")),
        AuditedAction(name="journal.comment.set", title=_("Комментарий к отметке")),
        AuditedAction(name="journal.comment.erase", title=_("Стёрт комментарий к отметке")),
    ]
