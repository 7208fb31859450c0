"""What is sent to the routes that change something, and what one whom it is no concern of would send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.database.base import new_id
from tests.school_day import school_day

YESTERDAY = school_day() - timedelta(days=1)
NAMES = {"name": "journal", "suffix": "csv", "day": "2026-11-20", "column": "1"}
"""Path parameters that are no ids."""

ROLE = {"kind": "librarian", "starts_on": "2026-11-20", "basis": "Чужой приказ"}

BODIES: Mapping[str, Mapping[str, Any]] = {
    "POST /accounts/{person_id:uuid}/merge/{other_id:uuid}": {"data": {"step": "do", "keep": "one"}},
    "POST /requests/{request_id:uuid}": {"data": {"step": "comment", "text": "Проба"}},
    "POST /requests/{request_id:uuid}/edit": {"data": {"step": "delete"}},
    "POST /import/{import_id:uuid}/columns": {"data": {"title": "А", "was": "", "field": "class"}},
    "POST /import/history/{run_id:uuid}/undo": {"data": {}},
    "POST /organizations/{organization_id:uuid}/theme": {"data": {"theme": "base"}},
    "POST /account/roles/{role_id:uuid}/lend": {
        "data": {
            "person_id": "{teacher_id}",
            "starts_on": "2026-11-20",
            "ends_on": "2099-11-20",
            "basis": "Чужие права",
        }
    },
    "POST /account/roles/{role_id:uuid}/take-back": {"data": {}},
    "POST /people/{person_id:uuid}/birth-certificate": {"data": {"birth_certificate": "IX-ЯЯ 999999"}},
    "POST /people/{person_id:uuid}/guardians": {
        "data": {"last_name": "Чужой", "first_name": "Иван", "relation": "parent"}
    },
    "POST /people/{person_id:uuid}/guardians/{tie_id:uuid}": {
        "data": {"relation": "parent", "rights": "none", "basis": "Чужое решение"}
    },
    "POST /consents/people/{person_id:uuid}/record": {
        "data": {"kind": "core.partners", "given_on": "2026-11-20"}
    },
    "POST /consents/people/{person_id:uuid}/withdraw": {
        "data": {"kind": "core.partners", "withdrawn_on": "2026-11-20", "reason": "Чужое"}
    },
    "POST /people/{person_id:uuid}/correct": {
        "data": {"last_name": "Чужой", "first_name": "Иван", "reason": "Чужой документ"}
    },
    "PATCH /api/v1/people/{person_id:uuid}": {"json": {"first_name": "Чужой", "reason": "Чужой документ"}},
    "POST /people/{person_id:uuid}/withdraw": {
        "data": {"last_day": "2026-11-20", "reason": "moved", "basis": "Чужой приказ"}
    },
    "POST /api/v1/people/{person_id:uuid}/withdraw": {
        "json": {"last_day": "2026-11-20", "reason": "moved", "basis": "Чужой приказ"}
    },
    "POST /people/{person_id:uuid}/pupil-file": {
        "data": {"last_day": "2026-11-20", "basis": "Чужое заявление"}
    },
    "POST /pupil-files/{file_id:uuid}": {
        "data": {"school_class": "5А", "first_day": "2026-11-20", "basis": "Чужой приказ", "compared": "true"}
    },
    "POST /people/{person_id:uuid}/data": {"data": {"basis": "Чужое заявление"}},
    "POST /api/v1/people/{person_id:uuid}/exports": {"json": {"basis": "Чужое заявление"}},
    "POST /api/v1/people/{person_id:uuid}/erasure": {"json": {"basis": "Чужое", "word": "СТЕРЕТЬ"}},
    "POST /api/v1/people/{person_id:uuid}/consents": {
        "json": {"kind": "core.partners", "given_on": "2026-11-20"}
    },
    "POST /api/v1/people/{person_id:uuid}/consents/withdraw": {
        "json": {"kind": "core.partners", "withdrawn_on": "2026-11-20", "reason": "Чужое"}
    },
    "POST /api/v1/people/{person_id:uuid}/pupil-file": {},
    "POST /api/v1/people/{person_id:uuid}/guardians": {"json": {"last_name": "Чужая", "first_name": "Анна"}},
    "PUT /api/v1/people/{person_id:uuid}/guardians/{tie_id:uuid}": {
        "json": {"rights": "none", "basis": "Чужое решение"}
    },
    "POST /people/{person_id:uuid}/erase": {"data": {"basis": "Чужое", "word": "СТЕРЕТЬ"}},
    "POST /support/messages/{message_id:uuid}": {"data": {"text": "Чужой ответ"}},
    "POST /support/questions/{message_id:uuid}": {"data": {"text": "Чужое дополнение"}},
    "POST /organization-groups/{group_id:uuid}/edit": {
        "data": {"name": "Чужая группа", "kind": "other", "membership": "hand"}
    },
    "POST /organization-groups/{group_id:uuid}/plugins": {"data": {"plugin": "journal", "decision": "off"}},
    "POST /organization-groups/{group_id:uuid}/announce": {
        "data": {"recipients": "staff", "title": "Чужое объявление", "step": "send"}
    },
    "POST /groupings/{grouping_id:uuid}/edit": {
        "data": {"name": "11Я", "term_kind": "quarter", "days_per_week": "5", "shift": "1"}
    },
    "POST /groupings/{grouping_id:uuid}/split": {
        "data": {"how": "hand", "parts": "2", "day": "2026-11-20", "reason": "Чужое деление"}
    },
    "POST /groupings/{grouping_id:uuid}/move": {
        "data": {
            "ids": "{pupil_id}",
            "target": "out",
            "step": "do",
            "day": "2026-11-20",
            "reason": "Чужой перевод",
        }
    },
    "POST /webhooks/{webhook_id:uuid}": {"data": {"step": "pause"}},
    "POST /webhooks/{webhook_id:uuid}/edit": {
        "data": {"name": "Чужая", "url": "https://stranger.example.ru/", "events": ["marks.set"]}
    },
    "PUT /api/v1/webhooks/{webhook_id:uuid}": {
        "json": {"name": "Чужая", "url": "https://stranger.example.ru/", "events": ["marks.set"]}
    },
    "POST /api/v1/webhooks/{webhook_id:uuid}/pause": {},
    "POST /api/v1/webhooks/{webhook_id:uuid}/resume": {},
    "POST /api/v1/webhooks/{webhook_id:uuid}/secret": {},
    "POST /api/v1/webhooks/{webhook_id:uuid}/test": {},
    "POST /api/v1/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/repeat": {},
    "POST /groupings/moves/{move_id:uuid}/undo": {"data": {}},
    "POST /api/v1/groupings/moves/{move_id:uuid}/undo": {"json": {}},
    "PUT /api/v1/groupings/{grouping_id:uuid}": {"json": {"places": 3}},
    "POST /api/v1/groupings/{grouping_id:uuid}/close": {"json": {"day": "2026-11-20", "reason": "Чужое"}},
    "POST /api/v1/groupings/{grouping_id:uuid}/reopen": {"json": {}},
    "PUT /api/v1/organization-groups/{group_id:uuid}": {"json": {"name": "Чужая группа"}},
    "PUT /api/v1/organization-groups/{group_id:uuid}/members/{organization_id:uuid}": {"json": {}},
    "POST /api/v1/organizations/{organization_id:uuid}/close": {
        "json": {"day": "2026-11-20", "reason": "Чужое основание"}
    },
    "POST /api/v1/organizations/{organization_id:uuid}/reopen": {"json": {}},
    "PUT /api/v1/organizations/{organization_id:uuid}/parent": {"json": {"parent_id": "{organization_id}"}},
    "POST /api/v1/groupings/{grouping_id:uuid}/moves": {
        "json": {
            "day": "2026-11-20",
            "reason": "Чужой перевод",
            "moves": [{"person_id": "{pupil_id}", "to": None}],
        }
    },
    "POST /api/v1/accounts/{person_id:uuid}/block": {"json": {"reason": "Чужое основание"}},
    "POST /api/v1/accounts/{person_id:uuid}/unblock": {"json": {"reason": "Чужое основание"}},
    "POST /api/v1/accounts/{person_id:uuid}/sign-out": {},
    "POST /api/v1/accounts/{person_id:uuid}/merge/{other_id:uuid}": {"json": {"keep": "one"}},
    "POST /api/v1/accounts/{person_id:uuid}/merge/{other_id:uuid}/preview": {"json": {"keep": "one"}},
    "POST /api/v1/accounts/{person_id:uuid}/merge/{other_id:uuid}/different": {"json": {}},
    "POST /api/v1/merges/{merge_id:uuid}/undo": {},
    "POST /api/v1/accounts/{person_id:uuid}/login/invitation": {},
    "POST /api/v1/accounts/{person_id:uuid}/login/password": {},
    "DELETE /api/v1/accounts/{person_id:uuid}/login": {},
    "DELETE /api/v1/accounts/{person_id:uuid}/login/second-factor": {},
    "DELETE /api/v1/accounts/{person_id:uuid}/login/passkeys": {},
    "POST /api/v1/auth-local/school-classes/{school_class_id:uuid}/invitations": {
        "json": {"person_ids": ["{pupil_id}"]}
    },
    "POST /api/v1/roles/{role_id:uuid}/suspend": {"json": {"basis": "Чужой приказ"}},
    "POST /api/v1/roles/{role_id:uuid}/resume": {"json": {"basis": "Чужой приказ"}},
    "POST /api/v1/roles/{role_id:uuid}/terminate": {"json": {"basis": "Чужой приказ"}},
    "POST /api/v1/roles/{role_id:uuid}/prolong": {
        "json": {"basis": "Чужой приказ", "last_day": "2099-09-01"}
    },
    "POST /api/v1/requests/{request_id:uuid}/comments": {"json": {"text": "Чужой комментарий"}},
    "POST /api/v1/requests/{request_id:uuid}/withdraw": {},
    "PUT /api/v1/requests/{request_id:uuid}/values": {"json": {"values": {"reason": "Чужое"}}},
    "POST /api/v1/requests/{request_id:uuid}/send": {},
    "DELETE /api/v1/requests/{request_id:uuid}": {},
    "POST /api/v1/requests/{request_id:uuid}/files": {
        "json": {"files": [{"name": "чужой.txt", "content": "0KfRg9C20L7QuQ=="}]}
    },
    "DELETE /api/v1/requests/{request_id:uuid}/files/{file_id:uuid}": {},
    "POST /api/v1/requests/{request_id:uuid}/decision": {"json": {"decision": "approve"}},
    "POST /api/v1/transfers/{request_id:uuid}/approve": {"json": {"text": "Чужой ответ"}},
    "POST /api/v1/transfers/{request_id:uuid}/refuse": {"json": {"text": "Чужой отказ"}},
    "PUT /api/v1/academic-years/{year_id:uuid}/terms": {
        "json": {"terms": [{"id": "{year_id}", "starts_on": "2026-09-01", "ends_on": "2026-10-26"}]}
    },
    "POST /api/v1/academic-years/{year_id:uuid}/archive": {},
    "DELETE /api/v1/academic-years/{year_id:uuid}": {},
    "PUT /api/v1/academic-years/{year_id:uuid}/promotion/decisions": {
        "json": {"classes": [{"school_class_id": "{class_id}", "target": ""}]}
    },
    "POST /api/v1/academic-years/{year_id:uuid}/promotion": {"json": {}},
    "POST /api/v1/academic-years/{year_id:uuid}/promotion/undo": {},
    "PUT /api/v1/organizations/{organization_id:uuid}": {"json": {"phone": "88655312345"}},
    "POST /organizations/{organization_id:uuid}/edit": {"data": {"phone": "88655312345"}},
    "POST /organizations/{organization_id:uuid}/setup": {"data": {"step": "core.guardians", "fine": "yes"}},
    "POST /organizations/{organization_id:uuid}/subjects": {"data": {"names": "Чужой предмет"}},
    "POST /api/v1/organizations/{organization_id:uuid}/subjects": {
        "json": {"subjects": [{"name": "Чужой предмет"}]}
    },
    "DELETE /api/v1/organizations/{organization_id:uuid}/subjects/{subject_id:uuid}": {},
    "POST /api/v1/organizations/{organization_id:uuid}/licences": {
        "json": {"number": "1", "issued_on": "2020-05-18", "issuer": "Чужая"}
    },
    "DELETE /api/v1/organizations/{organization_id:uuid}/licences/{licence_id:uuid}": {},
    "PUT /api/v1/organizations/{organization_id:uuid}/theme": {"json": {"theme": "base"}},
    "POST /api/v1/role-kinds/changes/{change_id:uuid}/undo": {},
    "DELETE /api/v1/me/delegations/{role_id:uuid}": {},
    "DELETE /api/v1/me/sessions/{session_id:uuid}": {},
    "POST /api/v1/support/questions/{message_id:uuid}/messages": {"json": {"text": "Чужое дополнение"}},
    "POST /api/v1/support/messages/{message_id:uuid}/answer": {"json": {"text": "Чужой ответ"}},
    "POST /api/v1/children/{child_id:uuid}/account": {},
    "POST /api/v1/auth-local/children/{child_id:uuid}/invitation": {},
    "POST /organizations/{organization_id:uuid}/licences": {
        "data": {"kind": "licence", "number": "1", "issued_on": "2020-05-18", "issuer": "Чужая"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}": {"data": {"topic": "Чужая тема"}},
    "POST /journal/{page_id:uuid}/lessons/new": {"data": {"day": "2026-11-20", "number": "9"}},
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/restore": {
        "data": {"record": "{lesson_record_id}"}
    },
    "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}": {
        "data": {"value": "2", "was": ""}
    },
    "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/restore": {
        "data": {"record": "{cell_record_id}"}
    },
    "POST /journal/classes/{class_id:uuid}/behaviour": {"data": {"mark:{pupil_id}:1": "обр"}},
    "POST /journal/classes/{class_id:uuid}/behaviour/fill": {"data": {"column": "1", "value": "обр"}},
    "PUT /api/v1/journal/school-classes/{class_id:uuid}/behaviour": {
        "json": {"pupil": "{pupil_id}", "column": "1", "value": "обр"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria": {"data": {"criteria": "Чужой; 5"}},
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/copy": {
        "data": {"source": "{lesson_id}"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/points": {
        "data": {"points:{pupil_id}:{criterion_id}": "1"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/marks": {"data": {"step": "accept"}},
    "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/points": {
        "data": {"points:{criterion_id}": "1"}
    },
    "PUT /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria": {
        "json": {"criteria": [{"title": "Чужой", "greatest": 5}]}
    },
    "PUT /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/points": {
        "json": {"pupil": "{pupil_id}", "points": [{"criterion": "{criterion_id}", "points": 1}]}
    },
    "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/remarks": {
        "data": {"kind": "remark", "text": "Чужое замечание"}
    },
    "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/remarks/{remark_id:uuid}/remove": {
        "data": {"step": "remove"}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/remarks": {
        "json": {"lesson": "{lesson_id}", "pupil": "{pupil_id}", "kind": "remark", "text": "Чужое замечание"}
    },
    "DELETE /api/v1/journal/pages/{page_id:uuid}/remarks/{remark_id:uuid}": {},
    "POST /api/v1/journal/pages/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/restore": {
        "json": {"record": "{cell_record_id}"}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/restore": {
        "json": {"record": "{lesson_record_id}"}
    },
    "POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/marks/{mark_id:uuid}": {
        "data": {"comment": "Чужой комментарий"}
    },
    "POST /journal/{page_id:uuid}/term-marks": {"data": {"mark:{pupil_id}:1": "2", "was:{pupil_id}:1": ""}},
    "POST /journal/{page_id:uuid}/term-marks/accept/{column:str}": {"data": {"pupil:{pupil_id}": "yes"}},
    "POST /journal/{page_id:uuid}/term-marks/{pupil_id:uuid}/{column:str}": {
        "data": {"value": "2", "was": "", "reason": "Чужая причина"}
    },
    "POST /journal/terms/{term_id:uuid}/close": {"data": {}},
    "POST /journal/terms/{term_id:uuid}/reopen": {"data": {"reason": "Чужая", "until": "2099-01-01"}},
    "POST /journal/terms/{term_id:uuid}/remind": {"data": {}},
    "PUT /api/v1/journal/pages/{page_id:uuid}/term-marks": {
        "json": {"pupil": "{pupil_id}", "column": "1", "value": "2", "reason": "Чужая"}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/term-marks/accept": {"json": {"column": "1"}},
    "POST /api/v1/journal/terms/{term_id:uuid}/close": {},
    "POST /api/v1/journal/terms/{term_id:uuid}/reopen": {"json": {"reason": "Чужая", "until": "2099-01-01"}},
    "PUT /api/v1/journal/pages/{page_id:uuid}/cells": {
        "json": {"lesson": "{lesson_id}", "pupil": "{pupil_id}", "value": "2"}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/cells": {
        "json": {"cells": [{"lesson": "{lesson_id}", "pupil": "{pupil_id}", "value": "2"}]}
    },
    "PUT /api/v1/journal/pages/{page_id:uuid}/marks/{mark_id:uuid}/comment": {"json": {"comment": "Чужой"}},
    "PUT /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}": {"json": {"topic": "Чужая"}},
    "POST /api/v1/journal/pages/{page_id:uuid}/columns": {"json": {"day": "2026-11-20", "title": "Чужой"}},
    "POST /api/v1/journal/pages/{page_id:uuid}/external-marks": {
        "json": {
            "pupil": "{pupil_id}",
            "marks": [{"value": "2", "day": "2026-11-20", "source": "Чужая школа"}],
        }
    },
    "DELETE /api/v1/journal/pages/{page_id:uuid}/external-marks/{external_mark_id:uuid}": {},
    "POST /journal/{page_id:uuid}/external": {
        "data": {
            "pupil": "{pupil_id}",
            "value": "2",
            "term": "",
            "day": "2026-11-20",
            "weight": "1",
            "work": "",
            "source": "Чужая школа",
        }
    },
    "POST /journal/{page_id:uuid}/external/file": {"data": {"pupil": "{pupil_id}"}},
    "POST /journal/{page_id:uuid}/external/{external_mark_id:uuid}/remove": {"data": {"step": "remove"}},
    "DELETE /api/v1/journal/pages/{page_id:uuid}/columns/{lesson_id:uuid}": {},
    "POST /journal/{page_id:uuid}/columns/{lesson_id:uuid}/remove": {"data": {"with_marks": "true"}},
    "POST /journal/{page_id:uuid}/columns/new": {"data": {"day": "2026-11-20", "title": "Чужой"}},
    "POST /api/v1/journal/pages/{page_id:uuid}/lessons": {"json": {"day": "2026-11-20", "number": 9}},
    "POST /journal/classes/{class_id:uuid}/days/{day:str}": {"data": {"pupil": "{pupil_id}", "code": "н"}},
    "POST /journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call": {"data": {"step": "done"}},
    "POST /journal/recodings/{recoding_id:uuid}/undo": {"data": {"step": "undo"}},
    "POST /journal/absences/{absence_id:uuid}": {"data": {"step": "refuse", "answer": "Чужой ответ"}},
    "POST /absences/{absence_id:uuid}/withdraw": {"data": {"step": "withdraw"}},
    "PUT /api/v1/journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call": {},
    "DELETE /api/v1/journal/classes/{class_id:uuid}/lessons/{lesson_id:uuid}/roll-call": {},
    "POST /api/v1/journal/recodings/{recoding_id:uuid}/undo": {},
    "POST /journal/papers/{order_id:uuid}/cancel": {},
    "POST /journal/papers/{order_id:uuid}/repeat": {},
    "POST /journal/papers/{order_id:uuid}/delete": {},
    "DELETE /api/v1/journal/papers/{order_id:uuid}": {},
    "POST /timetable/absences/{teacher_absence_id:uuid}/edit": {"data": {"step": "remove"}},
    "POST /timetable/absences/{teacher_absence_id:uuid}/fill": {
        "data": {"choice:{planned_lesson_id}": "cancel"}
    },
    "POST /timetable/lessons/{planned_lesson_id:uuid}": {"data": {"option": "cancel"}},
    "PUT /api/v1/diary/absences/{teacher_absence_id:uuid}": {
        "json": {"first_day": "2026-11-20", "last_day": "2026-11-21"}
    },
    "DELETE /api/v1/diary/absences/{teacher_absence_id:uuid}": {},
    "POST /api/v1/diary/lessons/{planned_lesson_id:uuid}/override": {"json": {"kind": "cancel"}},
    "DELETE /api/v1/diary/lessons/{planned_lesson_id:uuid}/override": {},
    "POST /journal/exemptions/{exemption_id:uuid}/end": {"data": {"last_day": "2026-11-20"}},
    "POST /journal/exemptions/{exemption_id:uuid}/withdraw": {"data": {"step": "withdraw"}},
    "POST /api/v1/journal/exemptions/{exemption_id:uuid}/end": {"json": {"last_day": "2026-11-20"}},
    "POST /api/v1/journal/exemptions/{exemption_id:uuid}/withdraw": {},
    "POST /api/v1/journal/absences/{absence_id:uuid}/withdraw": {},
    "POST /api/v1/journal/absences/{absence_id:uuid}/confirm": {"json": {}},
    "POST /api/v1/journal/absences/{absence_id:uuid}/refuse": {"json": {"answer": "Чужой ответ"}},
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks": {
        "data": {"text": "Чужое", "pupil": "{pupil_id}"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/files/{file_id:uuid}/remove": {
        "data": {"step": "remove"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks/{task_id:uuid}": {
        "data": {"text": "Чужое", "pupil": "{pupil_id}"}
    },
    "PUT /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks/{task_id:uuid}": {
        "json": {"text": "Чужое", "pupils": ["{pupil_id}"]}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/files": {
        "json": {"files": [{"name": "чужой.txt", "content": "0JrQu9Cw0YHRgTvQpNCY0J4K"}]}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks/{task_id:uuid}/remove": {
        "data": {"step": "remove"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/{pupil_id:uuid}": {
        "data": {"state": "accepted", "seen": "1"}
    },
    "POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/copy": {
        "data": {"page": "{page_id}", "lesson:{page_id}": "{lesson_id}"}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/copies": {
        "json": {"lessons": ["{lesson_id}"]}
    },
    "POST /homework/{lesson_id:uuid}/{pupil_id:uuid}": {"data": {"text": "Чужое"}},
    "POST /homework/{lesson_id:uuid}/{pupil_id:uuid}/files/{file_id:uuid}/remove": {
        "data": {"step": "remove"}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/tasks": {
        "json": {"text": "Чужое", "pupils": ["{pupil_id}"]}
    },
    "POST /api/v1/journal/pages/{page_id:uuid}/lessons/{lesson_id:uuid}/homework/works/{pupil_id:uuid}": {
        "json": {"state": "accepted", "seen": 1}
    },
    "PUT /api/v1/journal/homework/{lesson_id:uuid}/{pupil_id:uuid}": {"json": {"text": "Чужое"}},
    "POST /curriculum/{curriculum_id:uuid}/rows": {"data": {"subject_id": "{subject_id}", "part": "school"}},
    "POST /curriculum/{curriculum_id:uuid}/columns": {"data": {"place": "pupil:{pupil_id}"}},
    "POST /curriculum/{curriculum_id:uuid}/layout": {
        "data": {"title": "Чужой план", "starts_on": "2026-11-20"}
    },
    "POST /curriculum/{curriculum_id:uuid}/send-back": {"data": {"remark": "Чужое"}},
    "POST /api/v1/diary/curricula/{curriculum_id:uuid}/send-back": {"json": {"remark": "Чужое"}},
    "POST /curriculum/{curriculum_id:uuid}/import/load": {
        "data": {"rows": '[{{"subject_id":"{subject_id}","part":"school","hours":{{}}}}]'}
    },
    "POST /curriculum/{curriculum_id:uuid}/loads/{column_id:uuid}/{subject_id:uuid}": {
        "data": {"teacher": "{teacher_id}", "from_day": "2026-11-20"}
    },
    "POST /api/v1/diary/curricula/{curriculum_id:uuid}/load": {
        "json": {"rows": [{"subject_id": "{subject_id}", "part": "school", "hours": {}}]}
    },
    "PUT /api/v1/diary/curricula/{curriculum_id:uuid}/loads": {
        "json": {"subject_id": "{subject_id}", "column_id": "{column_id}", "teacher_id": "{teacher_id}"}
    },
    "PUT /api/v1/diary/curricula/{curriculum_id:uuid}": {
        "json": {"title": "Чужой план", "starts_on": "2026-11-20"}
    },
    "PUT /api/v1/diary/curricula/{curriculum_id:uuid}/cells": {
        "json": {"row": "{row_id}", "column": "{column_id}", "text": "7"}
    },
    "POST /api/v1/diary/curricula/{curriculum_id:uuid}/rows": {
        "json": {"subject_id": "{subject_id}", "part": "school"}
    },
    "POST /api/v1/diary/curricula/{curriculum_id:uuid}/columns": {"json": {"pupil_id": "{pupil_id}"}},
    "POST /journal/plans/{plan_id:uuid}/edit": {"data": {"title": "Чужой план"}},
    "POST /journal/plans/{plan_id:uuid}/topics": {"data": {"title": "Чужая тема"}},
    "POST /journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}": {"data": {"title": "Чужая тема"}},
    "POST /journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}/move": {"data": {"to": "2"}},
    "POST /journal/plans/{plan_id:uuid}/import/load": {"data": {"rows": '[{{"title":"Чужая"}}]'}},
    "POST /journal/plans/{plan_id:uuid}/apply": {"data": {"page": "{page_id}"}},
    "POST /journal/{page_id:uuid}/plan/topics": {"data": {"title": "Чужая тема"}},
    "POST /journal/{page_id:uuid}/plan/topics/{topic_id:uuid}": {"data": {"kind": "skipped"}},
    "PUT /api/v1/journal/plans/{plan_id:uuid}": {"json": {"title": "Чужой план"}},
    "POST /api/v1/journal/plans/{plan_id:uuid}/topics": {"json": {"topics": [{"title": "Чужая"}]}},
    "PUT /api/v1/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}": {"json": {"title": "Чужая"}},
    "POST /api/v1/journal/plans/{plan_id:uuid}/topics/{topic_id:uuid}/move": {"json": {"to": 2}},
    "POST /api/v1/journal/plans/{plan_id:uuid}/apply": {"json": {"pages": ["{page_id}"]}},
    "POST /api/v1/journal/plans/{plan_id:uuid}/apply/preview": {"json": {"pages": ["{page_id}"]}},
    "POST /api/v1/journal/pages/{page_id:uuid}/plan/topics": {"json": {"title": "Чужая"}},
    "PUT /api/v1/journal/pages/{page_id:uuid}/plan/topics/{topic_id:uuid}": {"json": {"kind": "skipped"}},
}
"""A body that would do something, for changes whose address names a thing; a new one of these needs a line."""

BY_WHAT_IS_SENT: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "POST /api/v1/imports",
        {
            "json": {
                "files": [{"name": "чужие.csv", "content": "0JrQu9Cw0YHRgTvQpNCY0J4K"}],
                "organization_id": "{organization_id}",
            }
        },
    ),
    ("POST /accounts", {"data": {"organization": "{organization_id}", "last_name": "А", "first_name": "Б"}}),
    ("POST /accounts/bulk/block", {"data": {"ids": "{person_id}", "step": "do", "reason": "Чужой"}}),
    ("POST /accounts/bulk/unblock", {"data": {"ids": "{person_id}", "step": "do"}}),
    ("POST /accounts/duplicates/bulk/different", {"data": {"ids": "{pair_id}", "step": "do"}}),
    ("POST /accounts/duplicates/bulk/reopen", {"data": {"ids": "{pair_id}", "step": "do"}}),
    ("POST /roles", {"data": {"organization": "{organization_id}", "person": "{teacher_id}", **ROLE}}),
    ("POST /roles/bulk/suspend", {"data": {"ids": "{role_id}", "step": "do", "basis": "Чужой"}}),
    ("POST /roles/bulk/resume", {"data": {"ids": "{role_id}", "step": "do"}}),
    ("POST /roles/bulk/terminate", {"data": {"ids": "{role_id}", "step": "do", "basis": "Чужой"}}),
    ("POST /roles/bulk/delete", {"data": {"ids": "{role_id}", "step": "do"}}),
    (
        "POST /roles/bulk/prolong",
        {"data": {"ids": "{role_id}", "step": "do", "basis": "Чужой", "last_day": "2099-01-01"}},
    ),
    ("POST /requests/list/bulk/take", {"data": {"ids": "{request_id}", "step": "do"}}),
    ("POST /requests/list/bulk/approve", {"data": {"ids": "{request_id}", "step": "do"}}),
    ("POST /requests/list/bulk/put_back", {"data": {"ids": "{request_id}", "step": "do"}}),
    ("POST /requests/list/bulk/reject", {"data": {"ids": "{request_id}", "step": "do", "text": "Чужой"}}),
    ("POST /organizations/bulk/close", {"data": {"ids": "{organization_id}", "step": "do"}}),
    ("POST /organizations/new", {"data": {"parent": "{organization_id}"}}),
    ("POST /plugins/journal/switch", {"data": {"target": "{organization_id}", "decision": "off"}}),
    ("POST /plugins/journal/settings", {"data": {"_organization": "{organization_id}"}}),
    ("POST /plugins/journal/settings/reset", {"data": {"organization": "{organization_id}", "name": "x"}}),
    ("POST /plugins/capability", {"data": {"organization": "{organization_id}", "capability": "marks"}}),
    ("POST /account/sessions/end", {"data": {"session_id": "{session_id}"}}),
    ("POST /account/tokens/revoke", {"data": {"token_id": "{token_id}"}}),
    ("POST /account/role", {"data": {"role_id": "{role_id}"}}),
    (
        "PUT /api/v1/plugins/journal/switch",
        {"json": {"organization_id": "{organization_id}", "enabled": False}},
    ),
    ("DELETE /api/v1/plugins/journal/switch?organization_id={organization_id}", {}),
    (
        "PUT /api/v1/plugins/journal/settings",
        {"json": {"organization_id": "{organization_id}", "values": {"marks_in_cell": 2}}},
    ),
    ("DELETE /api/v1/plugins/journal/settings/marks_in_cell?organization_id={organization_id}", {}),
    (
        "PUT /api/v1/capabilities/marks",
        {"json": {"organization_id": "{organization_id}", "plugin": "journal"}},
    ),
    (
        "POST /api/v1/me/delegations",
        {
            "json": {
                "person_id": "{teacher_id}",
                "starts_on": "2099-01-01",
                "ends_on": "2099-01-02",
                "basis": "Чужие права",
            }
        },
    ),
    (
        "POST /api/v1/roles",
        {"json": {"organization_id": "{organization_id}", "person_id": "{teacher_id}", **ROLE}},
    ),
    (
        "POST /api/v1/accounts",
        {
            "json": {
                "organization_id": "{organization_id}",
                "last_name": "Чужова",
                "first_name": "Анна",
                **ROLE,
            }
        },
    ),
    (
        "POST /api/v1/me/consents",
        {
            "json": {
                "person_id": "{pupil_id}",
                "organization_id": "{organization_id}",
                "kind": "core.partners",
                "text_id": "{pupil_id}",
            }
        },
    ),
    (
        "POST /api/v1/me/consents/withdraw",
        {
            "json": {
                "person_id": "{pupil_id}",
                "organization_id": "{organization_id}",
                "kind": "core.partners",
            }
        },
    ),
    (
        "POST /api/v1/academic-years",
        {
            "json": {
                "organization_id": "{organization_id}",
                "starts_on": "2045-09-01",
                "ends_on": "2046-05-26",
            }
        },
    ),
    (
        "PUT /api/v1/journal/attendance",
        {"json": {"lesson": "{lesson_id}", "pupil": "{pupil_id}", "code": "н"}},
    ),
    (
        "PUT /api/v1/journal/attendance/days",
        {"json": {"pupil": "{pupil_id}", "day": "2026-11-20", "code": "н"}},
    ),
    (
        "POST /api/v1/journal/recodings",
        {
            "json": {
                "pupil": "{pupil_id}",
                "first_day": "2026-11-20",
                "last_day": "2026-11-20",
                "code": "б",
                "basis": "Чужая справка",
            }
        },
    ),
    (
        "POST /api/v1/journal/papers",
        {"json": {"kind": "journal", "school_class": "{school_class_id}"}},
    ),
    (
        "POST /journal/papers",
        {"data": {"kind": "journal", "class_id": "{school_class_id}"}},
    ),
    (
        "POST /api/v1/journal/exemptions",
        {
            "json": {
                "pupil": "{pupil_id}",
                "subjects": ["{subject_id}"],
                "first_day": "2026-11-20",
                "last_day": "2026-11-20",
                "basis": "Чужая справка",
            }
        },
    ),
    (
        "POST /journal/exemptions",
        {
            "data": {
                "pupil": "{pupil_id}",
                "subjects": "{subject_id}",
                "kind": "exempt",
                "first_day": "2026-11-20",
                "last_day": "2026-11-20",
                "basis": "Чужая справка",
            }
        },
    ),
    (
        "POST /timetable/absences/new",
        {
            "data": {
                "teacher_id": "{teacher_id}",
                "first_day": "2026-11-20",
                "last_day": "2026-11-20",
                "reason": "other",
            }
        },
    ),
    (
        "POST /api/v1/diary/absences",
        {"json": {"teacher_id": "{teacher_id}", "first_day": "2026-11-20", "last_day": "2026-11-20"}},
    ),
    (
        "POST /api/v1/diary/overrides",
        {"json": {"overrides": [{"lesson_id": "{planned_lesson_id}", "override": {"kind": "cancel"}}]}},
    ),
    (
        "POST /api/v1/journal/absences",
        {
            "json": {
                "pupil": "{pupil_id}",
                "first_day": "2026-11-20",
                "last_day": "2026-11-20",
                "code": "б",
            }
        },
    ),
    (
        "POST /journal/reports/control/remind",
        {"data": {"teacher": "{teacher_id}", "first": "2026-09-01", "last": "2026-11-30"}},
    ),
    (
        "POST /api/v1/journal/reports/control/remind",
        {"json": {"teacher": "{teacher_id}", "first": "2026-09-01", "last": "2026-11-30"}},
    ),
    ("POST /api/v1/organizations", {"json": {"parent_id": "{organization_id}", "kind": "school"}}),
)
"""Changes that name a thing of another school in what is sent, not in the address."""

NOBODY: Mapping[str, Any] = defaultdict(lambda: str(new_id()))
"""Ids of nothing, whatever they are asked for."""

DRAFT = "/requests/{request_id:uuid}/edit"
"""Only a draft opens there, only for its author: `test_request_pages` looks at it."""

OWN_QUESTION = ("/support/questions/{message_id:uuid}", "/api/v1/support/questions/{message_id:uuid}")
"""Opened by whoever asked alone: `test_support` and `test_support_api` do."""
REGION = "/requests/{request_id:uuid}/region"
"""Only a region that was let in opens there: `test_region_connection` looks at it."""

ASKED = (
    "/api/v1/plugins?organization_id={organization_id}",
    "/api/v1/plugins/journal/settings?organization_id={organization_id}",
    "/api/v1/me/views?person_id={pupil_id}",
    "/plugins?organization={organization_id}",
    "/audit?organization={organization_id}",
    "/api/v1/audit?organization_id={organization_id}",
    "/export/oneroster/zip?organization_id={organization_id}",
    "/setup/step?organization={organization_id}&step=core.card",
    "/timetable?school_class={school_class_id}",
    "/timetable?teacher={teacher_id}",
    "/consents/blank?kind=core.partners&person={pupil_id}",
    "/account/consents/decide?kind=core.partners&person={pupil_id}&organization={organization_id}",
)
"""Addresses that name a thing of a school behind the question mark."""
