"""The passage of a school to its next academic year, for programs: decided, tried dry, carried out, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.organizations import promotion, promotion_plan
from core.organizations.academic_years import EDIT
from core.organizations.promotion_plan import GRADUATE, Plan
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence

YEAR = "/api/v1/academic-years/{year_id:uuid}"
Target = Annotated[str, Meta(max_length=30, pattern="^[^\\u0000]*$")]


class PupilPlanOut(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of a pupil."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    outcome: Annotated[
        str,
        Meta(
            description="`promoted`, `conditional` – переведён условно, `repeats`, `left` – выбыл, `graduated`."
        ),
    ]
    target: Annotated[str, Meta(description="Класс нового года; пусто, если его нет.")]
    problem: Annotated[str, Meta(description="Почему перевести нельзя; пусто, если можно.")]


class ClassPlanOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a class would go."""

    school_class_id: UUID
    school_class: str
    target: Annotated[str, Meta(description="Класс нового года; `graduate` – выпуск; пусто, если не решено.")]
    pupils: Annotated[list[PupilPlanOut], Meta(description="Ученики класса.")]


class RehearsalOut(msgspec.Struct, frozen=True, kw_only=True):
    """The passage to the next year as it would be carried out now, or how it was."""

    from_year_id: Annotated[UUID, Meta(description="Ключ года, который кончается.")]
    to_year_id: Annotated[UUID, Meta(description="Ключ следующего года.")]
    done: Annotated[bool, Meta(description="Перевод уже сделан: показано, что было решено.")]
    objection_to_undo: Annotated[
        str, Meta(description="Почему перевод нельзя отменить, словами; пусто, если можно.")
    ]
    totals: Annotated[dict[str, int], Meta(description="Исход → сколько учеников.")]
    classes: Annotated[list[ClassPlanOut], Meta(description="Классы по порядку.")]


class ClassDecisionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a class goes."""

    school_class_id: UUID
    target: Annotated[
        Target,
        Meta(
            description="Класс нового года, `graduate` – выпуск, пусто – решить о каждом ученике.",
            examples=["8А"],
        ),
    ]


class PupilDecisionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of a single pupil."""

    person_id: UUID
    outcome: Annotated[
        Literal["promoted", "conditional", "repeats", "left", "graduated"] | None,
        Meta(description="Исход; null – как весь класс, прежнее решение об ученике забыть."),
    ]
    target: Annotated[Target, Meta(description="Класс нового года, если не тот, куда идёт класс.")] = ""


class DecisionsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decisions about classes and pupils; what is not named stays as it was decided."""

    classes: Annotated[list[ClassDecisionIn], Meta(max_length=200, description="О классах.")] = []
    pupils: Annotated[list[PupilDecisionIn], Meta(max_length=5000, description="Об отдельных учениках.")] = []


class PromotionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rehearsal has shown."""

    totals: Annotated[
        dict[str, int] | None,
        Meta(description="`totals` примерки: если с тех пор стало иначе – 409. null – не сверять."),
    ] = None


@get(
    f"{YEAR}/rehearsal",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Примерить перевод на новый год",
    description=(
        "Что стало бы с каждым учеником, если перевести школу сейчас, с тем, что уже решено. Ничего не меняется. Кого "
        "переводить нельзя, у того `problem` говорит почему. 409 – следующего года ещё нет."
    ),
    responses=problems(404, 409, 422),
)
def rehearsal(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> RehearsalOut:
    """The passage from a year to the next, not carried out."""
    with database.reading() as db:
        return _told(db, actor, promotion_plan.rehearse(db, actor, year_id))


@put(
    f"{YEAR}/promotion/decisions",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Решить, куда идут классы и ученики",
    description=(
        "Все решения сразу или никакое; в ответе – примерка с ними. 409 – перевод уже сделан или следующего года нет; "
        "422 – в `fields` по ключу класса или ученика, что не так."
    ),
    responses=problems(404, 409, 422),
)
def decide_promotion(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    year_id: FromPath[UUID],
    data: JSONBody[DecisionsIn],
) -> RehearsalOut:
    """Keep where classes and single pupils go."""
    with database.transaction() as db:
        begun = promotion_plan.begin(db, actor, year_id).id
        targets = {each.school_class_id: each.target for each in data.classes}
        decided = {each.person_id: (each.outcome or "", each.target) for each in data.pupils}
        _refuse_strangers(promotion_plan.plan(db, actor, begun), {*targets, *decided})
        promotion_plan.decide_classes(db, actor, begun, targets)
        promotion_plan.decide_pupils(db, actor, begun, decided)
        return _told(db, actor, promotion_plan.plan(db, actor, begun))


@post(
    f"{YEAR}/promotion",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["organizations"],
    summary="Перевести школу на новый год",
    description=(
        "По принятым решениям, всё сразу: классы нового года, зачисления, группы, классные руководители. Прошлый год "
        "не меняется. 409 – уже переведена, переводить некого или примерка была другой."
    ),
    responses=problems(404, 409, 422),
)
def promote(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    year_id: FromPath[UUID],
    data: JSONBody[PromotionIn],
) -> RehearsalOut:
    """Move the school to the next year."""
    with database.transaction() as db:
        begun = promotion_plan.begin(db, actor, year_id)
        held = promotion_plan.promotion_of(db, actor, begun.id, lock=True)
        if data.totals is not None and held.done_at is None:
            now_planned = _counted(promotion_plan.plan(db, actor, begun.id).totals)
            if now_planned != {name: number for name, number in data.totals.items() if number}:
                raise Conflict(
                    "С тех пор, как перевод примерили, что-то изменилось.",
                    advice="Примерьте его снова и сверьте итоги.",
                )
        promotion.carry_out(db, actor, begun.id)
        return _told(db, actor, promotion_plan.plan(db, actor, begun.id))


@post(
    f"{YEAR}/promotion/undo",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["organizations"],
    summary="Отменить перевод на новый год",
    description=(
        "Пока новый год не начался и в его классах ничего нет; решения остаются. 409 – отменить нельзя, `title` "
        "говорит почему."
    ),
    responses=problems(404, 409, 422),
)
def undo_promotion(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> RehearsalOut:
    """Take the passage back."""
    with database.transaction() as db:
        begun = promotion_plan.begin(db, actor, year_id).id
        promotion.undo(db, actor, begun)
        return _told(db, actor, promotion_plan.plan(db, actor, begun))


def _refuse_strangers(planned: Plan, named: set[UUID]) -> None:
    """Raise `Invalid` for what is neither a class of the year nor a pupil of one."""
    known = {line.school_class.id for line in planned.classes}
    known |= {each.person_id for line in planned.classes for each in line.pupils}
    if unknown := named - known:
        words = sentence("Такого класса или ученика в этом учебном году нет.")
        raise Invalid("Решения не сохранены.", fields={str(each): words for each in unknown})


def _counted(totals: Mapping[Any, int]) -> dict[str, int]:
    return {str(outcome): number for outcome, number in totals.items() if number}


def _told(db: Session, actor: Actor, planned: Plan) -> RehearsalOut:
    done = planned.promotion.done_at is not None
    return RehearsalOut(
        from_year_id=planned.year.id,
        to_year_id=planned.next_year.id,
        done=done,
        objection_to_undo=promotion.objection_to_undo(actor, planned.promotion, planned.next_year.starts_on),
        totals=_counted(promotion.results(db, planned) if done else planned.totals),
        classes=[
            ClassPlanOut(
                school_class_id=line.school_class.id,
                school_class=line.school_class.name,
                target=line.target,
                pupils=[
                    PupilPlanOut(
                        person_id=each.person_id,
                        name=each.name,
                        outcome=str(each.outcome),
                        target="" if each.target == GRADUATE else each.target,
                        problem=each.problem,
                    )
                    for each in line.pupils
                ],
            )
            for line in planned.classes
        ],
    )


promotion_api: list[Any] = [rehearsal, decide_promotion, promote, undo_promotion]
