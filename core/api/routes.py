"""All routes of the core under `/api/v1`."""

from __future__ import annotations

from typing import Any

from core.api.academic_years import academic_year_api
from core.api.accounts import account_api
from core.api.consents import consent_api
from core.api.docs import docs
from core.api.families import family_api
from core.api.groupings import grouping_api
from core.api.identity import me
from core.api.imports import import_api
from core.api.organizations import organization_api
from core.api.people import people_api
from core.api.personal_data import personal_data_api
from core.api.plugins import plugin_api
from core.api.readiness import readiness_api
from core.api.requests import request_api
from core.api.roles import role_api
from core.api.tokens import token_api
from core.api.transfers import transfer_api
from core.tasks.pages import task_routes

api_routes: list[Any] = [
    me,
    *organization_api,
    *readiness_api,
    *grouping_api,
    *academic_year_api,
    *people_api,
    *import_api,
    *family_api,
    *account_api,
    *role_api,
    *request_api,
    *transfer_api,
    *consent_api,
    *personal_data_api,
    *plugin_api,
    *token_api,
    *task_routes,
    docs,
]
