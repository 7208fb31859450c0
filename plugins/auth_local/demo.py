"""Logins to try with: a few people of the demo school may come in with a password that the sign-in page tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import exists, select

from core.database.session import Session
from core.demo.school import DemoSchool
from core.hooks import DemoFiller
from core.identity.models import Person
from core.organizations.switches import switch_plugin
from core.roles.actor import Actor
from core.web.i18n import lazy as _
from plugins.auth_local import passwords
from plugins.auth_local.models import TRIAL_PASSWORD, LocalLogin
from plugins.auth_local.settings import PLUGIN

LOGINS = {
    "administrator": "Администратор школы",
    "secretary": "Секретарь: выдаёт логины и приглашения",
    "teacher": "Учитель",
    "pupil": "Ученик",
    "parent": "Родитель этого ученика",
}


def fill_logins(db: Session, _actor: Actor, school: DemoSchool, advance: Callable[[int, int], None]) -> None:
    """Switch the plugin on everywhere and give logins to people of the first school; others have none."""
    if db.scalar(select(exists().where(LocalLogin.is_demo))):
        return
    switch_plugin(db, PLUGIN, enabled=True, organization=school.federal)
    password_hash = passwords.hashed(TRIAL_PASSWORD)
    cast = _cast(school)
    for done, (login, person) in enumerate(cast, 1):
        db.add(LocalLogin(person_id=person.id, login=login, password_hash=password_hash, is_demo=True))
        advance(done, len(cast))
    db.flush()


def _cast(school: DemoSchool) -> Sequence[tuple[str, Person]]:
    """Who gets which login: people who have no part elsewhere, as far as there are any."""
    leaders = {each.id for each in school.class_teachers.values()}
    teacher = next(each for each in reversed(school.teachers) if each.id not in leaders)
    school_class = school.classes[len(school.classes) // 2]
    pupil = next(each for each in school.pupils[school_class.id] if school.guardians.get(each.id))
    return [
        ("administrator", school.staff["school_administrator"]),
        ("secretary", school.staff["secretary"]),
        ("teacher", teacher),
        ("pupil", pupil),
        ("parent", school.guardians[pupil.id][0]),
    ]


def sign_in_hints() -> Sequence[tuple[str, str]]:
    """Login, and who it is with the password."""
    return [
        (login, f"{who}; пароль {TRIAL_PASSWORD} (войти с логином школы)") for login, who in LOGINS.items()
    ]


demo_logins = DemoFiller(
    name="logins", title=_("Логины для входа"), fill=fill_logins, sign_in_hints=sign_in_hints
)
