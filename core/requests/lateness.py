"""How a request stands to its deadline: on which day it is late, how many days are left, and how one says so.

A day ends where the organization is that has to decide: in Vladivostok a request is late while Moscow has yesterday.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from sqlalchemy import ColumnElement, case

from core.identity.identifiers import show_phone
from core.identity.sessions import today_in
from core.organizations.models import Organization
from core.organizations.timezones import ZONES
from core.requests.models import Request
from core.web.i18n import Sentence, counted, sentence

OPEN = ("sent", "in_review")
"""In these a request waits for those who decide."""
WEEKEND = 5
"""The first day of the week that is none of work."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How many days are left of an open request's term; negative once it is late."""

    left: int

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self.left < 0

    @property
    def tone(self) -> str:
        """How pressing it is, as a tone of the interface."""
        return "danger" if self.late else "warning" if self.left <= 1 else ""

    @property
    def words(self) -> Sentence:
        """«Просрочен на 2 дня», «Срок сегодня», «Остался 1 день»."""
        if self.late:
            return counted("Просрочен на %(count)s день", "Просрочен на %(count)s дней", -self.left)
        if self.left == 0:
            return sentence("Срок сегодня")
        return counted("Остался %(count)s день", "Осталось %(count)s дней", self.left)


def standing_of(status: str, deadline: date | None, timezone: str) -> Standing | None:
    """How a request with this status and deadline stands today; None for one that has no term to run."""
    if deadline is None or status not in OPEN:
        return None
    return Standing(left=(deadline - today_in(timezone)).days)


def is_late(timezone: str) -> ColumnElement[bool]:
    """Condition on `Request` joined with its `Organization`: open, and its deadline has passed there.

    `timezone` is that of organizations that name none of the usual ones.
    """
    today = case(
        *((Organization.timezone == zone, today_in(zone)) for zone in ZONES), else_=today_in(timezone)
    )
    return Request.status.in_(OPEN) & (Request.deadline < today)


def workdays_before(day: date, count: int) -> date:
    """The day that lies `count` working days before `day`; Saturday and Sunday are none."""
    while count > 0:
        day -= timedelta(days=1)
        if day.weekday() < WEEKEND:
            count -= 1
    return day


def last_near(today: date, workdays: int) -> date:
    """The latest deadline of which `today` is not earlier than `workdays` working days before."""
    near = today
    while workdays_before(near + timedelta(days=1), workdays) <= today:
        near += timedelta(days=1)
    return near


def whom_to_turn_to(place: Organization, above: str, day: date) -> str:
    """What the author of a late request is told: who had to decide, how to reach them, who else knows."""
    contact = ", ".join(each for each in (show_phone(place.phone), place.email) if each)
    values = {"day": day, "place": place.short_name, "contact": contact, "above": above}
    if contact and above:
        return sentence(
            "Ответить должны были до %(day)s. Обратитесь: %(place)s, %(contact)s. О задержке знает %(above)s.",
            **values,
        )
    if above:
        return sentence(
            "Ответить должны были до %(day)s. Обратитесь: %(place)s. О задержке знает %(above)s.", **values
        )
    if contact:
        return sentence("Ответить должны были до %(day)s. Обратитесь: %(place)s, %(contact)s.", **values)
    return sentence("Ответить должны были до %(day)s. Обратитесь: %(place)s.", **values)
