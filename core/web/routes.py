"""All pages of the core."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from core.errors import NotFound
from core.web.accounts.account_card import account_card_routes
from core.web.accounts.account_pages import account_routes
from core.web.accounts.correction_pages import correction_routes
from core.web.accounts.merge_pages import merge_routes
from core.web.accounts.newcomer_pages import newcomer_routes
from core.web.accounts.person_pages import person_routes
from core.web.audit_pages import audit_routes
from core.web.exchange.export_pages import export_routes
from core.web.exchange.import_history_pages import import_history_routes
from core.web.exchange.import_pages import import_routes
from core.web.exchange.import_result_pages import import_result_routes
from core.web.families.children_pages import children_routes
from core.web.families.guardian_pages import guardian_routes
from core.web.families.paper_pages import paper_routes
from core.web.file_pages import file_routes
from core.web.groupings.admission_pages import admission_routes
from core.web.groupings.grouping_pages import grouping_routes
from core.web.groupings.pupil_move_pages import pupil_move_routes
from core.web.groupings.withdrawal_pages import withdrawal_routes
from core.web.health import healthz, readyz
from core.web.home_pages import home
from core.web.live_pages import live_routes
from core.web.notification_pages import notification_routes
from core.web.organizations.group_pages import group_routes
from core.web.organizations.organization_editing import organization_editing_routes
from core.web.organizations.organization_list import organization_list_routes
from core.web.organizations.organization_pages import organization_routes
from core.web.personal_data.consent_pages import consent_routes
from core.web.personal_data.consent_text_pages import consent_text_routes
from core.web.personal_data.erasure_pages import erasure_routes
from core.web.personal_data.personal_data_pages import personal_data_routes
from core.web.personal_data.privacy_pages import privacy_routes
from core.web.personal_data.retention_pages import retention_routes
from core.web.plugin_pages import plugin_routes
from core.web.requests.region_pages import region_routes
from core.web.requests.request_pages import request_routes
from core.web.roles.delegation_pages import delegation_routes
from core.web.roles.role_kind_pages import role_kind_routes
from core.web.roles.role_list import role_list_routes
from core.web.roles.role_pages import role_routes
from core.web.school_life.promotion_pages import promotion_routes
from core.web.school_life.pupil_file_pages import pupil_file_routes
from core.web.school_life.school_year_pages import school_year_routes
from core.web.school_life.setup_pages import setup_routes
from core.web.school_life.subject_pages import subject_routes
from core.web.search_pages import search_routes
from core.web.session_pages import session_routes
from core.web.support.support_pages import support_routes
from core.web.unsent_pages import unsent_routes
from core.web.webhooks.webhook_pages import webhook_routes


@get("/{path:path}", sync_to_thread=True, include_in_schema=False)
def nowhere(request: Request[Any, Any, Any], path: FromPath[str]) -> None:
    """Whatever no other route answers: inside the frame, so that the way back is one click."""
    raise NotFound("Такой страницы нет.", advice="Проверьте адрес или начните с главной страницы.")


page_routes: list[Any] = [
    home,
    healthz,
    readyz,
    *session_routes,
    *unsent_routes,
    *live_routes,
    *file_routes,
    *notification_routes,
    *account_routes,
    *account_card_routes,
    *merge_routes,
    *newcomer_routes,
    *correction_routes,
    *admission_routes,
    *withdrawal_routes,
    *role_list_routes,
    *role_routes,
    *role_kind_routes,
    *delegation_routes,
    *children_routes,
    *guardian_routes,
    *paper_routes,
    *promotion_routes,
    *school_year_routes,
    *setup_routes,
    *subject_routes,
    *pupil_file_routes,
    *plugin_routes,
    *webhook_routes,
    *search_routes,
    *audit_routes,
    *organization_routes,
    *organization_editing_routes,
    *organization_list_routes,
    *group_routes,
    *grouping_routes,
    *pupil_move_routes,
    *request_routes,
    *region_routes,
    *import_routes,
    *import_result_routes,
    *export_routes,
    *import_history_routes,
    *person_routes,
    *personal_data_routes,
    *erasure_routes,
    *retention_routes,
    *privacy_routes,
    *support_routes,
    *consent_routes,
    *consent_text_routes,
    nowhere,
]
