"""A portal with two empty schools, a way to run the command on it, and tables made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook
from sqlalchemy import func, select

from core.cli import cli
from core.config import Config
from core.database import migrations
from core.database.base import new_id
from core.identity.models import Person
from core.organizations.models import Enrollment, Organization, SchoolClass
from core.portal import Portal
from core.roles.models import StructuralRole
from core.tasks import Worker
from core.testing.fixtures import Databases
from core.testing.portal import PortalUnderTest, Visitor, running

YEAR = "2026/27"


@dataclass
class School:
    """A running portal, its schools, and the command line on the same database."""

    under_test: PortalUnderTest
    folder: Path
    ours: UUID
    neighbour: UUID

    @property
    def portal(self) -> Portal:
        return self.under_test.portal

    def command(self, *arguments: object) -> Result:
        """Run `moyashkola …` as an operator would; its exit code and everything it printed."""
        config = self.portal.config
        environment = {
            "MOYASHKOLA_HOME": config.home,
            "MOYASHKOLA_DATABASE_URL": config.database_url,
            "MOYASHKOLA_PLUGINS": "",
            "COLUMNS": "200",
        }
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=environment)

    def load(self, *files: Path, options: Sequence[str] = ()) -> Result:
        """`moyashkola import` into our school."""
        return self.command("import", *files, "--organization", self.ours, "--year", YEAR, *options)

    def table(self, text: str, name: str = "список.csv", encoding: str = "utf-8") -> Path:
        """A text table in the given encoding."""
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def book(self, sheets: Mapping[str, Sequence[Sequence[Any]]], name: str = "список.xlsx") -> Path:
        """An xlsx book."""
        book = Workbook()
        assert book.active is not None
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        path = self.folder / name
        book.save(path)
        return path

    def archive(self, files: Mapping[str, str], name: str = "oneroster.zip") -> Path:
        """A zip archive of text files."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, text in files.items():
                archive.writestr(file, text)
        path = self.folder / name
        path.write_bytes(out.getvalue())
        return path

    def person(self, last_name: str, first_name: str | None = None) -> Person:
        """The one person of this name."""
        with self.portal.database.reading(fresh=True) as db:
            found = select(Person).where(Person.last_name == last_name)
            if first_name:
                found = found.where(Person.first_name == first_name)
            return db.scalars(found).one()

    def classes_of(self, last_name: str) -> list[tuple[str, date, date | None]]:
        """A pupil's classes with dates, in order."""
        with self.portal.database.reading(fresh=True) as db:
            rows = db.execute(
                select(SchoolClass.name, Enrollment.starts_on, Enrollment.ends_on)
                .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
                .join(Person, Person.id == Enrollment.person_id)
                .where(Person.last_name == last_name)
                .order_by(Enrollment.starts_on)
            )
            return [(row.name, row.starts_on, row.ends_on) for row in rows]

    def count(self, table: type[Any]) -> int:
        """How many rows a table has."""
        with self.portal.database.reading(fresh=True) as db:
            return db.scalar(select(func.count()).select_from(table)) or 0

    def all(self, table: type[Any]) -> list[Any]:
        """Every row of a table."""
        with self.portal.database.reading(fresh=True) as db:
            return list(db.scalars(select(table)))

    def sign_in(self, kind: str, organization_id: UUID | None = None) -> Visitor:
        """Somebody new in a role."""
        person_id = self.under_test.new_person("Роль", kind)
        with self.portal.database.transaction() as db:
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person_id,
                    kind=kind,
                    organization_id=organization_id or self.ours,
                    status="active",
                    starts_on=date(2026, 9, 1),
                )
            )
        return self.under_test.sign_in(kind, person_id=person_id)

    def work(self) -> None:
        """Let the background tasks run."""
        Worker(self.portal, threads=1).run_once()


@pytest.fixture(scope="session")
def empty_template(engine: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database with tables and two empty schools."""
    name = f"empty {engine}"
    if name in databases.templates:
        return databases.templates[name]
    address = databases.templates[name] = databases.fresh(engine)
    portal = Portal(Config(home=str(tmp_path_factory.mktemp("empty")), database_url=address, plugins=[]))
    assert not [problem for _name, problem in migrations.upgrade(portal) if problem]
    with portal.database.transaction() as db:
        region = new_id()
        db.add(_organization(region, None, f"{region}/", "region", "Край", None))
        db.flush()
        for name, ogrn in (("СОШ № 1", "1026602267780"), ("СОШ № 2", None)):
            school = new_id()
            db.add(_organization(school, region, f"{region}/{school}/", "school", name, ogrn))
    portal.close()
    return address


def _organization(
    key: UUID, parent: UUID | None, path: str, kind: str, name: str, ogrn: str | None
) -> Organization:
    return Organization(
        id=key,
        parent_id=parent,
        path=path,
        kind=kind,
        name=name,
        short_name=name,
        name_key=name.casefold(),
        ogrn=ogrn,
    )


@pytest.fixture
def school(
    engine: str, databases: Databases, empty_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[School]:
    """A portal on a fresh copy of the two empty schools."""
    address = databases.fresh(engine, empty_template)
    portal = Portal(
        Config(
            home=str(tmp_path_factory.mktemp("home")),
            database_url=address,
            plugins=[],
            tasks_in_server=False,
            live="memory",
        )
    )
    with portal.database.reading() as db:
        ids = {row.short_name: row.id for row in db.execute(select(Organization.short_name, Organization.id))}
    with running(portal) as under_test:
        yield School(under_test, tmp_path_factory.mktemp("files"), ids["СОШ № 1"], ids["СОШ № 2"])
