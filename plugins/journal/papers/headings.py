"""What stands on top of a paper: the school, the class, the year; and who signs it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from core.database.session import Session
from core.identity.models import Person
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Organization, SchoolClass
from core.papers import Paper
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import current_locale
from core.web.i18n import gettext as _


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A class and its school as papers name them; names of people are empty where nobody holds the role."""

    school: str
    full_school: str
    year: str
    class_name: str
    class_teacher: str
    head: str

    @property
    def about(self) -> str:
        """«9А, 2026/2027 учебный год»."""
        return _("%(name)s, %(year)s учебный год") % {"name": self.class_name, "year": self.year}


def heading_of(db: Session, class_id: UUID) -> Heading:
    """The heading of a class's papers; the caller has asked for the right to see them. Two statements."""
    row = db.execute(
        select(
            SchoolClass.name,
            SchoolClass.organization_id,
            AcademicYear.name.label("year"),
            Organization.name.label("full_school"),
            Organization.short_name,
        )
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .join(Organization, Organization.id == SchoolClass.organization_id)
        .where(SchoolClass.id == class_id)
    ).one()
    signers = db.execute(
        select(StructuralRole.kind, StructuralRole.school_class_id, Person)
        .join(Person, Person.id == StructuralRole.person_id)
        .where(
            StructuralRole.organization_id == row.organization_id,
            StructuralRole.status == "active",
            StructuralRole.kind.in_(("head", "class_teacher")),
        )
        .order_by(StructuralRole.created_at)
    ).all()

    def name(kind: str, of_class: UUID | None) -> str:
        held = (each.Person for each in signers if each.kind == kind and each.school_class_id == of_class)
        return next((person.short_name for person in held), "")

    return Heading(
        school=row.short_name,
        full_school=row.full_school,
        year=row.year,
        class_name=row.name,
        class_teacher=name("class_teacher", class_id),
        head=name("head", None),
    )


def paper_of(actor: Actor, title: str, *, school: str, about: str = "") -> Paper:
    """A paper made today, in the language of the visitor."""
    return Paper(
        title=title,
        organization=school,
        about=about,
        made_on=school_today(actor),
        language=current_locale.get(),
    )
