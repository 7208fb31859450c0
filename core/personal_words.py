"""What the core knows of one person, as people read it: names instead of keys, words instead of codes.

The same data for programs lie beside it as they are stored (`core.personal_data`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.audit.reading import action_title
from core.audit.views import WHAT
from core.audit.words import STATUSES
from core.consents.kinds import all_kinds as consent_kinds
from core.database.session import Session
from core.identity.fields import show_snils
from core.identity.guardians import RIGHTS_TITLES
from core.identity.identifiers import show_phone
from core.identity.models import Person
from core.identity.names import full_name
from core.identity.provenance import BY_SIGN_IN, SOURCES
from core.identity.relations import relation_words
from core.organizations.models import (
    AcademicYear,
    Organization,
    OrganizationGroup,
    PupilGroup,
    SchoolClass,
    Subject,
)
from core.requests.kinds import all_kinds as request_kinds
from core.requests.models import Request
from core.web.i18n import LOCALES, lazy, show_short_day
from core.web.i18n import gettext as _
from core.web.struct_form import form_fields

Row = Mapping[str, Any]
Facts = Mapping[str, Any]

GENDERS = {"M": lazy("мужской"), "F": lazy("женский")}
LEVELS = {
    "confirmed": lazy("подтверждённая"),
    "child": lazy("детская"),
    "unconfirmed": lazy("неподтверждённая"),
}
OUTCOMES = {
    "promoted": lazy("перевод в следующий класс"),
    "conditional": lazy("условный перевод, с академической задолженностью"),
    "repeats": lazy("повторное обучение"),
    "left": lazy("выбытие"),
    "graduated": lazy("окончание школы"),
}
WAYS = {"portal": lazy("в портале"), "paper": lazy("на бумаге"), "replaced": lazy("дано новое")}
STEPS = {
    **STATUSES,
    "draft": lazy("черновик"),
    "returned": lazy("возвращён на исправление"),
}


class Words:
    """Names of what the rows point at, read together."""

    def __init__(self, db: Session, person_id: UUID, found: Mapping[str, Any]) -> None:
        self.db = db
        self.person_id = person_id
        self.zone = ZoneInfo(db.portal.config.timezone)
        self._names: dict[UUID, str] = {}
        ids = {
            value
            for name in SECTIONS
            for row in found.get(name, ())
            for value in row.values()
            if isinstance(value, UUID)
        }
        self._read(select(Organization.id, Organization.short_name).where(Organization.id.in_(ids)))
        self._read(select(OrganizationGroup.id, OrganizationGroup.name).where(OrganizationGroup.id.in_(ids)))
        self._read(select(SchoolClass.id, SchoolClass.name).where(SchoolClass.id.in_(ids)))
        self._read(select(PupilGroup.id, PupilGroup.name).where(PupilGroup.id.in_(ids)))
        self._read(select(Subject.id, Subject.name).where(Subject.id.in_(ids)))
        self._read(select(AcademicYear.id, AcademicYear.name).where(AcademicYear.id.in_(ids)))
        for key, last, first, middle in db.execute(
            select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
                Person.id.in_(ids)
            )
        ):
            self._names[key] = full_name(last, first, middle)
        kinds = request_kinds(db.portal)
        for key, kind in db.execute(select(Request.id, Request.kind).where(Request.id.in_(ids))):
            self._names[key] = _(str(kinds[kind][1].title)) if kind in kinds else _("запрос")

    def _read(self, statement: Any) -> None:
        for row in self.db.execute(statement):
            self._names[row[0]] = row[-1]

    def name(self, key: UUID | None) -> str:
        """The name of what a key points at; «» for nothing."""
        return self._names.get(key, "") if key else ""

    def moment(self, at: datetime | None) -> str:
        """A moment in the portal's zone."""
        return f"{at.astimezone(self.zone):%d.%m.%Y, %H:%M}" if at else ""

    def role(self, kind: str) -> str:
        """The title of a role kind."""
        kinds = self.db.portal.grants.kinds
        return _(str(kinds[kind].title)) if kind in kinds else (_("роль удалённого раздела") if kind else "")


def in_words(db: Session, person_id: UUID, found: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of the core's export by title; rows keep the order of their facts."""
    words = Words(db, person_id, found)
    told: dict[str, Any] = {_("выгружено"): words.moment(found["exported_at"])}
    for name, (title, tell) in SECTIONS.items():
        if rows := found.get(name):
            told[_(title)] = [dict(tell(words, row)) for row in rows]
    return told


def _day(day: date | None) -> str:
    return show_short_day(day) if day else ""


def _person(words: Words, row: Row) -> Facts:
    return {
        _("Фамилия"): row["last_name"],
        _("Имя"): row["first_name"],
        _("Отчество"): row["middle_name"],
        _("Дата рождения"): _day(row["birth_date"]),
        _("Пол"): _(GENDERS.get(row["gender"], "")) if row["gender"] else "",
        _("СНИЛС"): show_snils(row["snils"] or ""),
        _("Свидетельство о рождении"): row["birth_certificate"],
        _("Телефон"): show_phone(row["phone"] or ""),
        _("Электронная почта"): row["email"],
        _("Откуда данные"): _(SOURCES.get(row["source"], BY_SIGN_IN)),
        _("Внешний номер"): row["external_id"],
        _("Создано"): words.moment(row["created_at"]),
        _("Изменено"): words.moment(row["changed_at"]),
    }


def _account(words: Words, row: Row) -> Facts:
    return {
        _("Состояние"): _("вход открыт") if row["status"] == "active" else _("вход закрыт"),
        _("Язык"): LOCALES.get(row["locale"] or "", ""),
        _("Создано"): words.moment(row["created_at"]),
        _("Последний вход"): words.moment(row["last_sign_in_at"]),
    }


def _identity(words: Words, row: Row) -> Facts:
    return {
        _("Где заведена"): row["issuer"],
        _("Номер учётной записи"): row["subject"],
        _("Вид"): _(LEVELS.get(row["level"], "")) if row["level"] in LEVELS else "",
        _("Связана"): words.moment(row["created_at"]),
        _("Последний вход"): words.moment(row["seen_at"]),
    }


def _session(words: Words, row: Row) -> Facts:
    return {
        _("Начат"): words.moment(row["created_at"]),
        _("Последний раз"): words.moment(row["seen_at"]),
        _("Действует до"): words.moment(row["expires_at"]),
        _("Адрес в сети"): row["address"],
        _("Программа"): row["user_agent"],
    }


def _token(words: Words, row: Row) -> Facts:
    scopes = words.db.portal.grants.scopes
    return {
        _("Название"): row["name"],
        _("Что можно"): ", ".join(_(str(scopes[each].title)) for each in row["scopes"] if each in scopes),
        _("Создано"): words.moment(row["created_at"]),
        _("Действует до"): words.moment(row["expires_at"]),
        _("Последний раз"): words.moment(row["used_at"]),
    }


def _role(words: Words, row: Row) -> Facts:
    return {
        _("Роль"): words.role(row["kind"]),
        _("Организация"): words.name(row["organization_id"]),
        _("Класс"): words.name(row["school_class_id"]),
        _("Группа организаций"): words.name(row["group_id"]),
        _("Состояние"): _(STATUSES.get(row["status"], "")) if row["status"] in STATUSES else "",
        _("С какого дня"): _day(row["starts_on"]),
        _("По какой день"): _day(row["ends_on"]),
        _("Основание"): row["basis"],
        _("Кто дал"): words.name(row["granted_by"]),
    }


def _enrollment(words: Words, row: Row) -> Facts:
    return {
        _("Школа"): words.name(row["organization_id"]),
        _("Учебный год"): words.name(row["academic_year_id"]),
        _("Класс"): words.name(row["school_class_id"]),
        _("С какого дня"): _day(row["starts_on"]),
        _("По какой день"): _day(row["ends_on"]),
        _("Основание"): row["basis"],
        _("Чем кончился год"): _(OUTCOMES.get(row["outcome"], "")) if row["outcome"] in OUTCOMES else "",
        _("Основание ухода"): row["end_basis"],
    }


def _group(words: Words, row: Row) -> Facts:
    return {
        _("Группа"): words.name(row["pupil_group_id"]),
        _("С какого дня"): _day(row["starts_on"]),
        _("По какой день"): _day(row["ends_on"]),
        _("Основание"): row["basis"],
        _("Основание ухода"): row["end_basis"],
    }


def _teaching(words: Words, row: Row) -> Facts:
    return {
        _("Школа"): words.name(row["organization_id"]),
        _("Учебный год"): words.name(row["academic_year_id"]),
        _("Предмет"): words.name(row["subject_id"]),
        _("Класс"): words.name(row["school_class_id"]),
        _("Группа"): words.name(row["pupil_group_id"]),
        _("С какого дня"): _day(row["starts_on"]),
        _("По какой день"): _day(row["ends_on"]),
    }


def _former_school(words: Words, row: Row) -> Facts:
    return {
        _("Прежняя школа"): row["school"],
        _("Портал"): row["installation"],
        _("Класс"): row["school_class"],
        _("Последний день"): _day(row["left_on"]),
        _("Кто принял"): words.name(row["taken_by"]),
        _("Принято"): words.moment(row["taken_at"]),
        **row["parts"],
    }


def _tie(words: Words, row: Row) -> Facts:
    own_child = row["guardian_id"] == words.person_id
    rights = next((title for each, title in RIGHTS_TITLES.items() if str(each) == row["rights"]), "")
    return {
        _("Ребёнок"): words.name(row["child_id"]) if own_child else "",
        _("Представитель"): "" if own_child else words.name(row["guardian_id"]),
        _("Кем приходится ребёнку"): relation_words(row["relation"]),
        _("Права"): _(rights),
        _("С какого дня"): _day(row["starts_on"]),
        _("По какой день"): _day(row["ends_on"]),
        _("Основание"): row["basis"],
        _("Откуда данные"): _(SOURCES.get(row["source"], "")) if row["source"] in SOURCES else "",
    }


def _consent(words: Words, row: Row) -> Facts:
    kinds = consent_kinds(words.db.portal)
    withdrawn = row["withdrawn_on"]
    way = WAYS.get(row["withdrawn_way"], "")
    return {
        _("Согласие"): _(str(kinds[row["kind"]][1].title)) if row["kind"] in kinds else _("согласие"),
        _("О ком"): words.name(row["person_id"]),
        _("Кому дано"): words.name(row["organization_id"]),
        _("Дано"): _day(row["given_on"]),
        _("Способ"): _(WAYS.get(row["way"], "")) if row["way"] in WAYS else "",
        _("Кто дал"): words.name(row["given_by"]) or row["signed_by"],
        _("Где хранится"): row["document"],
        _("Кто внёс"): words.name(row["recorded_by"]),
        _("Отозвано"): _("нет, действует")
        if withdrawn is None
        else ", ".join(filter(None, (_day(withdrawn), _(way) if way else ""))),
        _("Почему отозвано"): row["withdrawal_reason"],
    }


def _notification(words: Words, row: Row) -> Facts:
    return {
        _("Когда"): words.moment(row["created_at"]),
        _("О чём"): _(row["title"]),
        _("Текст"): _(row["body"]) if row["body"] else "",
        _("Прочитано"): words.moment(row["read_at"]),
    }


def _view(words: Words, row: Row) -> Facts:
    return {
        _("Когда"): words.moment(row["at"]),
        _("Кто"): words.name(row["viewer_id"]),
        _("Роль"): words.role(row["role"]),
        _("Организация"): words.name(row["organization_id"]),
        _("Что"): _(WHAT.get(row["what"], "")) if row["what"] in WHAT else "",
    }


def _request(words: Words, row: Row) -> Facts:
    kind = request_kinds(words.db.portal).get(row["kind"])
    asked: dict[str, Any] = {}
    if kind is not None:
        for field in form_fields(kind[1].form, row["values"], use="told"):
            chosen = [title for value, title in field.options if value in field.chosen]
            text = ", ".join(chosen) if field.options else field.value
            asked[field.label] = _day(field.day) if field.day else text
    return {
        _("Запрос"): _(str(kind[1].title)) if kind else _("запрос удалённого раздела"),
        _("Кому"): words.name(row["organization_id"]),
        _("Состояние"): _(STEPS.get(row["status"], "")) if row["status"] in STEPS else "",
        _("Отправлен"): words.moment(row["created_at"]),
        _("Решить до"): _day(row["deadline"]),
        _("Кто рассматривает"): words.name(row["handler_id"]) if row["status"] == "in_review" else "",
        _("Кто решил"): words.name(row["decided_by"]),
        _("Решено"): words.moment(row["decided_at"]),
        **{name: text for name, text in asked.items() if text},
    }


def _comment(words: Words, row: Row) -> Facts:
    return {
        _("Когда"): words.moment(row["created_at"]),
        _("Запрос"): words.name(row["request_id"]),
        _("Шаг"): _(STEPS.get(row["step"], "")) if row["step"] in STEPS else "",
        _("Текст"): row["text"],
    }


def _merge(words: Words, row: Row) -> Facts:
    return {
        _("Вошла карточка"): row["absorbed_name"],
        _("Когда"): words.moment(row["merged_at"]),
        _("Кто объединил"): row["merged_by_name"],
        _("Разделено снова"): words.moment(row["undone_at"]),
    }


def _question(words: Words, row: Row) -> Facts:
    return {
        _("Когда"): words.moment(row["created_at"]),
        _("О чём"): row["subject"],
        _("Текст"): row["text"],
        _("Страница"): row["page"],
        _("Номер"): row["number"],
    }


def _question_message(words: Words, row: Row) -> Facts:
    return {
        _("Когда"): words.moment(row["created_at"]),
        _("О чём"): row["subject"],
        _("Кто"): _("поддержка") if row["from_support"] else _("вы"),
        _("Текст"): row["text"],
    }


def _change(words: Words, row: Row) -> Facts:
    title = action_title(words.db, row["action"])
    return {
        _("Когда"): words.moment(row["at"]),
        _("Роль"): words.role(row["role"]),
        _("Что сделано"): _("действие удалённого раздела") if title == row["action"] else _(title),
    }


SECTIONS: Mapping[str, tuple[str, Callable[[Words, Row], Facts]]] = {
    "person": (lazy("О человеке"), _person),
    "account": (lazy("Учётная запись"), _account),
    "identities": (lazy("Внешние учётные записи"), _identity),
    "roles": (lazy("Роли"), _role),
    "classes": (lazy("Классы"), _enrollment),
    "groups": (lazy("Группы"), _group),
    "teaching": (lazy("Нагрузка"), _teaching),
    "former_schools": (lazy("Прежние школы"), _former_school),
    "guardianships": (lazy("Связи с детьми и представителями"), _tie),
    "consents": (lazy("Согласия"), _consent),
    "views_of_me": (lazy("Кто смотрел данные"), _view),
    "requests": (lazy("Запросы"), _request),
    "request_comments": (lazy("Комментарии к запросам"), _comment),
    "questions": (lazy("Вопросы в поддержку"), _question),
    "question_messages": (lazy("Переписка с поддержкой"), _question_message),
    "notifications": (lazy("Уведомления"), _notification),
    "sessions": (lazy("Сеансы"), _session),
    "tokens": (lazy("Ключи доступа"), _token),
    "merges": (lazy("Объединённые карточки"), _merge),
    "changes_made": (lazy("Сделанные изменения"), _change),
}
