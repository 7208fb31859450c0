"""All routes of the core under `/api/v1`."""

from __future__ import annotations

from typing import Any

from core.api.academic_years import academic_year_api
from core.api.accounts import account_api
from core.api.consent_texts import consent_text_api
from core.api.consents import consent_api
from core.api.delegations import delegation_api
from core.api.docs import docs
from core.api.erasures import erasure_api
from core.api.exports import export_api
from core.api.families import family_api
from core.api.given_consents import given_consent_api
from core.api.grouping_changes import grouping_change_api
from core.api.groupings import grouping_api
from core.api.guardians import guardian_api
from core.api.history import history_api
from core.api.identity import me
from core.api.imports import import_api
from core.api.licences import licence_api
from core.api.merges import merge_api
from core.api.new_people import new_people_api
from core.api.organization_groups import organization_group_api
from core.api.organizations import organization_api
from core.api.own_account import own_account_api
from core.api.people import people_api
from core.api.personal_data import personal_data_api
from core.api.plugin_settings import plugin_settings_api
from core.api.plugins import plugin_api
from core.api.promotions import promotion_api
from core.api.pupil_files import pupil_file_api
from core.api.pupils import pupil_api
from core.api.readiness import readiness_api
from core.api.request_drafts import request_draft_api
from core.api.requests import request_api
from core.api.role_kinds import role_kind_api
from core.api.roles import role_api
from core.api.subjects import subject_api
from core.api.support import support_api
from core.api.support_answers import support_answer_api
from core.api.themes import theme_api
from core.api.tokens import token_api
from core.api.transfers import transfer_api
from core.api.webhooks import webhook_api
from core.tasks.pages import task_routes

api_routes: list[Any] = [
    me,
    *own_account_api,
    *organization_api,
    *licence_api,
    *subject_api,
    *theme_api,
    *readiness_api,
    *organization_group_api,
    *grouping_api,
    *grouping_change_api,
    *academic_year_api,
    *promotion_api,
    *people_api,
    *pupil_api,
    *pupil_file_api,
    *import_api,
    *export_api,
    *family_api,
    *guardian_api,
    *account_api,
    *new_people_api,
    *merge_api,
    *role_api,
    *role_kind_api,
    *delegation_api,
    *request_api,
    *request_draft_api,
    *transfer_api,
    *consent_api,
    *consent_text_api,
    *given_consent_api,
    *personal_data_api,
    *erasure_api,
    *history_api,
    *support_api,
    *support_answer_api,
    *plugin_api,
    *plugin_settings_api,
    *webhook_api,
    *token_api,
    *task_routes,
    docs,
]
