"""The demo's people who sign in by Gosuslugi: one of them works in two of its schools."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.config import Config
from core.database import migrations
from core.demo.build import build_demo
from core.demo.unfinished import OGRN
from core.identity.models import Person
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.fixtures import Databases
from core.testing.portal import running
from plugins.auth_esia.profile import normalized_snils
from plugins.auth_esia.stand.personas import SCHOOL_OGRN, SECOND_SCHOOL_OGRN, personas


def test_a_teacher_of_two_schools_chooses_where_to_work_now(
    engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert SECOND_SCHOOL_OGRN == OGRN
    persona = next(each for each in personas() if each.key == "teacher2")
    assert [each.ogrn for each in persona.organizations] == [SCHOOL_OGRN, SECOND_SCHOOL_OGRN]
    portal = Portal(
        Config(
            home=str(tmp_path_factory.mktemp("demo")),
            database_url=databases.fresh(engine),
            plugins=["auth_esia"],
            tasks_in_server=False,
        )
    )
    assert [problem for _, problem in migrations.upgrade(portal) if problem] == []
    assert build_demo(portal)
    assert not build_demo(portal), "what is made already stays"
    with portal.database.reading() as db:
        person = db.scalars(
            select(Person.id).where(Person.snils == normalized_snils(persona.snils or ""))
        ).one()
        places = db.execute(
            select(StructuralRole.kind, Organization.ogrn)
            .join(Organization, Organization.id == StructuralRole.organization_id)
            .where(StructuralRole.person_id == person)
        ).all()
        told = {(row.kind, row.ogrn): None for row in places}
        assert len(places) == len(told)
        assert {("teacher", SCHOOL_OGRN), ("teacher", SECOND_SCHOOL_OGRN)} <= told.keys()
    with running(portal) as under_test:
        teacher = under_test.sign_in_person(person)
        landed = teacher.get("/")
        assert landed.status_code == 303
        assert landed.headers["location"].startswith("/account")
        page = teacher.get("/account").text
        assert "Настройки аккаунта" in page
        roles = re.findall(r'name="role_id" value="([^"]+)"', page)
        assert len(roles) >= 2
        assert teacher.post("/account/role", data={"role_id": roles[-1]}).status_code == 303
        assert teacher.get("/").status_code == 200
