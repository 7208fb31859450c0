"""«Похожие люди» as a work list: two cards that may be of one person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, or_

from core.database.session import Session
from core.identity import duplicates
from core.identity.duplicates import DIFFERENT, FIRST, LIKELY, MERGE, SECOND, PairLine
from core.identity.likeness import REASONS
from core.identity.models import LikelyPair
from core.identity.name_words import similar_names
from core.roles.actor import Actor
from core.search import starts_a_word
from core.web.accounts.account_list import ACCOUNT_VIEWS
from core.web.i18n import counted, gettext, lazy
from core.worklists.definition import PEOPLE_EXPORT, BulkAction, Cell, Column, Filter, WorkList

STATUSES = {
    LIKELY: (lazy("ждёт решения"), "warning"),
    DIFFERENT: (lazy("разные люди"), ""),
}


def _first(line: PairLine) -> Cell:
    return Cell(text=line.first, url=f"/accounts/{line.first_id}/merge/{line.second_id}")


def _status(line: PairLine) -> Cell:
    words, tone = STATUSES[line.status]
    return Cell(text=gettext(words), tone=tone)


def _reasons(line: PairLine) -> str:
    return "; ".join(gettext(REASONS[each]) for each in line.reasons if each in REASONS)


def _with_status(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    return LikelyPair.status == value if value in STATUSES else None


def _with_reason(_actor: Actor, value: str) -> ColumnElement[bool] | None:
    return cast(LikelyPair.reasons, String).contains(f'"{value}"') if value in REASONS else None


def _by_name(_actor: Actor, wanted: str) -> ColumnElement[bool]:
    return or_(starts_a_word(FIRST.name_key, wanted), starts_a_word(SECOND.name_key, wanted))


def _objection_to_different(_db: Session, _actor: Actor, line: PairLine) -> str:
    return gettext("уже отмечено") if line.status == DIFFERENT else ""


def _objection_to_reopen(_db: Session, _actor: Actor, line: PairLine) -> str:
    return gettext("решения ещё не было") if line.status != DIFFERENT else ""


def _different(db: Session, actor: Actor, pair_id: UUID, _values: Any) -> None:
    pair = db.get_one(LikelyPair, pair_id)
    duplicates.decide(db, actor, pair.first_id, pair.second_id, different=True)


def _reopen(db: Session, actor: Actor, pair_id: UUID, _values: Any) -> None:
    pair = db.get_one(LikelyPair, pair_id)
    duplicates.decide(db, actor, pair.first_id, pair.second_id, different=False)


DUPLICATES: WorkList[PairLine] = WorkList(
    name="duplicates",
    title=lazy("Похожие люди"),
    url="/accounts/duplicates",
    permission=MERGE,
    export=PEOPLE_EXPORT,
    icon="person",
    key=LikelyPair.id,
    rows=duplicates.pair_rows,
    lines=duplicates.pair_lines,
    sort="first",
    search=_by_name,
    similar=similar_names,
    search_hint=lazy("Фамилия или имя"),
    views=ACCOUNT_VIEWS,
    new=(MERGE, lazy("Искать сейчас"), "/accounts/duplicates/search"),
    columns=(
        Column(name="first", title=lazy("Человек"), cell=_first, order=(FIRST.name_key,)),
        Column(
            name="second", title=lazy("Похож на"), cell=lambda line: line.second, order=(SECOND.name_key,)
        ),
        Column(name="reasons", title=lazy("Что совпадает"), cell=_reasons),
        Column(name="status", title=lazy("Решение"), cell=_status),
    ),
    filters=(
        Filter(
            name="status",
            title=lazy("Решение"),
            condition=_with_status,
            options=lambda _db, _actor: [(name, gettext(words)) for name, (words, _) in STATUSES.items()],
        ),
        Filter(
            name="reason",
            title=lazy("Что совпадает"),
            condition=_with_reason,
            options=lambda _db, _actor: [(name, gettext(words)) for name, words in REASONS.items()],
        ),
    ),
    actions=(
        BulkAction(
            name="different",
            title=lazy("Это разные люди"),
            explanation=lazy("Портал запомнит, что это разные люди, и больше не будет их предлагать."),
            permission=MERGE,
            objection=_objection_to_different,
            apply=_different,
            done=lambda count: counted(
                "Запомнили: в %(count)s паре люди разные.", "Запомнили: в %(count)s парах люди разные.", count
            ),
            icon="check",
            undone_by="reopen",
        ),
        BulkAction(
            name="reopen",
            title=lazy("Снова показать"),
            explanation=lazy("Эти пары снова будут ждать решения."),
            permission=MERGE,
            objection=_objection_to_reopen,
            apply=_reopen,
            done=lambda count: counted(
                "Ждёт решения: %(count)s пара.", "Ждут решения пары: %(count)s.", count
            ),
            icon="undo",
        ),
    ),
    empty=(
        lazy("Похожих людей нет"),
        lazy(
            "Портал ищет их каждый день: по имени и дате рождения, СНИЛС, телефону и почте, прощая опечатку."
        ),
    ),
)
