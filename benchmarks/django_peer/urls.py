"""The one page of the peer, written as a Django tutorial would."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, render
from django.urls import path

from benchmarks.django_peer.models import Absence, Enrollment, Lesson, Mark, Page, Session


def page(request: HttpRequest, page_id: UUID) -> HttpResponse:
    """A journal page as a table."""
    token = hashlib.sha256(request.COOKIES.get("moyashkola_session", "").encode()).digest()
    session = Session.objects.select_related("account__person").filter(token_hash=token).first()
    if session is None:
        return HttpResponseForbidden()
    found = get_object_or_404(Page, id=page_id)
    lessons = list(Lesson.objects.filter(page=found).order_by("day", "number"))
    pupils = [
        enrollment.person
        for enrollment in Enrollment.objects.filter(school_class_id=found.school_class_id)
        .select_related("person")
        .order_by("person__name_key")
    ]
    marks: dict[tuple[UUID, UUID], list[Mark]] = {}
    for mark in Mark.objects.filter(page=found).order_by("position"):
        marks.setdefault((mark.pupil_id, mark.lesson_id), []).append(mark)
    absences = {(each.pupil_id, each.lesson_id): each for each in Absence.objects.filter(page=found)}
    rows = []
    for pupil in pupils:
        own = [mark for lesson in lessons for mark in marks.get((pupil.id, lesson.id), []) if mark.score]
        weights = sum(mark.weight for mark in own)
        rows.append(
            {
                "pupil": pupil,
                "cells": [
                    {
                        "lesson": lesson,
                        "marks": marks.get((pupil.id, lesson.id), []),
                        "absence": absences.get((pupil.id, lesson.id)),
                    }
                    for lesson in lessons
                ],
                "average": sum(mark.score * mark.weight for mark in own) / weights if weights else None,
            }
        )
    return render(request, "page.html", {"lessons": lessons, "rows": rows, "person": session.account.person})


urlpatterns = [path("page/<uuid:page_id>", page)]
