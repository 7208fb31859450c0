"""A paper that the deputy head of the invented school has ordered, with its file."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time

import msgspec

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.papers import as_pdf
from core.roles.actor import ActingRole, Actor
from core.tasks.models import DONE, Task
from core.web.i18n import sentence
from plugins.journal.papers.class_journal import class_journal
from plugins.journal.papers.orders import JOURNAL, PAPER_FILES, PAPER_TASK, Order, file_subject

CLASS = "9А"
ORDERED_BY = "deputy_head"
FEWEST = 12
"""A school of fewer classes is made for tests in a hurry, where drawing a journal would be felt."""


def order_journal(db: Session, actor: Actor, school: DemoSchool) -> None:
    """The journal of a class as it stands today, ordered at noon."""
    school_class = next((each for each in school.classes if each.name == CLASS), None)
    person = school.staff.get(ORDERED_BY)
    if school_class is None or person is None or len(school.classes) < FEWEST:
        return
    place = school.organization
    role = ActingRole(
        id=new_id(),
        kind=ORDERED_BY,
        organization_id=place.id,
        organization_kind=place.kind,
        organization_name=place.short_name,
        organization_path=place.path,
        timezone=place.timezone or db.portal.config.timezone,
    )
    reader = msgspec.structs.replace(actor, person_id=person.id, role=role)
    paper, parts = class_journal(db, reader, school_class.id)
    at = datetime.combine(school.today, time(12), UTC)
    order = Order(kind=JOURNAL, class_id=school_class.id, class_name=school_class.name)
    task = Task(
        id=new_id(),
        kind=PAPER_TASK,
        payload=msgspec.to_builtins(order, str_keys=True),
        key=None,
        status=DONE,
        attempts=1,
        progress=100,
        progress_text=sentence("Готово: %(name)s", name=f"{paper.title}.pdf"),
        person_id=person.id,
        organization_id=place.id,
        created_at=at,
        finished_at=at,
        run_at=at,
    )
    db.add(task)
    db.flush()
    files = db.portal.files
    received = files.receive(f"{paper.title}.pdf", io.BytesIO(as_pdf(paper, parts)))
    files.keep(
        db,
        reader,
        received,
        purpose=PAPER_FILES,
        organization_id=place.id,
        subject=file_subject(task.id),
    )
