"""What a pupil has got at a lesson, and the work handed in for it; guardians read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.attached_files import keep_attached
from core.audit.record import Change, record
from core.capabilities import HomeworkItem
from core.database.base import new_id, now
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.files import Received
from core.identity.models import Person
from core.portal_documents import LONGEST_DOCUMENT_ID
from core.roles.actor import Actor
from core.school_events import WorkHandedIn
from core.web.i18n import counted, sentence
from plugins.journal.homework.documents import hand_in_documents, titles_of
from plugins.journal.homework.due import is_nothing, later_lessons
from plugins.journal.homework.items import items_of, items_of_tasks
from plugins.journal.homework.links import links_of
from plugins.journal.homework.materials import HOMEWORK_FILES, Attached, file_of, files_about
from plugins.journal.homework.models import SUBMISSION, HomeworkTask, HomeworkTaskPupil, Submission
from plugins.journal.homework.reach import HAND_IN, lesson_of_family
from plugins.journal.homework.works import SUBMISSION_FILES, Work, works_of

LONGEST_WORK = 20_000


class OwnTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task that the pupil has got besides the class."""

    text: Annotated[str, Meta(description="Задание.")]
    minutes: Annotated[int | None, Meta(description="Сколько минут займёт; null – не указано.")]
    items: Annotated[Sequence[HomeworkItem], Meta(description="Материалы библиотеки, по порядку.")] = ()


class PupilHomework(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a pupil has got at a lesson, with the work."""

    lesson: Annotated[UUID, Meta(description="Ключ урока, на котором задано.")]
    day: Annotated[date, Meta(description="День этого урока.")]
    due_day: Annotated[date | None, Meta(description="К какому дню; null, если следующего урока ещё нет.")]
    subject: str
    text: Annotated[str, Meta(description="Задание класса; может быть пусто.")]
    minutes: Annotated[int | None, Meta(description="Сколько минут займёт; null – не указано.")]
    links: Annotated[Sequence[str], Meta(description="Ссылки к заданию.")]
    files: Annotated[Sequence[Attached], Meta(description="Файлы к заданию.")]
    items: Annotated[Sequence[HomeworkItem], Meta(description="Материалы библиотеки к заданию, по порядку.")]
    tasks: Annotated[Sequence[OwnTask], Meta(description="Задания этому ученику сверх класса.")]
    work: Annotated[Work, Meta(description="Что сдал ученик.")]
    may_hand_in: Annotated[bool, Meta(description="Вы можете сдать работу.")]

    @property
    def is_given(self) -> bool:
        """Whether there is anything to be done."""
        return bool(not is_nothing(self.text) or self.links or self.files or self.items or self.tasks)


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A work as a pupil hands it in. `seen` is the version the pupil has seen."""

    text: Annotated[str, Meta(max_length=100_000, description="Ответ, не длиннее 20000 знаков.")] = ""
    documents: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_DOCUMENT_ID)]] | msgspec.UnsetType,
        Meta(
            description="Ключи своих документов портала, не больше 10: каждый сдаётся таким, какой он сейчас. Чего в "
            "списке нет, то из работы убирается; без поля документы работы остаются как есть."
        ),
    ] = msgspec.UNSET
    seen: Annotated[
        int | None,
        Meta(description="Версия работы, которую вы видели; если она уже другая, ответ – 409. null – любая."),
    ] = None


def pupil_homework(db: Session, actor: Actor, lesson_id: UUID, pupil_id: UUID) -> PupilHomework:
    """What a pupil has got at a lesson. Raises `NotFound` for anybody else's child."""
    return _given(db, actor, lesson_of_family(db, actor, lesson_id, pupil_id), pupil_id)


def _given(db: Session, actor: Actor, lesson: Any, pupil_id: UUID) -> PupilHomework:
    due = next(iter(later_lessons(db, lesson.page_id, lesson.day, lesson.number, 1)), None)
    tasks = db.execute(
        select(HomeworkTask.id, HomeworkTask.text, HomeworkTask.minutes)
        .join(HomeworkTaskPupil, HomeworkTaskPupil.task_id == HomeworkTask.id)
        .where(HomeworkTask.lesson_id == lesson.id, HomeworkTaskPupil.pupil_id == pupil_id)
        .order_by(HomeworkTask.id)
    ).all()
    own_items = items_of_tasks(db, actor, [row.id for row in tasks])
    work = works_of(db, actor, lesson.organization_id, lesson.id, pupil_id).get(pupil_id, Work())
    return PupilHomework(
        lesson=lesson.id,
        day=lesson.day,
        due_day=due.day if due else None,
        subject=lesson.subject,
        text=lesson.homework,
        minutes=lesson.homework_minutes,
        links=links_of(lesson.homework_links),
        files=files_about(db, HOMEWORK_FILES, lesson.organization_id, [lesson.id]).get(lesson.id, []),
        items=items_of(db, actor, [lesson.id]).get(lesson.id, []),
        tasks=[OwnTask(text=row.text, minutes=row.minutes, items=own_items.get(row.id, [])) for row in tasks],
        work=work,
        may_hand_in=actor.can(HAND_IN) and actor.person_id == pupil_id and work.state != "accepted",
    )


def hand_in(
    db: Session,
    actor: Actor,
    lesson_id: UUID,
    pupil_id: UUID,
    handed: Handed,
    files: Sequence[Received] = (),
) -> UUID:
    """Hand in a work, or hand it in anew; returns its id.

    Raises `NotFound` for anybody but the pupil, `Conflict` for a work that is reviewed already, or if nothing has
    been given, `Invalid` for a text too long, a work of nothing, or a document that is not the pupil's own.
    """
    actor.require(HAND_IN)
    if actor.person_id != pupil_id:
        raise NotFound("Сдать работу может только сам ученик.", advice="Попросите его войти в портал.")
    lesson = lesson_of_family(db, actor, lesson_id, pupil_id)
    _hold(db, lesson_id, pupil_id)
    given = _given(db, actor, lesson, pupil_id)
    work = given.work
    _require_open(given, handed.seen)
    text = handed.text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_WORK:
        wrong = counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_WORK)
        raise Invalid("Работа не сдана.", advice="Приложите длинный текст файлом.", fields={"text": wrong})
    had = work.handed_documents
    documents = [each.document for each in had] if handed.documents is msgspec.UNSET else handed.documents
    if not (text or files or work.files or documents):
        wrong = sentence("Напишите ответ или приложите файл.")
        raise Invalid("Работа не сдана.", advice=wrong, fields={"text": wrong})
    organization_id = lesson.organization_id
    made = db.get(Submission, work.id) if work.id else None
    if made is None:
        made = Submission(
            id=new_id(), organization_id=organization_id, lesson_id=lesson_id, pupil_id=pupil_id, version=0
        )
        db.add(made)
    made.text, made.state, made.version, made.handed_in_at = text, "handed_in", work.version + 1, now()
    db.flush()
    if files:
        keep_attached(
            db,
            actor,
            files,
            purpose=SUBMISSION_FILES,
            organization_id=organization_id,
            subject=str(made.id),
            had=len(work.files),
        )
    if handed.documents is not msgspec.UNSET:
        hand_in_documents(
            db, actor, made, work.documents, handed.documents, answered=work.state == "returned"
        )
    _note(
        db,
        actor,
        organization_id,
        made.id,
        "journal.submission.hand_in",
        version=made.version,
        titles=titles_of(db, made.id) if documents or had else None,
        before={"documents": [each.title for each in had]} if had else None,
    )
    db.publish(
        WorkHandedIn(
            organization_id=organization_id,
            lesson_id=lesson_id,
            pupil_id=pupil_id,
            work_id=made.id,
            version=made.version,
        )
    )
    return made.id


def _hold(db: Session, lesson_id: UUID, pupil_id: UUID) -> None:
    """Of two that hand in at once, or of the pupil and the teacher, the second waits and then finds the first."""
    db.execute(select(Person.id).where(Person.id == pupil_id).with_for_update())
    db.execute(
        select(Submission.id)
        .where(Submission.lesson_id == lesson_id, Submission.pupil_id == pupil_id)
        .with_for_update()
    )


def _require_open(given: PupilHomework, seen: int | None) -> None:
    if given.work.state == "accepted":
        raise Conflict(
            "Работу уже проверили, изменить её нельзя.",
            advice="Если в ней ошибка, скажите учителю: он вернёт её на исправление.",
        )
    if not given.is_given and not given.work.state:
        raise Conflict(
            "На этом уроке ничего не задано.", advice="Откройте дневник и выберите другое задание."
        )
    if seen is not None and seen != given.work.version:
        raise Conflict(
            "Работу уже сдали из другого окна.",
            advice="Посмотрите, что в ней сейчас. Если ваш текст вернее, сдайте его ещё раз.",
        )


def remove_own_file(db: Session, actor: Actor, lesson_id: UUID, pupil_id: UUID, file_id: UUID) -> None:
    """Take a file out of a work that is not reviewed yet.

    Raises `Conflict` if it is reviewed or nothing would be left of it, `NotFound` for anybody but the pupil.
    """
    actor.require(HAND_IN)
    lesson = lesson_of_family(db, actor, lesson_id, pupil_id)
    _hold(db, lesson_id, pupil_id)
    given = _given(db, actor, lesson, pupil_id)
    if actor.person_id != pupil_id or given.work.id is None:
        raise NotFound("Такого файла здесь уже нет.", advice="Обновите страницу.")
    _require_open(given, None)
    file = file_of(db, SUBMISSION_FILES, given.work.id, file_id)
    if not (given.work.text or given.work.handed_documents) and len(given.work.files) == 1:
        raise Conflict(
            "Без этого файла в работе ничего не останется.",
            advice="Сначала напишите ответ или приложите другой файл.",
        )
    _note(
        db,
        actor,
        lesson.organization_id,
        given.work.id,
        "journal.submission.detach",
        before={"files": [file.name]},
    )
    db.portal.files.delete(db, file)


def _note(
    db: Session,
    actor: Actor,
    organization_id: UUID,
    work_id: UUID,
    action: str,
    *,
    version: int | None = None,
    titles: Sequence[str] | None = None,
    before: dict[str, Any] | None = None,
) -> None:
    after: dict[str, Any] = {"version": version} if version else {}
    if titles is not None:
        after["documents"] = titles
    record(
        db,
        actor,
        organization_id,
        Change(
            action=action,
            subject_type=SUBMISSION,
            subject_id=str(work_id),
            before=before,
            after=after or None,
        ),
    )
