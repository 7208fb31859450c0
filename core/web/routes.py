"""All pages of the core."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from core.errors import NotFound
from core.web.account_card import account_card_routes
from core.web.account_pages import account_routes
from core.web.audit_pages import audit_routes
from core.web.children_pages import children_routes
from core.web.consent_pages import consent_routes
from core.web.consent_text_pages import consent_text_routes
from core.web.delegation_pages import delegation_routes
from core.web.erasure_pages import erasure_routes
from core.web.export_pages import export_routes
from core.web.file_pages import file_routes
from core.web.group_pages import group_routes
from core.web.grouping_pages import grouping_routes
from core.web.guardian_pages import guardian_routes
from core.web.health import healthz, readyz
from core.web.home_pages import home
from core.web.import_history_pages import import_history_routes
from core.web.import_pages import import_routes
from core.web.import_result_pages import import_result_routes
from core.web.live_pages import live_routes
from core.web.merge_pages import merge_routes
from core.web.newcomer_pages import newcomer_routes
from core.web.notification_pages import notification_routes
from core.web.organization_editing import organization_editing_routes
from core.web.organization_list import organization_list_routes
from core.web.organization_pages import organization_routes
from core.web.paper_pages import paper_routes
from core.web.person_pages import person_routes
from core.web.personal_data_pages import personal_data_routes
from core.web.plugin_pages import plugin_routes
from core.web.privacy_pages import privacy_routes
from core.web.promotion_pages import promotion_routes
from core.web.pupil_file_pages import pupil_file_routes
from core.web.pupil_move_pages import pupil_move_routes
from core.web.region_pages import region_routes
from core.web.request_pages import request_routes
from core.web.retention_pages import retention_routes
from core.web.role_kind_pages import role_kind_routes
from core.web.role_list import role_list_routes
from core.web.role_pages import role_routes
from core.web.school_year_pages import school_year_routes
from core.web.search_pages import search_routes
from core.web.session_pages import session_routes
from core.web.setup_pages import setup_routes
from core.web.subject_pages import subject_routes
from core.web.support_pages import support_routes
from core.web.transfer_pages import transfer_routes


@get("/{path:path}", sync_to_thread=True, include_in_schema=False)
def nowhere(request: Request[Any, Any, Any], path: FromPath[str]) -> None:
    """Whatever no other route answers: inside the frame, so that the way back is one click."""
    raise NotFound("Такой страницы нет.", advice="Проверьте адрес или начните с главной страницы.")


page_routes: list[Any] = [
    home,
    healthz,
    readyz,
    *session_routes,
    *live_routes,
    *file_routes,
    *notification_routes,
    *account_routes,
    *account_card_routes,
    *merge_routes,
    *newcomer_routes,
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
    *transfer_routes,
    *pupil_file_routes,
    *plugin_routes,
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
