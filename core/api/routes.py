"""All routes of the core under `/api/v1`."""

from __future__ import annotations

from typing import Any

from core.api.identity import me

api_routes: list[Any] = [me]
