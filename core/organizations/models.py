"""Tables of organizations and of what a school is made of. Terms follow the field's glossary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Dated, Json, Keyed, SortText, now
from core.database.words import Words
from core.identity.names import sort_key


def _search_key(context: Any) -> str:
    values = context.get_current_parameters()
    return sort_key(f"{values['short_name']} {values['name']}")


class Organization(Keyed, Base):
    """A node of the tree: federal, region, municipality, school (and kindergarten, college …).

    `path` is the ids from the root down, each followed by `/`: everything below an organization
    has its path as a prefix. Ids ИНН, КПП, ОГРН, ОКТМО are strings with leading zeros. `search_key`
    has the short name and then the full one: the search and the list of all go by it. `address` is where it works,
    `legal_address` where it is registered. Roles held in it give no rights from `closed_on` on. A school
    below a school is its branch.
    """

    __tablename__ = "core_organization"

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_organization.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str]
    short_name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortText)
    search_key: Mapped[str] = mapped_column(SortText, default=_search_key, index=True)
    path: Mapped[str] = mapped_column(SortText, unique=True)
    region_code: Mapped[str | None] = mapped_column(String(3))
    inn: Mapped[str | None] = mapped_column(String(12), index=True)
    kpp: Mapped[str | None] = mapped_column(String(9))
    ogrn: Mapped[str | None] = mapped_column(String(15), index=True)
    oktmo: Mapped[str | None] = mapped_column(String(11))
    address: Mapped[str] = mapped_column(default="")
    legal_address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str | None]
    theme: Mapped[str | None]
    support_contact: Mapped[str | None]
    external_id: Mapped[str | None] = mapped_column(index=True)
    closed_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Licence(Keyed, Base):
    """A licence or a state accreditation of an organization; `kind` says which."""

    __tablename__ = "core_licence"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str]
    issued_on: Mapped[date]
    valid_until: Mapped[date | None]
    issuer: Mapped[str]


class OrganizationWord(Base):
    """A word of the names of some organization or group of organizations, for a search that forgives a mistake."""

    __tablename__ = "core_organization_word"

    word: Mapped[str] = mapped_column(SortText, primary_key=True)


_Rule = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _group_key(context: Any) -> str:
    return sort_key(context.get_current_parameters()["name"])


class OrganizationGroup(Keyed, Base):
    """A named set of organizations (district, project, network), kept by `organization_id`.

    `rule` (`core.organizations.group_rules`) says who belongs to it; without one members are added by hand.
    """

    __tablename__ = "core_organization_group"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortText, default=_group_key)
    kind: Mapped[str] = mapped_column(String(16), default="other")
    description: Mapped[str] = mapped_column(default="")
    rule: Mapped[dict[str, Any] | None] = mapped_column(_Rule)
    created_at: Mapped[datetime] = mapped_column(default=now)


class OrganizationGroupMember(Base):
    """An organization's place in a group."""

    __tablename__ = "core_organization_group_member"

    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("core_organization_group.id", ondelete="CASCADE"), primary_key=True
    )
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("core_organization.id"), primary_key=True, index=True
    )


class Announcement(Keyed, Base):
    """Something said to people of a group's organizations.

    `people` have been notified so far, in the order of their keys, up to `last_person_id`.
    """

    __tablename__ = "core_announcement"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization_group.id"), index=True)
    author_name: Mapped[str]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    recipients: Mapped[list[str]]
    people: Mapped[int] = mapped_column(default=0)
    last_person_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]


class AcademicYear(Keyed, Base):
    """A school's academic year, usually 1 September – 26 May."""

    __tablename__ = "core_academic_year"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    name: Mapped[str] = mapped_column(String(16))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    archived: Mapped[bool] = mapped_column(default=False)
    external_id: Mapped[str | None]


def closed_by_now(closed_at: datetime | None) -> bool:
    """Whether a term with this `closed_at` is closed at present."""
    return closed_at is not None and closed_at <= now()


class Term(Keyed, Base):
    """A quarter, trimester, half-year or module; a class follows all terms of its `term_kind`.

    It is closed from `closed_at` on: a moment ahead is that of a term opened again for some days.
    """

    __tablename__ = "core_term"
    __table_args__ = (UniqueConstraint("academic_year_id", "kind", "number"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    closed_at: Mapped[datetime | None]

    @property
    def is_closed(self) -> bool:
        """Whether nothing in it can be changed at present."""
        return closed_by_now(self.closed_at)


class Subject(Keyed, Base):
    """A school subject; visible in the organization that keeps it and below."""

    __tablename__ = "core_subject"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    name: Mapped[str]
    short_name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortText)
    area: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    external_id: Mapped[str | None]


class SchoolClass(Keyed, Base):
    """A class of one academic year: `7А`. `name_key` sorts `9Б` before `10А`.

    `places` is how many pupils the school means to have in it at most. Nobody is in it from `closed_on` on.
    """

    __tablename__ = "core_school_class"
    __table_args__ = (
        UniqueConstraint("academic_year_id", "name"),
        Index(None, "organization_id", "academic_year_id", "name_key"),
        Index(None, "name_key", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    grade_level: Mapped[int]
    label: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortText)
    term_kind: Mapped[str] = mapped_column(String(16), default="quarter")
    days_per_week: Mapped[int] = mapped_column(default=5)
    shift: Mapped[int] = mapped_column(default=1)
    places: Mapped[int | None]
    closed_on: Mapped[date | None]
    predecessor_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"))
    external_id: Mapped[str | None] = mapped_column(index=True)


def pupil_group_key(class_key: str, split: str, name: str) -> str:
    """What sorts a group behind its class: by the class's `name_key`, what is split, the group's name."""
    return f"{class_key} {sort_key(f'{split} {name}')}".strip()


def _pupil_group_key(context: Any) -> str:
    values = context.get_current_parameters()
    return pupil_group_key("", values.get("split") or "", values["name"])


class PupilGroup(Keyed, Base):
    """A subgroup of a class, a stream or elective across classes, or a group of several schools.

    `kind` is one of `core.organizations.groupings.KIND_TITLES`. Groups with one `split` are alternatives: a pupil
    is in at most one of them. A group of several schools belongs to the authority above them that keeps it.
    `name_key` begins with that of the class (`pupil_group_key`), `grade_level` is the class's.
    """

    __tablename__ = "core_pupil_group"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id"),
        Index(None, "name_key", "id"),
        Index(None, "kind", "name_key", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    split: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(SortText, default=_pupil_group_key)
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_subject.id"))
    grade_level: Mapped[int | None]
    places: Mapped[int | None]
    closed_on: Mapped[date | None]
    external_id: Mapped[str | None]


class PupilGroupMembership(Keyed, Dated, Base):
    """A pupil's time in a grouping: on what grounds it began (`basis`) and ended (`end_basis`)."""

    __tablename__ = "core_pupil_group_membership"
    __table_args__ = (UniqueConstraint("pupil_group_id", "person_id", "starts_on"),)

    pupil_group_id: Mapped[UUID] = mapped_column(ForeignKey("core_pupil_group.id", ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    basis: Mapped[str | None]
    end_basis: Mapped[str | None]


class Enrollment(Keyed, Dated, Base):
    """A pupil's time in a school class; marks stay with the lesson when the pupil moves on."""

    __tablename__ = "core_enrollment"
    __table_args__ = (
        UniqueConstraint("school_class_id", "person_id", "starts_on"),
        Index(None, "organization_id", "academic_year_id", "school_class_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    school_class_id: Mapped[UUID] = mapped_column(ForeignKey("core_school_class.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"), index=True)
    basis: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(String(16), default="")
    """How the year ended for the pupil: `core.organizations.promotion_plan.Outcome`, empty while it lasts."""
    end_basis: Mapped[str | None]


class Promotion(Keyed, Base):
    """The passage of a school from one academic year to the next.

    `decisions`: by the id of a class where it goes, by the id of a pupil what becomes of them
    (`core.organizations.promotion_plan`). `trace`: what carrying it out has made and changed, for undoing it.
    """

    __tablename__ = "core_promotion"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    from_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"), unique=True)
    to_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    decisions: Mapped[dict[str, Any]] = mapped_column(Json, default=dict[str, Any])
    trace: Mapped[dict[str, Any]] = mapped_column(Json, default=dict[str, Any])
    done_at: Mapped[datetime | None]


class PupilMove(Keyed, Base):
    """Pupils moved, added or taken out at one stroke, so that it can be undone.

    `grouping_id` is the class or group it was done from; `kind` is `move`, `split`, `close`, `admit`, `withdraw`
    or `release` (to a school outside the portal). `steps` holds every row of `Enrollment` and `PupilGroupMembership`
    that was changed, as it was before and after, and the roles of pupils and guardians that went along.
    """

    __tablename__ = "core_pupil_move"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"), index=True)
    grouping_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    reason: Mapped[str]
    author_name: Mapped[str]
    steps: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class TeachingAssignment(Keyed, Dated, Base):
    """Who teaches which subject to which class or grouping: what «own classes» of a teacher means."""

    __tablename__ = "core_teaching_assignment"
    __table_args__ = (
        Index(None, "organization_id", "academic_year_id", "teacher_id"),
        Index(None, "school_class_id", "subject_id"),
        Index(None, "pupil_group_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    academic_year_id: Mapped[UUID] = mapped_column(ForeignKey("core_academic_year.id"))
    teacher_id: Mapped[UUID] = mapped_column(ForeignKey("core_person.id"))
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("core_subject.id"))
    school_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_school_class.id"))
    pupil_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_pupil_group.id"))


class PluginSwitch(Keyed, Base):
    """A plugin switched on or off for an organization and all below it, or for a group.

    `locked` forbids the levels below to decide otherwise.
    """

    __tablename__ = "core_plugin_switch"
    __table_args__ = (UniqueConstraint("plugin", "organization_id"), UniqueConstraint("plugin", "group_id"))

    plugin: Mapped[str] = mapped_column(String(60))
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_organization.id"))
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_organization_group.id"))
    enabled: Mapped[bool]
    locked: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class CapabilityChoice(Keyed, Base):
    """Which plugin provides a capability in an organization and below it, where several could."""

    __tablename__ = "core_capability_choice"
    __table_args__ = (UniqueConstraint("capability", "organization_id"),)

    capability: Mapped[str] = mapped_column(String(60))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    plugin: Mapped[str] = mapped_column(String(60))


class OrganizationSetting(Keyed, Base):
    """A plugin's settings as far as an organization has set them; the rest is inherited from above."""

    __tablename__ = "core_organization_setting"
    __table_args__ = (UniqueConstraint("organization_id", "plugin"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("core_organization.id"))
    plugin: Mapped[str] = mapped_column(String(60))
    values: Mapped[dict[str, Any]]


class PluginFailure(Keyed, Base):
    """A plugin's failure that was fenced off: what operators see on its page."""

    __tablename__ = "core_plugin_failure"

    plugin: Mapped[str] = mapped_column(String(60), index=True)
    place: Mapped[str] = mapped_column(Words(300))
    error: Mapped[str]
    error_id: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(default=now)


class VersionStamp(Base):
    """A counter raised whenever something that workers keep in memory has changed."""

    __tablename__ = "core_version_stamp"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
