"""All routes of the core under `/api/v1`."""

from __future__ import annotations

from typing import Any

from core.api.identity import me
from core.tasks.pages import task_routes

api_routes: list[Any] = [me, *task_routes]
