"""A school with the longest names there are, and eyes to look at its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from core.identity.models import Person
from core.identity.names import sort_key
from core.organizations.models import Enrollment, SchoolClass, Subject
from core.portal import Portal
from core.testing.fixtures import Databases, demo_portal
from core.testing.server import Server
from tests.browser.pages.looking import Eyes

LONG_NAME = ("Константинопольская-Преображенская", "Александра-Виктория", "Максимилиановна")
LONG_SUBJECT = "Основы безопасности и защиты Родины, духовно-нравственной культуры народов России"


@pytest.fixture(scope="module")
def storage(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The demo schools, where a pupil of 9А, a subject and the neighbouring school have very long names.

    One kind of database is enough: what is looked at comes from templates.
    """
    portal = demo_portal("sqlite", databases, tmp_path_factory)
    with portal.database.transaction() as db:
        pupil = db.scalars(
            select(Person)
            .join(Enrollment, Enrollment.person_id == Person.id)
            .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
            .where(SchoolClass.name == "9А", Person.last_name != "Ковалёва")
            .order_by(Person.id)
            .limit(1)
        ).one()
        pupil.last_name, pupil.first_name, pupil.middle_name = LONG_NAME
        pupil.name_key = sort_key(pupil.full_name)
        for subject in db.scalars(select(Subject).where(Subject.short_name.in_(("ОБЗР", "ОБЖ", "Музыка")))):
            subject.name, subject.name_key = LONG_SUBJECT, sort_key(LONG_SUBJECT)
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def eyes(server: Server, chromium: Browser) -> Eyes:
    """Browsers before this module's server."""
    return Eyes(chromium, server.address)
