"""What forms of all plugins have in common: a bare wish, and coming back with what was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import PortalError


@dataclass
class WishForm:
    """Nothing but the wish to do what the address says; `step` is the button that was pressed."""

    step: str = ""


def faults(wrong: PortalError | None) -> dict[str, Any]:
    """What a page says of a form that could not be taken: `status`, `message`, `advice`, and `errors` by field.

    Without a fault the status is 200 and the words are empty.
    """
    if wrong is None:
        return {"status": 200, "message": "", "advice": "", "errors": {}}
    return {
        "status": wrong.status,
        "message": wrong.message,
        "advice": wrong.advice,
        "errors": wrong.fields,
    }
