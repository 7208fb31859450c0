"""Every page of the portal is looked at: the application's routes against what the walks show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar.routes import HTTPRoute

from core.testing.portal import PortalUnderTest
from tests.browser.pages import (
    test_by_hand,
    test_cabinet,
    test_curriculum,
    test_doors,
    test_everyday,
    test_families,
    test_groupings,
    test_homework,
    test_lessons,
    test_logins,
    test_merging,
    test_organizations,
    test_personal_data,
    test_plans,
    test_pupil_files,
    test_reports,
    test_requests,
    test_roles,
    test_school_year,
    test_setup,
    test_timetable_changes,
    test_webhooks,
)
from tests.browser.pages.looking import routes_of

NO_PAGES: Mapping[str, str] = {
    "/healthz": "a word for whoever watches the server",
    "/readyz": "a word for whoever watches the server",
    "/session": "a word for the scripts of a page",
    "/live": "a stream of events",
    "/static/{file_path:path}": "scripts and styles",
    "/files/{file_id:uuid}": "a file",
    "/notifications/unread": "a number for the bell",
    "/search/suggest": "a fragment, seen in «search suggestions»",
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/load": "a fragment, seen in «lesson»",
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/library": "a fragment, seen in test_homework_library_browser",
    "/homework/{lesson_id:uuid}/{pupil_id:uuid}/documents": "a fragment, seen in test_homework_documents_browser",
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/control-warnings": "a fragment, seen in «lesson»",
    "/curriculum/{curriculum_id:uuid}/xlsx": "a file",
    "/curriculum/{curriculum_id:uuid}/pdf": "a file",
    "/curriculum/{curriculum_id:uuid}/loads/xlsx": "a file",
    "/journal/control-works/xlsx": "a file",
    "/journal/control-works/pdf": "a file",
    "/timetable/changes/pdf": "a file",
    "/journal/switch": "a fragment, seen in «journal other pages»",
    "/journal/plans/{plan_id:uuid}/export": "a file",
    "/journal/plans/progress/xlsx": "a file",
    "/journal/plans/progress/pdf": "a file",
    "/journal/classes/{class_id:uuid}/term-marks/xlsx": "a file",
    "/journal/classes/{class_id:uuid}/term-marks/pdf": "a file",
    "/journal/reports/classes/{class_id:uuid}/xlsx": "a file",
    "/journal/reports/classes/{class_id:uuid}/pdf": "a file",
    "/journal/reports/subjects/xlsx": "a file",
    "/journal/reports/subjects/pdf": "a file",
    "/journal/reports/control/xlsx": "a file",
    "/journal/reports/control/pdf": "a file",
    "/journal/reports/dynamics/xlsx": "a file",
    "/journal/reports/dynamics/pdf": "a file",
    "/journal/schools/xlsx": "a file",
    "/journal/schools/pdf": "a file",
    "/journal/{page_id:uuid}/xlsx": "a file",
    "/journal/{page_id:uuid}/pdf": "a file",
    "/journal/{page_id:uuid}/term-marks/xlsx": "a file",
    "/journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/xlsx": "a file",
    "/journal/classes/{class_id:uuid}/behaviour/xlsx": "a file",
    "/journal/report-cards/{pupil_id:uuid}": "a file",
    "/journal/pupils/{pupil_id:uuid}/xlsx": "a file",
    "/journal/pupils/{pupil_id:uuid}/pdf": "a file",
    "/import/{import_id:uuid}/report/{suffix:str}": "a file",
    "/import/samples/{kind:str}": "a file",
    "/export/oneroster/zip": "a file",
    "/export/{name:str}/{suffix:str}": "a file",
    "/audit/export/{suffix:str}": "a file",
    "/accounts/export/{suffix:str}": "a file",
    "/accounts/duplicates/export/{suffix:str}": "a file",
    "/accounts/duplicates/print": "a list on paper, like «accounts on paper»",
    "/requests/list/export/{suffix:str}": "a file",
    "/requests/list/print": "a list on paper, like «accounts on paper»",
    "/roles/export/{suffix:str}": "a file",
    "/roles/print": "a list on paper, like «accounts on paper»",
    "/support/messages/export/{suffix:str}": "a file",
    "/support/messages/print": "a list on paper, like «accounts on paper»",
    "/consents/export/{suffix:str}": "a file",
    "/consents/print": "a list on paper, like «accounts on paper»",
    "/organizations/export/{suffix:str}": "a file",
    "/organizations/print": "a list on paper, like «accounts on paper»",
    "/organization-groups/export/{suffix:str}": "a file",
    "/organization-groups/print": "a list on paper, like «accounts on paper»",
    "/groupings/export/{suffix:str}": "a file",
    "/groupings/print": "a list on paper, like «accounts on paper»",
    "/setup/schools/export/{suffix:str}": "a file",
    "/setup/schools/print": "a list on paper, like «accounts on paper»",
    "/setup/step": "leads to the page of a step",
    "/auth/esia/login": "leads to Gosuslugi",
    "/esia-stand/stand.css": "the stand's style",
    "/esia-stand/rs/prns/{oid:int}": "a document for programs",
    "/esia-stand/rs/prns/{oid:int}/{collection:str}": "a document for programs",
    "/esia-stand/rs/prns/{oid:int}/{collection:str}/{number:int}": "a document for programs",
}
"""What answers GET but is no page, and what it is instead."""


def for_programs(path: str, handler: Any) -> bool:
    """Whether a route belongs to the documented API."""
    return path.startswith("/api/v1") and handler.include_in_schema is not False


def test_every_page_is_looked_at(portal: PortalUnderTest) -> None:
    routes = {
        route.path
        for route in portal.client.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "GET" in handler.http_methods and not for_programs(route.path, handler)
    }
    walks = (
        test_everyday,
        test_families,
        test_lessons,
        test_plans,
        test_curriculum,
        test_reports,
        test_homework,
        test_cabinet,
        test_organizations,
        test_groupings,
        test_roles,
        test_school_year,
        test_setup,
        test_timetable_changes,
        test_webhooks,
        test_merging,
        test_personal_data,
        test_pupil_files,
        test_requests,
        test_by_hand,
        test_logins,
        test_doors,
    )
    shown = routes_of([sight for walk in walks for sight in walk.SIGHTS])
    assert routes - shown - NO_PAGES.keys() == set()
    assert (shown | NO_PAGES.keys()) - routes == set()
    assert shown & NO_PAGES.keys() == set()
