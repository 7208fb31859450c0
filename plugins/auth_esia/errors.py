"""What can go wrong at a sign-in through ESIA, in words for the person and facts for the operator."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from core.errors import PortalError
from core.web.i18n import sentence as _

Kind = Literal["cancelled", "consent", "unverified", "unavailable", "restart", "operator", "account"]
"""What the page offers next:

`cancelled`, `restart` – try again; `consent` – why the data are needed; `unverified` – how to confirm the
account; `unavailable` – later or another way; `operator` – the installation is at fault, nothing the
person could mend; `account` – something about this person's account in ESIA.
"""

_CODE = re.compile(r"ESIA-(\d{6})")


class Wording(NamedTuple):
    """A sentence what happened, one what to do, and the kind that chooses the page."""

    kind: Kind
    message: str
    advice: str


_TRY_AGAIN = _("Нажмите «Войти через Госуслуги» ещё раз.")
_TELL_OPERATOR = _(
    "Сообщите об этом в поддержку портала и назовите код со страницы: сами вы это не исправите."
)


def _operator(message: str) -> Wording:
    return Wording("operator", message, _TELL_OPERATOR)


_WORDINGS: dict[str, Wording] = {
    "007002": _operator(
        _("Портал не смог обратиться к Госуслугам: сертификат портала не подходит к его мнемонике.")
    ),
    "007003": _operator(_("Портал не смог обратиться к Госуслугам: в запросе неверный параметр.")),
    "007004": Wording("cancelled", _("Вход отменён."), _TRY_AGAIN),
    "007005": _operator(
        _("Портал не смог обратиться к Госуслугам: порталу не разрешён этот способ обращения.")
    ),
    "007006": _operator(_("Портал не смог обратиться к Госуслугам: портал просит неизвестный набор данных.")),
    "007007": Wording("unavailable", _("Госуслуги сейчас не отвечают."), _("Попробуйте войти позже.")),
    "007008": Wording("unavailable", _("На Госуслугах идут работы."), _("Попробуйте войти позже.")),
    "007009": _operator(_("Портал не смог обратиться к Госуслугам: этот вид запроса не поддерживается.")),
    "007011": Wording("restart", _("Разрешение на вход устарело или уже использовано."), _TRY_AGAIN),
    "007012": _operator(_("Портал не смог обратиться к Госуслугам: этот вид ответа не поддерживается.")),
    "007013": _operator(_("Портал не смог обратиться к Госуслугам: в запросе не указан набор данных.")),
    "007014": _operator(_("Портал не смог обратиться к Госуслугам: в запросе не хватает параметра.")),
    "007015": _operator(_("Портал не смог обратиться к Госуслугам: часы сервера портала идут неверно.")),
    "007019": Wording(
        "consent",
        _("Вы не разрешили передать данные порталу."),
        _(
            "Без ФИО, даты рождения и СНИЛС школа не сможет найти вас среди своих учеников, родителей и "
            "сотрудников. Войдите ещё раз и разрешите передачу."
        ),
    ),
    "007023": _operator(_("Портал не смог обратиться к Госуслугам: адрес возврата не зарегистрирован.")),
    "007036": Wording("unavailable", _("Госуслуги сейчас не отвечают."), _("Попробуйте войти позже.")),
    "007038": _operator(_("Портал не смог обратиться к Госуслугам: параметр запроса не читается.")),
    "007039": Wording("restart", _("Вход прервался на полпути."), _TRY_AGAIN),
    "007040": Wording("restart", _("Вход прервался на полпути."), _TRY_AGAIN),
    "007046": Wording(
        "account",
        _("Госуслуги не смогли проверить второй шаг входа."),
        _("Проверьте настройки двухфакторного входа в своём профиле Госуслуг."),
    ),
    "007053": _operator(
        _("Портал не смог обратиться к Госуслугам: подпись или отпечаток сертификата портала не приняты.")
    ),
    "007055": Wording(
        "unverified",
        _("Учётная запись Госуслуг не подтверждена."),
        _("Подтвердите её: через приложение банка, в центре обслуживания или МФЦ. Потом войдите ещё раз."),
    ),
    "007060": Wording(
        "account",
        _("Госуслуги не нашли вас среди сотрудников организации."),
        _("Попросите руководителя добавить вас в профиль организации на Госуслугах."),
    ),
    "007061": Wording(
        "account",
        _("Госуслуги не нашли вас среди сотрудников организации."),
        _("Попросите руководителя добавить вас в профиль организации на Госуслугах."),
    ),
    "007062": Wording(
        "account",
        _("Госуслуги не нашли вас среди сотрудников организации."),
        _("Попросите руководителя добавить вас в профиль организации на Госуслугах."),
    ),
    "007194": Wording(
        "account",
        _("Такая роль на Госуслугах не подходит для входа."),
        _("Войдите как частное лицо, а не от имени организации."),
    ),
    "008010": _operator(_("Портал не смог обратиться к Госуслугам: Госуслуги не узнали портал.")),
    # Faults that the portal itself finds carry codes of their own.
    "no-answer": Wording("unavailable", _("Госуслуги сейчас не отвечают."), _("Попробуйте войти позже.")),
    "bad-answer": Wording(
        "unavailable",
        _("Госуслуги ответили не так, как должны."),
        _("Попробуйте войти позже; если повторится – сообщите в поддержку портала."),
    ),
    "bad-token": Wording(
        "operator",
        _("Ответ Госуслуг не прошёл проверку подлинности, поэтому вход остановлен."),
        _TELL_OPERATOR,
    ),
    "clock": Wording(
        "operator",
        _("Время на сервере портала и на Госуслугах расходится, поэтому вход остановлен."),
        _TELL_OPERATOR,
    ),
    "state-lost": Wording(
        "restart",
        _("Вход начат слишком давно или в другом браузере."),
        _("Начните заново: нажмите «Войти через Госуслуги» ещё раз."),
    ),
    "not-a-person": Wording(
        "account", _("Этот вход выполнен не от имени человека."), _("Войдите на Госуслугах как частное лицо.")
    ),
    "cancelled": Wording("cancelled", _("Вход отменён."), _TRY_AGAIN),
    "code-used": Wording("restart", _("Разрешение на вход устарело или уже использовано."), _TRY_AGAIN),
    "refused-portal": _operator(_("Портал не смог обратиться к Госуслугам: Госуслуги не узнали портал.")),
    "signer": _operator(_("Портал не смог подписать запрос к Госуслугам.")),
    "keys": Wording("operator", _("Портал не настроен для входа через Госуслуги."), _TELL_OPERATOR),
}
_UNKNOWN = Wording(
    "unavailable",
    _("Госуслуги не выполнили вход."),
    _("Попробуйте ещё раз; если повторится – сообщите в поддержку."),
)


class EsiaError(PortalError):
    """A sign-in that did not succeed.

    `code` is ESIA's own six digits or one of the portal's words (`no-answer`, `bad-token`…); `detail` is for
    the log only and never holds tokens or personal data.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        wording = _WORDINGS.get(code, _UNKNOWN)
        super().__init__(wording.message, advice=wording.advice)
        self.code = code
        self.kind: Kind = wording.kind
        self.detail = detail
        self.status = {"unavailable": 503, "operator": 502}.get(wording.kind, 403)

    @property
    def shown_code(self) -> str:
        """The code as it stands in small print on the page."""
        return f"ESIA-{self.code}" if self.code.isdigit() else self.code

    def __str__(self) -> str:
        return f"{self.shown_code}: {self.detail or self.message}"


_OAUTH: dict[str, str] = {
    "access_denied": "cancelled",
    "invalid_grant": "code-used",
    "login_required": "code-used",
    "interaction_required": "code-used",
    "consent_required": "007019",
    "server_error": "no-answer",
    "temporarily_unavailable": "no-answer",
}


def from_oauth(error: str, detail: str = "") -> EsiaError:
    """The error that a gateway's answer tells of (RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core, 3.1.2.6)."""
    return EsiaError(_OAUTH.get(error, "refused-portal"), f"{detail} {error[:100]}".strip())


def from_description(error: str, description: str) -> EsiaError:
    """The error that an answer of ESIA tells of; the code stands at the beginning of its description."""
    found = _CODE.search(description)
    if found:
        return EsiaError(found[1], error[:100])
    return EsiaError("007004" if error == "access_denied" else "bad-answer", f"{error[:100]}: no ESIA code")
