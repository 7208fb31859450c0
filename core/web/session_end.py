"""Why nobody is signed in any more, in words: for the sign-in page, the answer 401 and the dialog over a page."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request

from core.config import Config
from core.identity.ended_sessions import Reason
from core.web import cookies
from core.web.i18n import Sentence, counted, sentence
from core.web.visit import portal_of, visit_of

HOUR, DAY = 60, 24 * 60
HERE, EVERYWHERE = "1", "everywhere"
"""What the browser is told to remember after signing out: of this browser, or of all."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why a session ended: for programs, for people, and what to do besides signing in again."""

    reason: str
    message: Sentence
    advice: Sentence


def cause_of(request: Request[Any, Any, Any]) -> Cause | None:
    """Why the session of this browser ended; None if there was none, or nothing is known of it."""
    visit, config = visit_of(request), portal_of(request).config
    if visit.actor is not None:
        return None
    if visit.ended is not None:
        return _in_words(visit.ended.reason, config)
    left = cookies.sent(config, request, cookies.LEFT)
    if left and not cookies.sent(config, request, cookies.SESSION):
        if left == EVERYWHERE:
            message = sentence("Вы вышли из портала на всех устройствах.")
            return Cause(reason=Reason.SIGNED_OUT.value, message=message, advice=sentence(""))
        return _in_words(Reason.SIGNED_OUT, config)
    return None


def _in_words(reason: Reason, config: Config) -> Cause:
    ask = sentence("Если вы об этом не просили, спросите администратора вашей школы.")
    advice = sentence("")
    match reason:
        case Reason.IDLE:
            message = sentence(
                "Вы не работали на портале %(time)s, поэтому сеанс завершился.",
                time=_span(config.session_idle_minutes),
            )
        case Reason.LIMIT:
            message = sentence(
                "Сеанс длится %(time)s, и этот срок вышел.", time=_span(config.session_absolute_hours * HOUR)
            )
        case Reason.ELSEWHERE:
            message = sentence("Вы завершили этот сеанс с другого устройства.")
            advice = sentence("Если это были не вы, войдите и проверьте сеансы в настройках.")
        case Reason.PASSWORD_CHANGED:
            message = sentence("Вы сменили пароль, поэтому на остальных устройствах сеансы завершились.")
            advice = sentence("Войдите с новым паролем. Если пароль меняли не вы, обратитесь в школу.")
        case Reason.PASSWORD_RESET:
            message = sentence("Школа выдала вам новый пароль, поэтому сеанс завершился.")
            advice = sentence("Войдите с новым паролем. Если вы о нём не просили, обратитесь в школу.")
        case Reason.SCHOOL:
            message, advice = sentence("Школа завершила ваш сеанс."), ask
        case Reason.BLOCKED:
            message = sentence("Школа закрыла вам вход, поэтому сеанс завершился.")
            advice = sentence("Спросите администратора вашей школы, почему.")
        case Reason.PROFILE:
            message, advice = sentence("Школа изменила вашу учётную запись, поэтому сеанс завершился."), ask
        case Reason.WAY:
            message = sentence("Этот способ входа выключен или требует кода, поэтому сеанс завершился.")
        case Reason.SIGNED_OUT:
            message = sentence("Вы вышли из портала.")
    return Cause(reason=reason.value, message=message, advice=advice)


def _span(minutes: int) -> Sentence:
    if minutes % DAY == 0:
        return counted("%(count)s день", "%(count)s дней", minutes // DAY)
    if minutes % HOUR == 0:
        return counted("%(count)s час", "%(count)s часов", minutes // HOUR)
    return counted("%(count)s минуту", "%(count)s минут", minutes)
