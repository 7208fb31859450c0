"""What the undoing of an import is told in: whose rows are, what they are called, what goes and what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from core.identity.models import Guardianship, Person
from core.organizations.models import Enrollment, PupilGroupMembership, TeachingAssignment
from core.roles.models import StructuralRole
from core.web.i18n import gettext, lazy

OWNERS: Mapping[type[Any], Sequence[str]] = {
    Person: ("id",),
    Enrollment: ("person_id",),
    PupilGroupMembership: ("person_id",),
    StructuralRole: ("person_id",),
    Guardianship: ("guardian_id", "child_id"),
    TeachingAssignment: ("teacher_id",),
}
"""Whose a row is: what it belongs to stays or goes together."""

LEFT_BEHIND = frozenset(
    {
        "core_notification",
        "core_card_view",
        "core_likely_pair",
        "core_role_step",
        "core_task",
        "core_imported_row",
    }
)
"""Tables whose rows are no use of a person: they go with them."""

TITLES: Mapping[str, str] = {
    "core_person": lazy("люди"),
    "core_enrollment": lazy("зачисления"),
    "core_pupil_group_membership": lazy("места в подгруппах"),
    "core_structural_role": lazy("роли"),
    "core_guardianship": lazy("связи с родителями"),
    "core_teaching_assignment": lazy("нагрузка учителей"),
    "core_school_class": lazy("классы"),
    "core_pupil_group": lazy("подгруппы"),
    "core_subject": lazy("предметы"),
    "core_term": lazy("учебные периоды"),
    "core_academic_year": lazy("учебные годы"),
    "core_account": lazy("вход в портал"),
    "core_consent": lazy("согласия"),
    "core_request": lazy("запросы"),
    "core_file": lazy("файлы"),
}


class Written(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row as it is written down: what it had before, none for a new one, and a digest of what it got."""

    before: dict[str, Any] | None
    after: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody or something that stays, and why."""

    name: str
    reason: str


class UndoPlan(msgspec.Struct, kw_only=True):
    """What is to be done: keys of rows to take out and to give their values back, by table."""

    remove: dict[str, list[UUID]]
    restore: dict[str, dict[UUID, Mapping[str, Any]]]
    kept: list[Kept]
    people: dict[UUID, str]

    @property
    def removed(self) -> Mapping[str, int]:
        """How many rows are taken out, by table."""
        return {name: len(keys) for name, keys in self.remove.items() if keys}

    @property
    def restored(self) -> int:
        """How many rows get their former values back."""
        return sum(len(rows) for rows in self.restore.values())

    @property
    def does_something(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self.removed) or bool(self.restored)


def in_words(removed: Mapping[str, int]) -> list[tuple[str, int]]:
    """Numbers of rows by table as people read them."""
    return [(gettext(TITLES.get(name, name)), count) for name, count in removed.items()]
