"""The life of a request: draft → sent → in review → approved, rejected or withdrawn; all concerned are told.

Whoever takes a request up has it: another who decides may take it over, and it may be put back for all. One that
cannot be granted as it stands is returned to its author, who corrects it and sends it again.

Who may send a kind (`sending`) and who decides it is said by the kind's permissions; nobody decides a request of
their own. Every step leaves a trace on the request and in the audit record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core.contributions import RequestKind
from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, PortalError, Unavailable
from core.requests.kinds import all_kinds
from core.requests.models import Request
from core.requests.presence import keep_present
from core.requests.reading import OPEN, RETURNED, is_returnable, kind_of, seen, those_asked, values_of
from core.requests.steps import former_handler, note, step, tell, the_other_side, trace
from core.roles.actor import Actor
from core.web.i18n import counted, sentence
from core.web.i18n import gettext as _

LONGEST_COMMENT = 4000


def comment(db: Session, actor: Actor, request_id: UUID, text: str) -> None:
    """Say something about a request; the other side is notified. Raises `Invalid` for an empty text."""
    request = seen(db, actor, request_id)
    said = _checked(text, needed=True)
    trace(db, actor, request, text=said)
    tell(
        db,
        request,
        the_other_side(db, actor, request),
        sentence("Комментарий к запросу"),
        f"{actor.name}: {said}",
    )


def take(db: Session, actor: Actor, request_id: UUID) -> None:
    """Begin to look at a request: its author learns that somebody does."""
    request = _for_decision(db, actor, request_id)
    if request.status != "sent":
        raise Conflict(
            _("Запрос уже рассматривают."), advice=_("Если решать его будете вы, нажмите «Передать себе».")
        )
    _hand(request, actor.person_id)
    step(db, actor, request, "in_review", "")
    tell(db, request, {request.author_id}, sentence("Запрос рассматривают"), actor.name)


def take_over(db: Session, actor: Actor, request_id: UUID) -> None:
    """Go on with a request that somebody else has; they learn of it."""
    request = _for_decision(db, actor, request_id)
    if request.status == "sent":
        raise Conflict(_("Запрос пока никто не рассматривает."), advice=_("Возьмите его в работу."))
    if request.handler_id == actor.person_id:
        raise Conflict(_("Этот запрос уже у вас."), advice=_("Обновите страницу."))
    former = former_handler(actor, request)
    _hand(request, actor.person_id)
    trace(db, actor, request, step="taken_over")
    note(db, actor, request, "core.request.taken_over", request.status, request.status)
    tell(db, request, former, sentence("Запрос, который был у вас, теперь рассматривает другой"), actor.name)


def put_back(db: Session, actor: Actor, request_id: UUID) -> None:
    """Leave a request that the actor has to whoever takes it next; the others who decide learn of it."""
    request = _for_decision(db, actor, request_id)
    if request.status != "in_review" or request.handler_id != actor.person_id:
        raise Conflict(
            _("Этот запрос не у вас: вернуть его в общий список может тот, кто его рассматривает."),
            advice=_("Обновите страницу."),
        )
    _hand(request, None)
    request.status = "sent"
    trace(db, actor, request, step="put_back")
    note(db, actor, request, "core.request.put_back", "in_review", "sent")
    tell(
        db,
        request,
        those_asked(db, request) - {actor.person_id},
        sentence("Запрос вернули в общий список"),
        actor.name,
    )


def approve(
    db: Session,
    actor: Actor,
    request_id: UUID,
    text: str = "",
    *,
    chosen: str = "",
    on_its_page: bool = False,
) -> None:
    """Grant a request: what was asked is done in the same transaction.

    `chosen` is what a kind with a `choice` asks for. A kind that is decided on a page of its own is granted by that
    page only (`on_its_page`). Raises `Unavailable` if the plugin it belongs to fails to do it; then nothing is
    changed.
    """
    request = _for_decision(db, actor, request_id)
    said = _checked(text)
    kind = kind_of(db, request)
    if kind is None:
        raise Conflict(
            _("Плагин, к которому относится запрос, удалён."), advice=_("Отклоните запрос с объяснением.")
        )
    if kind.decided_at and not on_its_page:
        raise Conflict(
            _("Такой запрос одобряют по одному, на отдельной странице."), advice=_("Откройте его карточку.")
        )
    _choose(request, kind, chosen)
    _decide(db, actor, request, "approved", said)
    _carry_out(db, actor, request, kind, kind.on_approved)
    tell(db, request, {request.author_id}, sentence("Запрос одобрен"), said)


def reject(db: Session, actor: Actor, request_id: UUID, text: str) -> None:
    """Refuse a request with a reason. Raises `Invalid` without one."""
    request = _for_decision(db, actor, request_id)
    said = _checked(text, needed=True)
    _decide(db, actor, request, "rejected", said)
    _undo_prepared(db, actor, request)
    tell(db, request, {request.author_id}, sentence("Запрос отклонён"), said)


def give_back(db: Session, actor: Actor, request_id: UUID, text: str) -> None:
    """Return a request to its author for correction. Raises `Invalid` without a word on what to correct."""
    request = _for_decision(db, actor, request_id)
    said = _checked(text, needed=True)
    kind = kind_of(db, request)
    if kind is None or not is_returnable(db, request, kind):
        raise Conflict(
            _("Такой запрос не возвращают: исправить его негде."), advice=_("Отклоните его с объяснением.")
        )
    former = former_handler(actor, request)
    _hand(request, actor.person_id)
    step(db, actor, request, RETURNED, said)
    tell(db, request, former, sentence("Вернули на исправление запрос, который был у вас"), actor.name)
    tell(db, request, {request.author_id}, sentence("Запрос вернули на исправление"), said)


def withdraw(db: Session, actor: Actor, request_id: UUID) -> None:
    """Take one's own request back while nobody has decided it."""
    request = _locked(db, actor, request_id)
    if request.author_id != actor.person_id:
        raise Forbidden(
            _("Отозвать запрос может только тот, кто его отправил."), advice=_("Отклоните его с объяснением.")
        )
    if request.status != RETURNED:
        _still_open(request)
    asked = those_asked(db, request)
    step(db, actor, request, "withdrawn", "")
    _undo_prepared(db, actor, request)
    tell(db, request, asked, sentence("Запрос отозван"), actor.name)


def _hand(request: Request, person_id: UUID | None) -> None:
    request.handler_id, request.taken_at = person_id, now() if person_id is not None else None


def _choose(request: Request, kind: RequestKind, chosen: str) -> None:
    if kind.choice is None or not chosen:
        return
    request.values = {**request.values, kind.choice.field: chosen}
    try:
        values_of(request, kind)
    except msgspec.ValidationError:
        raise Invalid(_("Такого варианта нет."), advice=_("Выберите из списка.")) from None


def _carry_out(
    db: Session,
    actor: Actor,
    request: Request,
    kind: RequestKind,
    do: Callable[[Session, Actor, UUID, Any], None] | None,
) -> None:
    if do is None:
        return
    try:
        do(db, actor, request.id, values_of(request, kind))
        db.flush()
    except PortalError:
        raise
    except Exception as error:
        owner = all_kinds(db.portal)[kind.name][0] or "core"
        error_id = db.portal.plugins.fence(owner, sentence("запрос «%(kind)s»", kind=kind.name), error)
        raise Unavailable(
            _("Решение не сохранено: раздел, к которому относится запрос, не отвечает."),
            advice=sentence("Сообщите в поддержку номер ошибки: %(id)s.", id=error_id),
        ) from error


def _undo_prepared(db: Session, actor: Actor, request: Request) -> None:
    kind = kind_of(db, request)
    if kind is None or kind.on_refused is None:
        return
    try:
        values_of(request, kind)
    except msgspec.ValidationError:
        return  # Returned and corrected by half: what it asks can no longer be told, and nothing was prepared for it.
    _carry_out(db, actor, request, kind, kind.on_refused)


def _locked(db: Session, actor: Actor, request_id: UUID) -> Request:
    """The request with its row locked, so that two people do not decide at once."""
    db.execute(select(Request.id).where(Request.id == request_id).with_for_update())
    return seen(db, actor, request_id)


def _for_decision(db: Session, actor: Actor, request_id: UUID) -> Request:
    request = _locked(db, actor, request_id)
    if request.author_id == actor.person_id:
        raise Forbidden(
            _("Свой запрос решает другой человек."), advice=_("Дождитесь решения или отзовите запрос.")
        )
    _still_open(request)
    return request


def _still_open(request: Request) -> None:
    if request.status == RETURNED:
        raise Conflict(
            _("Запрос вернули на исправление: автор ещё не отправил его снова."),
            advice=_("Обновите страницу."),
        )
    if request.status not in OPEN:
        raise Conflict(_("По этому запросу уже принято решение."), advice=_("Обновите страницу."))


def _decide(db: Session, actor: Actor, request: Request, status: str, text: str) -> None:
    former = former_handler(actor, request)
    request.decided_by, request.decided_at = actor.person_id, now()
    _hand(request, actor.person_id)
    keep_present(db, request, kind_of(db, request))
    step(db, actor, request, status, text)
    tell(db, request, former, sentence("Решён запрос, который был у вас"), actor.name)


def _checked(text: str, *, needed: bool = False) -> str:
    said = text.replace("\x00", "").strip()
    if needed and not said:
        raise Invalid(
            _("Напишите, почему: без слов автор не поймёт, что делать дальше."),
            fields={"text": _("Заполните поле.")},
        )
    if len(said) > LONGEST_COMMENT:
        raise Invalid(
            _("Слишком длинный текст."),
            fields={
                "text": counted(
                    "Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_COMMENT
                )
            },
        )
    return said
