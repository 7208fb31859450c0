"""The front door of the journal: what the plugin gives to the portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.attached_files import TYPES
from core.capabilities import LessonsPlanned
from core.database.session import Session
from core.hooks import (
    AuditedAction,
    AuditedSubject,
    CapabilityProvider,
    Card,
    DataCheck,
    DemoFiller,
    DocumentReaders,
    FilePurpose,
    LiveTopic,
    Manifest,
    MenuEntry,
    MergedTable,
    NotificationKind,
    PeopleMerged,
    PeopleParted,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    ScheduledTask,
    Scope,
    SearchSource,
    SlotFill,
    Subscription,
    TaskKind,
    hookimpl,
)
from core.roles.actor import Actor
from core.web.i18n import lazy as _
from plugins.journal.access import ANNOUNCE, ATTEND, EDIT, EXPLAIN, MARK, SHEET, VIEW, VIEW_OWN, visible
from plugins.journal.api import api_routes
from plugins.journal.attendance import live as attendance_live
from plugins.journal.attendance.announcing import ABSENCE, ABSENCE_FILES, ABSENCE_NEWS, PAPERS
from plugins.journal.attendance.api import attendance_api_routes
from plugins.journal.attendance.cards import absent_today, announced_absences
from plugins.journal.attendance.changed_things import FIELDS, VALUES, absences_named, recodings_named
from plugins.journal.attendance.deciding import may_read_basis, may_read_paper, waiting_count
from plugins.journal.attendance.personal import check_attendance
from plugins.journal.attendance.recoding import RECODING, RECODING_FILES
from plugins.journal.behaviour.api import behaviour_api_routes
from plugins.journal.behaviour.named import behaviours_named
from plugins.journal.behaviour.pages import behaviour_page_routes
from plugins.journal.behaviour.provided import JournalBehaviours
from plugins.journal.behaviour.sheets import BEHAVE, BEHAVIOUR
from plugins.journal.capabilities import JournalAbsences, JournalMarks, JournalRemarks
from plugins.journal.cards import find_pages, todays_lessons
from plugins.journal.changed_things import (
    cells_named,
    lessons_named,
    marks_named,
    pages_named,
    term_marks_named,
)
from plugins.journal.checks import check_journal, erase_person, export_person
from plugins.journal.control_works.api import control_work_api_routes
from plugins.journal.control_works.pages import control_work_routes
from plugins.journal.criteria.api import criteria_api_routes
from plugins.journal.criteria.pages import criteria_page_routes
from plugins.journal.demo.school import fill_journal
from plugins.journal.exemptions.api import exemption_api_routes
from plugins.journal.exemptions.exempting import EXEMPTION
from plugins.journal.exemptions.named import FIELDS as EXEMPTION_FIELDS
from plugins.journal.exemptions.named import VALUES as EXEMPTION_VALUES
from plugins.journal.exemptions.named import exemptions_named
from plugins.journal.exemptions.pages import exemption_page_routes
from plugins.journal.exemptions.provided import JournalExemptions
from plugins.journal.external.api import external_api_routes
from plugins.journal.external.pages import external_page_routes
from plugins.journal.grid.stored_cells import CELL, TOPIC
from plugins.journal.homework.api import homework_api_routes
from plugins.journal.homework.cards import works_to_review
from plugins.journal.homework.changed_things import (
    TASK_FIELDS,
    WORK_FIELDS,
    WORK_VALUES,
    tasks_named,
    works_named,
)
from plugins.journal.homework.copy_pages import homework_copy_routes
from plugins.journal.homework.family_api import family_homework_api_routes
from plugins.journal.homework.family_pages import family_homework_routes
from plugins.journal.homework.items import ITEM_IDS
from plugins.journal.homework.materials import HOMEWORK_FILES
from plugins.journal.homework.models import SUBMISSION
from plugins.journal.homework.pages import homework_page_routes
from plugins.journal.homework.provided import JournalHomework
from plugins.journal.homework.reach import HAND_IN, may_read_document, may_read_material, may_read_work
from plugins.journal.homework.reminding import EVERY, HOMEWORK_DUE, REMINDERS, remind
from plugins.journal.homework.reviewing import WORK_NEWS
from plugins.journal.homework.tasks import TASK
from plugins.journal.homework.works import SUBMISSION_FILES
from plugins.journal.lessons.api import column_api_routes
from plugins.journal.lessons.lessons import LESSON
from plugins.journal.lessons.planned import take_over
from plugins.journal.merged_people import MERGED_TABLES, merged, parted
from plugins.journal.models import JournalPage
from plugins.journal.pages import page_routes
from plugins.journal.papers.api import paper_api_routes
from plugins.journal.papers.making import make
from plugins.journal.papers.order_api import order_api_routes
from plugins.journal.papers.order_pages import order_page_routes
from plugins.journal.papers.orders import ORDER, PAPER_FILES, PAPER_TASK, READY, may_read_ordered
from plugins.journal.papers.pages import paper_page_routes
from plugins.journal.papers.report_cards import JournalReportCards
from plugins.journal.pupil_records import JournalRecords
from plugins.journal.pupils.api import pupil_api_routes
from plugins.journal.pupils.pages import pupil_page_routes
from plugins.journal.remarks.api import remark_api_routes
from plugins.journal.remarks.pages import remark_page_routes
from plugins.journal.remarks.writing import REMARK_NEWS
from plugins.journal.reports.api import report_api_routes
from plugins.journal.reports.gradebook import JournalGradebook
from plugins.journal.reports.named import reminders_named
from plugins.journal.reports.pages import report_page_routes
from plugins.journal.reports.reminding import CONTROL, REMIND
from plugins.journal.reports.school_figures import SUMMARY
from plugins.journal.settings import JournalSettings
from plugins.journal.terms.api import terms_api_routes
from plugins.journal.terms.journal_term_marks import TERM_MARK
from plugins.journal.terms.of_pupil import JournalTermMarks
from plugins.journal.terms.pages import terms_page_routes
from plugins.journal.terms.readiness import TERM_MARKS_DUE
from plugins.journal.topics.api import topic_api_routes
from plugins.journal.topics.named import PAGE_FIELDS, PAGE_VALUES, PLAN_FIELDS, plans_named
from plugins.journal.topics.page_plan_api import page_plan_api_routes
from plugins.journal.topics.pages import topic_page_routes
from plugins.journal.topics.plan_topics_api import plan_topic_api_routes
from plugins.journal.topics.plans import PLAN
from plugins.journal.topics.provided import JournalLessonPlans


@hookimpl
def manifest() -> Manifest:
    """What the plugin is."""
    return Manifest(
        name="journal",
        title=_("Журнал"),
        version="1.0.0",
        core_api=">=1.0,<2",
        description=_("Классный журнал: темы уроков, отметки, посещаемость и домашние задания с историей."),
        provides=(
            "marks",
            "attendance",
            "homework",
            "remarks",
            "term_marks",
            "behaviour",
            "report_cards",
            "exemptions",
            "gradebook",
            "lesson_plans",
        ),
        optional=("lessons", "content", "documents", "curriculum"),
        personal_data=(
            PersonalData(category=_("Отметки и комментарии учителей"), purpose=_("Учёт успеваемости")),
            PersonalData(
                category=_("Отметки за периоды, годовые и итоговые"), purpose=_("Учёт успеваемости")
            ),
            PersonalData(category=_("Отметки за поведение"), purpose=_("Воспитательная работа")),
            PersonalData(category=_("Баллы по критериям"), purpose=_("Учёт успеваемости")),
            PersonalData(category=_("Похвала и замечания учителей"), purpose=_("Связь школы с семьёй")),
            PersonalData(
                category=_("Освобождения от предметов: причина, основание"),
                purpose=_("Учёт освобождений от уроков"),
            ),
            PersonalData(category=_("Отметки прежних школ"), purpose=_("Учёт успеваемости")),
            PersonalData(category=_("Посещаемость уроков"), purpose=_("Учёт посещаемости")),
            PersonalData(
                category=_("Сданные домашние работы, их файлы, документы и ответы учителей"),
                purpose=_("Проверка домашних заданий"),
            ),
            PersonalData(
                category=_("Сообщения семей о пропусках: причина, пояснение, документы"),
                purpose=_("Учёт причин пропусков"),
            ),
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
            name=BEHAVE,
            title=_("Ставить отметки за поведение своему классу"),
            grants={"class_teacher": Reach.OWN, "deputy_head": whole},
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
        Permission(
            name=ATTEND,
            title=_("Отмечать посещаемость: учитель – своих уроков, классный руководитель – своего класса"),
            grants={"teacher": Reach.OWN, "class_teacher": Reach.OWN, "deputy_head": whole},
            changes=True,
        ),
        Permission(
            name=EXPLAIN,
            title=_("Указывать причины пропусков, отвечать на сообщения семей, освобождать от предметов"),
            grants={"class_teacher": Reach.OWN, "deputy_head": whole},
            changes=True,
        ),
        Permission(
            name=SHEET,
            title=_("Видеть, кто отсутствует сегодня"),
            grants={
                "class_teacher": Reach.OWN,
                **dict.fromkeys(("deputy_head", "head", "secretary", "school_administrator"), whole),
            },
        ),
        Permission(
            name=HAND_IN,
            title=_("Сдавать домашние работы"),
            grants={"pupil": Reach.OWN},
            changes=True,
        ),
        Permission(
            name=ANNOUNCE,
            title=_("Сообщать школе о пропусках своего ребёнка"),
            grants={"guardian": Reach.OWN},
            changes=True,
        ),
        Permission(
            name=SUMMARY,
            title=_("Видеть показатели школ без имён учеников"),
            grants={"municipal_coordinator": Reach.BELOW, "regional_coordinator": Reach.BELOW},
        ),
        Permission(
            name=REMIND,
            title=_("Напоминать учителям о незаполненном журнале"),
            grants={"deputy_head": whole},
            changes=True,
        ),
        Permission(
            name=ORDER,
            title=_("Заказывать журнал класса и архив журналов школы"),
            grants={"class_teacher": Reach.OWN, "deputy_head": whole, "head": whole},
            changes=True,
        ),
    ]


@hookimpl
def routes() -> Sequence[Any]:
    """Pages and the API."""
    return [
        *page_routes,
        *pupil_page_routes,
        *remark_page_routes,
        *exemption_page_routes,
        *external_page_routes,
        *terms_page_routes,
        *topic_page_routes,
        *report_page_routes,
        *homework_page_routes,
        *family_homework_routes,
        *homework_copy_routes,
        *control_work_routes,
        *criteria_page_routes,
        *behaviour_page_routes,
        *paper_page_routes,
        *order_page_routes,
        *api_routes,
        *column_api_routes,
        *attendance_api_routes,
        *pupil_api_routes,
        *remark_api_routes,
        *exemption_api_routes,
        *external_api_routes,
        *terms_api_routes,
        *topic_api_routes,
        *plan_topic_api_routes,
        *page_plan_api_routes,
        *report_api_routes,
        *homework_api_routes,
        *family_homework_api_routes,
        *control_work_api_routes,
        *criteria_api_routes,
        *behaviour_api_routes,
        *paper_api_routes,
        *order_api_routes,
    ]


@hookimpl
def menu_entries() -> Sequence[MenuEntry]:
    """The journal in the main menu."""
    return [
        MenuEntry(title=_("Журнал"), url="/journal", icon="journal", permission=VIEW, order=10),
        MenuEntry(
            title=_("Посещаемость"),
            url="/journal/absent",
            icon="attendance",
            permission=SHEET,
            order=11,
            badge=waiting_count,
        ),
        MenuEntry(
            title=_("Показатели школ"), url="/journal/schools", icon="chart", permission=SUMMARY, order=12
        ),
        MenuEntry(title=_("Пропуски"), url="/absences", icon="attendance", permission=VIEW_OWN, order=35),
    ]


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
            name="journal-works",
            title=_("Сданные работы"),
            icon="inbox",
            permission=MARK,
            content=works_to_review,
            order=12,
        ),
        Card(
            name="journal-absent",
            title=_("Отсутствуют сегодня"),
            icon="attendance",
            permission=SHEET,
            content=absent_today,
            order=20,
        ),
        Card(
            name="journal-announced",
            title=_("Сообщения семей о пропусках"),
            icon="inbox",
            permission=EXPLAIN,
            content=announced_absences,
            order=15,
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
    records = JournalRecords()
    return [
        CapabilityProvider(capability="marks", implementation=JournalMarks(records)),
        CapabilityProvider(capability="attendance", implementation=JournalAbsences(records)),
        CapabilityProvider(capability="homework", implementation=JournalHomework(records)),
        CapabilityProvider(capability="remarks", implementation=JournalRemarks(records)),
        CapabilityProvider(capability="term_marks", implementation=JournalTermMarks()),
        CapabilityProvider(capability="behaviour", implementation=JournalBehaviours()),
        CapabilityProvider(capability="report_cards", implementation=JournalReportCards()),
        CapabilityProvider(capability="gradebook", implementation=JournalGradebook()),
        CapabilityProvider(capability="exemptions", implementation=JournalExemptions(records)),
        CapabilityProvider(capability="lesson_plans", implementation=JournalLessonPlans()),
    ]


@hookimpl
def live_topics() -> Sequence[LiveTopic]:
    """Changes of a page, for those who may open it."""
    return [
        LiveTopic(name=TOPIC, may_listen=_may_listen),
        LiveTopic(name=attendance_live.ATTENDANCE_TOPIC, may_listen=attendance_live.may_listen),
    ]


@hookimpl
def notification_kinds() -> Sequence[NotificationKind]:
    """What the journal tells people."""
    return [
        NotificationKind(name=TERM_MARKS_DUE, title=_("Отметки за период"), icon="marks"),
        NotificationKind(name=REMARK_NEWS, title=_("Похвала и замечания"), icon="message"),
        NotificationKind(name=HOMEWORK_DUE, title=_("Незаписанные домашние задания"), icon="journal"),
        NotificationKind(name=WORK_NEWS, title=_("Проверенные домашние работы"), icon="journal"),
        NotificationKind(name=ABSENCE_NEWS, title=_("Сообщения о пропусках и ответы"), icon="attendance"),
        NotificationKind(name=READY, title=_("Готовые бумаги и выгрузки"), icon="document"),
        NotificationKind(name=CONTROL, title=_("Что не заполнено в журнале"), icon="journal"),
    ]


@hookimpl
def tasks() -> Sequence[TaskKind]:
    """Reminding of homework that is not written; papers that take long."""
    return [TaskKind(name=REMINDERS, run=remind), TaskKind(name=PAPER_TASK, run=make, attempts=2)]


@hookimpl
def scheduled_tasks() -> Sequence[ScheduledTask]:
    """Reminding, looked at twice an hour: every school has its hour and its time zone."""
    return [ScheduledTask(kind=REMINDERS, every=EVERY)]


@hookimpl
def file_purposes() -> Sequence[FilePurpose]:
    """Papers of absences, files of homework and of works handed in."""
    return [
        FilePurpose(name=ABSENCE_FILES, may_read=may_read_paper, media_types=PAPERS),
        FilePurpose(name=HOMEWORK_FILES, may_read=may_read_material, media_types=TYPES),
        FilePurpose(name=SUBMISSION_FILES, may_read=may_read_work, media_types=TYPES),
        FilePurpose(name=PAPER_FILES, may_read=may_read_ordered),
        FilePurpose(name=RECODING_FILES, may_read=may_read_basis, media_types=TYPES),
    ]


@hookimpl
def document_readers() -> Sequence[DocumentReaders]:
    """Documents of the portal handed in with works."""
    return [DocumentReaders(name=SUBMISSION, may_read=may_read_document)]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    """The way from a child to announcing an absence."""
    return [
        SlotFill(
            slot="child.card",
            template="journal/on_child.html",
            permission=ANNOUNCE,
            render=lambda _db, _actor, child: {"child": child} if child.acts else None,
            order=110,
        )
    ]


@hookimpl
def data_checks() -> Sequence[DataCheck]:
    """Marks that do not agree with their lesson."""
    return [
        DataCheck(name="journal", title=_("Журнал: отметки и уроки"), run=check_journal),
        DataCheck(name="journal-absences", title=_("Журнал: сообщения о пропусках"), run=check_attendance),
    ]


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
        Scope(
            name="journal.read", title=_("Читать журнал"), permissions=(VIEW, VIEW_OWN, SHEET, SUMMARY, ORDER)
        ),
        Scope(
            name="journal.write", title=_("Писать в журнал"), permissions=(VIEW, MARK, EDIT, BEHAVE, REMIND)
        ),
        Scope(
            name="journal.homework",
            title=_("Сдавать домашние работы"),
            permissions=(VIEW_OWN, HAND_IN),
        ),
        Scope(
            name="journal.attendance",
            title=_("Отмечать посещаемость, сообщать о пропусках и отвечать на сообщения"),
            permissions=(VIEW, VIEW_OWN, SHEET, ATTEND, EXPLAIN, ANNOUNCE),
        ),
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
        AuditedAction(name="journal.column.add", title=_("Добавлен столбец вне урока")),
        AuditedAction(name="journal.column.remove", title=_("Убран столбец вне урока")),
        AuditedAction(name="journal.lesson.change", title=_("Изменён урок")),
        AuditedAction(name="journal.cell.set", title=_("Запись в клетке журнала")),
        AuditedAction(name="journal.comment.set", title=_("Комментарий к отметке")),
        AuditedAction(name="journal.remark.add", title=_("Похвала или замечание")),
        AuditedAction(name="journal.remark.remove", title=_("Убрана похвала или замечание")),
        AuditedAction(name="journal.remark.erase", title=_("Стёрта похвала или замечание")),
        AuditedAction(name="journal.term_mark.set", title=_("Отметка за период")),
        AuditedAction(name="journal.term_mark.erase", title=_("Стёрта причина отметки за период")),
        AuditedAction(name="journal.comment.erase", title=_("Стёрт комментарий к отметке")),
        AuditedAction(name="journal.criteria.set", title=_("Заданы критерии работы")),
        AuditedAction(name="journal.behaviour.set", title=_("Отметка за поведение")),
        AuditedAction(name="journal.points.set", title=_("Баллы по критериям")),
        AuditedAction(name="journal.recoding.make", title=_("Указана причина пропусков")),
        AuditedAction(name="journal.recoding.undo", title=_("Отменена причина пропусков")),
        AuditedAction(name="journal.external.take", title=_("Записаны отметки прежней школы")),
        AuditedAction(name="journal.external.remove", title=_("Убрана отметка прежней школы")),
        AuditedAction(name="journal.exemption.give", title=_("Ученик освобождён от предмета")),
        AuditedAction(name="journal.exemption.end", title=_("Освобождение закончено раньше")),
        AuditedAction(name="journal.exemption.withdraw", title=_("Освобождение отменено")),
        AuditedAction(name="journal.exemption.erase", title=_("Стёрты причина и основание освобождения")),
        AuditedAction(name="journal.absence.announce", title=_("Семья сообщила о пропуске")),
        AuditedAction(name="journal.absence.withdraw", title=_("Семья отозвала сообщение о пропуске")),
        AuditedAction(name="journal.absence.confirm", title=_("Подтверждено сообщение о пропуске")),
        AuditedAction(name="journal.absence.refuse", title=_("Отклонено сообщение о пропуске")),
        AuditedAction(name="journal.absence.erase", title=_("Стёрты пояснения к пропускам")),
        AuditedAction(name="journal.control.remind", title=_("Учителю напомнили о незаполненном журнале")),
        AuditedAction(name="journal.homework.attach", title=_("Приложены файлы к домашнему заданию")),
        AuditedAction(name="journal.homework.detach", title=_("Убран файл из домашнего задания")),
        AuditedAction(name="journal.homework.task_add", title=_("Дано задание отдельным ученикам")),
        AuditedAction(name="journal.homework.task_change", title=_("Изменено задание отдельным ученикам")),
        AuditedAction(name="journal.homework.task_remove", title=_("Убрано задание отдельным ученикам")),
        AuditedAction(name="journal.submission.hand_in", title=_("Сдана домашняя работа")),
        AuditedAction(name="journal.submission.detach", title=_("Убран файл из домашней работы")),
        AuditedAction(name="journal.submission.accept", title=_("Принята домашняя работа")),
        AuditedAction(name="journal.submission.return", title=_("Домашняя работа возвращена на исправление")),
        AuditedAction(name="journal.submission.erase", title=_("Стёрта домашняя работа")),
        AuditedAction(name="journal.plan.begin", title=_("Составлен план уроков")),
        AuditedAction(name="journal.plan.change", title=_("Изменён план уроков")),
        AuditedAction(name="journal.plan.delete", title=_("Удалён план уроков")),
        AuditedAction(name="journal.plan.topic_add", title=_("Добавлены темы плана")),
        AuditedAction(name="journal.plan.topic_change", title=_("Изменена тема плана")),
        AuditedAction(name="journal.plan.topic_move", title=_("Передвинута тема плана")),
        AuditedAction(name="journal.plan.topic_remove", title=_("Убраны темы плана")),
        AuditedAction(name="journal.plan.topic_restore", title=_("Возвращена тема плана")),
        AuditedAction(name="journal.plan.apply", title=_("План применён к странице журнала")),
        AuditedAction(name="journal.plan.leave", title=_("План снят со страницы журнала")),
        AuditedAction(name="journal.plan.depart", title=_("Страница отступает от плана")),
    ]


@hookimpl
def audited_subjects() -> Sequence[AuditedSubject]:
    """What is changed, by name."""
    return [
        AuditedSubject(
            type="journal.page",
            title=_("страница журнала"),
            name=pages_named,
            fields=PAGE_FIELDS,
            values=PAGE_VALUES,
        ),
        AuditedSubject(type=PLAN, title=_("план уроков"), name=plans_named, fields=PLAN_FIELDS),
        AuditedSubject(type=CONTROL, title=_("контроль журнала"), name=reminders_named),
        AuditedSubject(
            type=LESSON,
            title=_("урок"),
            name=lessons_named,
            fields={
                "homework_links": _("ссылки к заданию"),
                "homework_items": _("материалы библиотеки"),
                "files": _("файлы"),
                "criteria": _("критерии"),
            },
            untold=(ITEM_IDS,),
        ),
        AuditedSubject(
            type=TASK,
            title=_("задание отдельным ученикам"),
            name=tasks_named,
            fields=TASK_FIELDS,
            untold=(ITEM_IDS,),
        ),
        AuditedSubject(
            type=SUBMISSION,
            title=_("домашняя работа"),
            name=works_named,
            fields=WORK_FIELDS,
            values=WORK_VALUES,
        ),
        AuditedSubject(type=BEHAVIOUR, title=_("поведение"), name=behaviours_named),
        AuditedSubject(type=CELL, title=_("клетка журнала"), name=cells_named),
        AuditedSubject(type="journal.mark", title=_("отметка"), name=marks_named),
        AuditedSubject(
            type=ABSENCE, title=_("сообщение о пропуске"), name=absences_named, fields=FIELDS, values=VALUES
        ),
        AuditedSubject(
            type=RECODING, title=_("причина пропусков"), name=recodings_named, fields=FIELDS, values=VALUES
        ),
        AuditedSubject(
            type=EXEMPTION,
            title=_("освобождение"),
            name=exemptions_named,
            fields=EXEMPTION_FIELDS,
            values=EXEMPTION_VALUES,
        ),
        AuditedSubject(type=TERM_MARK, title=_("отметка за период"), name=term_marks_named),
    ]
