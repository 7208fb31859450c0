"""Ways in which the stand can misbehave on request, to see what the portal does then."""

from __future__ import annotations

from typing import Literal, get_args

Fault = Literal[
    "",
    "bad_signature",
    "alg_none",
    "alg_hs256",
    "wrong_issuer",
    "wrong_audience",
    "other_person",
    "organization",
    "state_mismatch",
    "clock_ahead",
    "expired",
    "token_500",
    "token_html",
    "slow",
    "profile_500",
    "collections_500",
    "unconfirmed_refused",
    "overload",
]

FAULT_TITLES: dict[Fault, str] = {
    "": "Всё исправно",
    "bad_signature": "Подпись маркеров испорчена",
    "alg_none": "Маркеры без подписи (alg none)",
    "alg_hs256": "Маркеры подписаны HS256 открытым ключом",
    "wrong_issuer": "Чужой издатель (iss)",
    "wrong_audience": "Маркеры для другой системы (aud)",
    "other_person": "Маркеры о разных людях",
    "organization": "Вход не от имени человека",
    "state_mismatch": "В ответе чужой state",
    "clock_ahead": "Часы стенда спешат на 10 минут",
    "expired": "Маркеры уже просрочены",
    "token_500": "Выдача маркеров отвечает 503",
    "token_html": "Выдача маркеров отвечает страницей HTML",
    "slow": "Выдача маркеров очень медленная",
    "profile_500": "Данные человека не отдаются (500)",
    "collections_500": "Контакты, дети и организации не отдаются (500)",
    "unconfirmed_refused": "Отказ: учётная запись не подтверждена (007055)",
    "overload": "Отказ: Госуслуги перегружены (007007)",
}


def read_fault(value: str) -> Fault:
    """The fault of this name; an unknown name is no fault."""
    return next((fault for fault in get_args(Fault) if fault == value), "")
