"""What may become of a work that a pupil hands in, in words."""

from __future__ import annotations

from core.web.i18n import lazy

STATES = {
    "handed_in": lazy("Сдано, ждёт проверки"),
    "returned": lazy("Вернули на исправление"),
    "accepted": lazy("Проверено"),
}
TONES = {"handed_in": "accent", "returned": "warning", "accepted": "positive"}


def state_title(state: str) -> str:
    """The state in the reader's words; nothing for a work that has not been handed in."""
    return str(STATES[state]) if state in STATES else ""


def tone_of(state: str) -> str:
    """How the state is coloured."""
    return TONES.get(state, "")
