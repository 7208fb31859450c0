"""Who may see what the journal says about a pupil: the pupil, guardians, teachers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    or_,
    select,
    true,
)

from core.database.base import in_force
from core.database.session import Session
from core.errors import NotFound
from core.identity.families import tied
from core.identity.models import Guardianship
from core.identity.sessions import school_today
from core.organizations.models import (
    Enrollment,
    PupilGroupMembership,
)
from core.roles.actor import Actor
from plugins.journal.access import VIEW, VIEW_OWN, own_class, visible
from plugins.journal.models import JournalPage


def pages_of_pupil(pupil_id: UUID, first: date, last: date) -> ColumnElement[bool]:
    """Condition on `JournalPage`: the pupil was in its class or group at some time from `first` to `last`."""
    return or_(
        and_(
            JournalPage.pupil_group_id.is_(None),
            JournalPage.school_class_id.in_(
                select(Enrollment.school_class_id).where(
                    Enrollment.person_id == pupil_id,
                    in_force(Enrollment, first, last),
                )
            ),
        ),
        JournalPage.pupil_group_id.in_(
            select(PupilGroupMembership.pupil_group_id).where(
                PupilGroupMembership.person_id == pupil_id,
                in_force(PupilGroupMembership, first, last),
            )
        ),
    )


def pupil_scope(db: Session, actor: Actor, pupil_id: UUID) -> ColumnElement[bool]:
    """Condition on `JournalPage`: what `actor` may see of this pupil.

    The pupil and guardians see everything, staff what they see in the journal. Raises `NotFound`
    for a pupil that is not theirs: a stranger does not learn who goes to school.
    """
    if actor.is_system:
        return true()
    own = JournalPage.organization_id == actor.organization_id
    if actor.can(VIEW_OWN) and (actor.person_id == pupil_id or is_guardian(db, actor, pupil_id)):
        return own
    if actor.can(VIEW):
        seen = visible_of(actor, pupil_id)
        if db.scalar(
            select(JournalPage.id).where(seen, pages_of_pupil(pupil_id, date.min, date.max)).limit(1)
        ):
            return seen
    raise NotFound(
        "Такого ученика нет или его отметки вам не доступны.",
        advice="Проверьте, в какой роли вы работаете.",
    )


def visible_of(actor: Actor, pupil_id: UUID) -> ColumnElement[bool]:
    """Condition on `JournalPage`: `visible`, and for a class teacher groups across classes of a pupil of the class.

    Such a page stays closed to the class teacher, for the other class is there too; the own pupil's part does not.
    """
    seen, mine = visible(actor), own_class(actor)
    if mine is None:
        return seen
    groups = (
        select(PupilGroupMembership.pupil_group_id)
        .join(Enrollment, Enrollment.person_id == PupilGroupMembership.person_id)
        .where(PupilGroupMembership.person_id == pupil_id, Enrollment.school_class_id == mine)
    )
    return or_(
        seen,
        and_(JournalPage.organization_id == actor.organization_id, JournalPage.pupil_group_id.in_(groups)),
    )


def is_guardian(db: Session, actor: Actor, child_id: UUID) -> bool:
    """Whether the actor is a guardian of the child today, with a tie that lets see."""
    today = school_today(actor)
    return (
        db.scalar(
            select(Guardianship.id).where(
                Guardianship.guardian_id == actor.person_id,
                Guardianship.child_id == child_id,
                tied(today),
            )
        )
        is not None
    )
