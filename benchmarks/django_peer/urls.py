"""The one page of the peer, written as a Django tutorial would."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, render
from django.urls import path

from benchmarks.django_peer.models import Absence, Enrollment, Lesson, Mark, Page, Remark, Session

LETTERS = {"independent": "С", "test": "Т", "control": "К"}


def page(request: HttpRequest, page_id: UUID) -> HttpResponse:
    """A journal page: the table of marks and the list of topics."""
    token = hashlib.sha256(request.COOKIES.get("moyashkola_session", "").encode()).digest()
    session = Session.objects.select_related("account__person").filter(token_hash=token).first()
    if session is None:
        return HttpResponseForbidden()
    found = get_object_or_404(Page, id=page_id)
    lessons = list(Lesson.objects.filter(page=found).order_by("day", "number"))
    enrollments = (
        Enrollment.objects.filter(school_class_id=found.school_class_id)
        .select_related("person")
        .order_by("person__name_key")
    )
    marks: dict[tuple[UUID, UUID], list[Mark]] = {}
    for mark in Mark.objects.filter(page=found).order_by("position"):
        marks.setdefault((mark.pupil_id, mark.lesson_id), []).append(mark)
    absences = {(each.pupil_id, each.lesson_id): each for each in Absence.objects.filter(page=found)}
    remarks = {(each.pupil_id, each.lesson_id) for each in Remark.objects.filter(page=found)}
    rows: list[dict[str, Any]] = []
    for enrollment in enrollments:
        pupil = enrollment.person
        cells: list[dict[str, Any]] = []
        own: list[Mark] = []
        for lesson in lessons:
            here = marks.get((pupil.id, lesson.id), [])
            absence = absences.get((pupil.id, lesson.id))
            own += [mark for mark in here if mark.score]
            cells.append(
                {
                    "lesson": lesson,
                    "marks": here,
                    "absence": absence,
                    "away": lesson.day < enrollment.starts_on
                    or (enrollment.ends_on is not None and lesson.day > enrollment.ends_on),
                    "commented": any(mark.comment for mark in here),
                    "changed": any(mark.revision > 1 for mark in here),
                    "remarked": (pupil.id, lesson.id) in remarks,
                    "low": bool(here) and here[-1].value in ("1", "2"),
                }
            )
        weights = sum(mark.weight for mark in own)
        average = sum(mark.score * mark.weight for mark in own) / weights if weights else None
        rows.append({"pupil": pupil, "cells": cells, "average": average})
    for lesson in lessons:
        lesson.letter = LETTERS.get(lesson.control_kind, "")
    return render(request, "page.html", {"lessons": lessons, "rows": rows, "person": session.account.person})


def lesson(request: HttpRequest, page_id: UUID, lesson_id: UUID) -> HttpResponse:
    """Where the list of topics leads to."""
    return HttpResponse(get_object_or_404(Lesson, id=lesson_id, page_id=page_id).topic)


urlpatterns = [
    path("page/<uuid:page_id>", page),
    path("page/<uuid:page_id>/lessons/<uuid:lesson_id>", lesson, name="lesson"),
]
