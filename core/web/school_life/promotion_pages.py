"""The passage of a school to the next academic year: classes, pupils, a dry run, and the step itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, NotFound
from core.organizations import promotion, promotion_plan
from core.organizations.academic_years import EDIT
from core.organizations.promotion_plan import GRADUATE, ClassPlan, Outcome
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import gettext as _
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed, as_id

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.PROMOTED: lazy("перевод в следующий класс"),
    Outcome.CONDITIONAL: lazy("условный перевод, с академической задолженностью"),
    Outcome.REPEATS: lazy("повторное обучение"),
    Outcome.LEFT: lazy("выбытие"),
    Outcome.GRADUATED: lazy("окончание школы"),
}
DONE = {
    "classes": lazy("Классы сохранены."),
    "pupils": lazy("Решения об учениках сохранены."),
    "moved": lazy("Школа переведена на новый учебный год."),
    "undone": lazy("Перевод отменён, решения сохранены."),
}
PROMOTION = "/promotions/{promotion_id:uuid}"


@get(PROMOTION, guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def promotion_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    promotion_id: FromPath[UUID],
) -> Page:
    """Where each class goes; what would be done, or what has been done."""
    with database.reading() as db:
        return _page(db, request, actor, promotion_id)


@post(f"{PROMOTION}/classes", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def decide_classes(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    promotion_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Keep where classes go."""
    graduation = _("выпуск")
    targets = {
        identity: GRADUATE if str(typed).strip().casefold() == graduation else str(typed)
        for name, typed in data.items()
        if name.startswith("class:") and (identity := as_id(name.partition(":")[2])) is not None
    }
    try:
        with database.transaction() as db:
            promotion_plan.decide_classes(db, actor, promotion_id, targets)
    except Invalid as wrong:
        with database.reading() as db:
            return _page(db, request, actor, promotion_id, data, wrong)
    return redirect(f"/promotions/{promotion_id}?done=classes")


@get(
    f"{PROMOTION}/classes/{{class_id:uuid}}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def class_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    promotion_id: FromPath[UUID],
    class_id: FromPath[UUID],
) -> Page:
    """What becomes of each pupil of a class."""
    with database.reading() as db:
        return _class(db, request, actor, promotion_id, class_id)


@post(
    f"{PROMOTION}/classes/{{class_id:uuid}}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def decide_pupils(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    promotion_id: FromPath[UUID],
    class_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Keep what becomes of single pupils."""
    decided = {
        identity: (str(typed), str(data.get(f"target:{identity}", "")))
        for name, typed in data.items()
        if name.startswith("outcome:") and (identity := as_id(name.partition(":")[2])) is not None
    }
    try:
        with database.transaction() as db:
            promotion_plan.decide_pupils(db, actor, promotion_id, decided)
    except Invalid as wrong:
        with database.reading() as db:
            return _class(db, request, actor, promotion_id, class_id, data, wrong)
    return redirect(f"/promotions/{promotion_id}?done=pupils")


@post(f"{PROMOTION}/do", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def carry_out(
    actor: NamedDependency[Actor], database: NamedDependency[Database], promotion_id: FromPath[UUID]
) -> Page:
    """Move the school to the next year."""
    with database.transaction() as db:
        promotion.carry_out(db, actor, promotion_id)
    return redirect(f"/promotions/{promotion_id}?done=moved")


@post(f"{PROMOTION}/undo", guards=[needs(EDIT)], sync_to_thread=True, include_in_schema=False)
def undo(
    actor: NamedDependency[Actor], database: NamedDependency[Database], promotion_id: FromPath[UUID]
) -> Page:
    """Take the passage back."""
    with database.transaction() as db:
        promotion.undo(db, actor, promotion_id)
    return redirect(f"/promotions/{promotion_id}?done=undone")


def _page(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    promotion_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: Invalid | None = None,
) -> Page:
    plan = promotion_plan.plan(db, actor, promotion_id)
    return render(
        request,
        "school_year/promotion.html",
        status=wrong.status if wrong else 200,
        plan=plan,
        outcomes=OUTCOMES,
        results=promotion.results(db, plan),
        graduate=GRADUATE,
        final_grades=promotion_plan.FINAL_GRADES,
        final=", ".join(
            each.school_class.name
            for each in plan.classes
            if each.school_class.grade_level in promotion_plan.FINAL_GRADES
            and each.school_class.grade_level < promotion_plan.LAST_GRADE
        ),
        last_grade=promotion_plan.LAST_GRADE,
        objection=promotion.objection_to_undo(actor, plan.promotion, plan.next_year.starts_on),
        typed=typed or {},
        errors=dict(wrong.fields) if wrong else {},
        done=DONE.get(request.query_params.get("done", ""), ""),
    )


def _class(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    promotion_id: UUID,
    class_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: Invalid | None = None,
) -> Page:
    plan = promotion_plan.plan(db, actor, promotion_id)
    line: ClassPlan | None = next((each for each in plan.classes if each.school_class.id == class_id), None)
    if line is None:
        raise NotFound("Такого класса в этом учебном году нет.", advice="Откройте список классов.")
    return render(
        request,
        "school_year/class.html",
        status=wrong.status if wrong else 200,
        plan=plan,
        line=line,
        outcomes=OUTCOMES,
        graduate=GRADUATE,
        typed=typed or {},
        errors=dict(wrong.fields) if wrong else {},
    )


promotion_routes: list[Any] = [
    promotion_page,
    decide_classes,
    class_page,
    decide_pupils,
    carry_out,
    undo,
]
