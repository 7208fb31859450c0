"""What the forms about absences send, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.errors import Invalid
from core.web.i18n import sentence
from plugins.diary.changes.absences import AbsenceIn, ShownAbsence

NOBODY = UUID(int=0)


@dataclass
class AbsenceForm:
    """An absence as it was typed; `step` is `save` or `remove`, `give_back` is ticked or not."""

    teacher_id: str = ""
    first_day: str = ""
    last_day: str = ""
    first_number: str = ""
    last_number: str = ""
    reason: str = ""
    note: str = ""
    version: str = ""
    give_back: str = ""
    step: str = "save"

    def wanted(self) -> AbsenceIn:
        """What is to be written. Raises `Invalid` for what is no day, number or teacher."""
        errors: dict[str, str] = {}
        days = {name: _day(getattr(self, name)) for name in ("first_day", "last_day")}
        for name, day in days.items():
            if day is None:
                errors[name] = sentence("Укажите день, например 23.11.2026.")
        if not self.reason:
            errors["reason"] = sentence("Выберите из списка.")
        try:
            teacher_id = UUID(self.teacher_id) if self.teacher_id else NOBODY
        except ValueError:
            teacher_id = NOBODY
        if teacher_id == NOBODY:
            errors["teacher_id"] = sentence("Выберите учителя из списка.")
        first, last = days["first_day"], days["last_day"]
        if errors or first is None or last is None:
            raise Invalid("Отсутствие не записано.", advice="Исправьте отмеченное.", fields=errors)
        return AbsenceIn(
            teacher_id=teacher_id,
            first_day=first,
            last_day=last,
            first_number=number(self.first_number),
            last_number=number(self.last_number),
            reason=self.reason,
            note=self.note,
        )


def filled(absence: ShownAbsence) -> AbsenceForm:
    """The form as it begins for an absence that is written down."""
    return AbsenceForm(
        teacher_id=str(absence.teacher_id),
        first_day=absence.first_day.isoformat(),
        last_day=absence.last_day.isoformat(),
        first_number=str(absence.first_number or ""),
        last_number=str(absence.last_number or ""),
        reason=absence.reason,
        note=absence.note,
        version=str(absence.version),
        give_back="true",
    )


def number(text: str) -> int | None:
    """A number that was typed; None for nothing or for what is none."""
    return int(text) if text.isdecimal() and len(text) < 9 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
