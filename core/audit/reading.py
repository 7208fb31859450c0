"""Reading the audit record of one organization: filters, pages by key, differences in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from core.audit.models import AuditChain, AuditRecord
from core.audit.record import PORTAL_CHAIN, check_chain
from core.database.session import Session
from core.errors import NotFound
from core.identity.masks import SENSITIVE, mask
from core.identity.models import Person
from core.identity.names import sort_key
from core.organizations.kinds import KIND_TITLES, LICENCE_TITLES
from core.organizations.models import Organization
from core.roles.access import authorize
from core.roles.actor import Actor
from core.roles.permissions import RoleKind
from core.search import starts_a_word
from core.web.i18n import gettext as _
from core.web.i18n import lazy, show_short_day

VIEW = "core.audit.view"
PAGE_SIZE = 50
LINKS_CHECKED = 1000
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")

ACTIONS: Mapping[str, str] = {
    "core.plugin.switch": lazy("Плагин включён или выключен"),
    "core.plugin.forget": lazy("Решение о плагине отменено"),
    "core.plugin.purge": lazy("Удалены данные плагина"),
    "core.plugin.settings": lazy("Настройки плагина изменены"),
    "core.capability.choose": lazy("Выбран плагин для возможности"),
    "core.theme.choose": lazy("Выбрано оформление"),
    "core.token.create": lazy("Создан ключ доступа"),
    "core.token.revoke": lazy("Отозван ключ доступа"),
    "core.request.send": lazy("Отправлен запрос"),
    "core.request.in_review": lazy("Запрос взят в работу"),
    "core.request.approved": lazy("Запрос одобрен"),
    "core.request.rejected": lazy("Запрос отклонён"),
    "core.request.returned": lazy("Запрос возвращён на исправление"),
    "core.request.withdrawn": lazy("Запрос отозван"),
    "core.setup.confirm": lazy("Шаг настройки отмечен как сделанный"),
    "core.setup.reopen": lazy("Отметка шага настройки снята"),
    "core.subject.delete": lazy("Удалён предмет"),
    "core.academic_year.create": lazy("Создан учебный год"),
    "core.academic_year.archive": lazy("Учебный год отправлен в архив"),
    "core.term.update": lazy("Изменён учебный период"),
    "core.promotion.do": lazy("Школа переведена на новый учебный год"),
    "core.promotion.undo": lazy("Перевод на новый учебный год отменён"),
    "core.term.create": lazy("Создан учебный период"),
    "core.school_class.create": lazy("Создан класс"),
    "core.school_class.update": lazy("Изменён класс"),
    "core.school_class.close": lazy("Класс закрыт"),
    "core.school_class.reopen": lazy("Класс снова открыт"),
    "core.pupil_group.create": lazy("Создана группа"),
    "core.pupil_group.update": lazy("Изменена группа"),
    "core.pupil_group.close": lazy("Группа закрыта"),
    "core.pupil_group.reopen": lazy("Группа снова открыта"),
    "core.pupil_group.delete": lazy("Группа удалена"),
    "core.pupil.move": lazy("Ученик переведён"),
    "core.pupil.join": lazy("Ученик добавлен в класс или группу"),
    "core.pupil.leave": lazy("Ученик убран из класса или группы"),
    "core.pupil.move_undone": lazy("Перевод отменён"),
    "core.subject.create": lazy("Создан предмет"),
    "core.organization.create": lazy("Заведена организация"),
    "core.organization.update": lazy("Изменена организация"),
    "core.organization.move": lazy("Организация перемещена"),
    "core.organization.close": lazy("Организация закрыта"),
    "core.organization.reopen": lazy("Организация снова открыта"),
    "core.group.create": lazy("Создана группа организаций"),
    "core.group.update": lazy("Изменена группа организаций"),
    "core.group.delete": lazy("Удалена группа организаций"),
    "core.group.add": lazy("Организация добавлена в группу"),
    "core.group.remove": lazy("Организация убрана из группы"),
    "core.group.announce": lazy("Отправлено объявление"),
    "core.licence.add": lazy("Внесена лицензия или аккредитация"),
    "core.licence.remove": lazy("Убрана лицензия или аккредитация"),
    "core.import.undo": lazy("Загрузка из файла отменена"),
    "core.export.oneroster": lazy("Выгружены данные школы"),
    "core.identity.link": lazy("Учётная запись связана с человеком"),
    "core.identity.relink": lazy("Вход перенесён на новую внешнюю учётную запись"),
    "core.person.create": lazy("Добавлен человек"),
    "core.person.update": lazy("Изменены данные человека"),
    "core.person.correct": lazy("Исправлены данные человека"),
    "core.person.merge": lazy("Две карточки объединены"),
    "core.person.part": lazy("Объединённые карточки разделены"),
    "core.person.different": lazy("Отмечено: это разные люди"),
    "core.person.maybe_same": lazy("Отметка «разные люди» снята"),
    "core.account.block": lazy("Закрыт вход"),
    "core.account.unblock": lazy("Открыт вход"),
    "core.account.sign_out": lazy("Завершены все сеансы"),
    "core.guardianship.create": lazy("Представитель связан с ребёнком"),
    "core.guardianship.change": lazy("Изменены права представителя"),
    "core.pupil_file.give": lazy("Файл ученика выдан"),
    "core.pupil_file.take": lazy("Ученик принят по файлу"),
    "core.pupil.transfer": lazy("Перевод между школами"),
    "core.account.create": lazy("Создана учётная запись"),
    "core.role.give": lazy("Дана роль"),
    "core.role.confirm": lazy("Роль подтверждена"),
    "core.role.refuse": lazy("В роли отказано"),
    "core.role.suspend": lazy("Роль приостановлена"),
    "core.role.resume": lazy("Роль возобновлена"),
    "core.role.prolong": lazy("Роль продлена"),
    "core.role.terminate": lazy("Роль прекращена"),
    "core.role.delete": lazy("Роль удалена"),
    "core.role.delegate": lazy("Права роли переданы на время"),
    "core.role.configure": lazy("Изменено, что может роль"),
    "core.consent.publish": lazy("Опубликован текст согласия"),
    "core.consent.retire": lazy("О согласии больше не спрашивают"),
    "core.consent.give": lazy("Дано согласие"),
    "core.consent.withdraw": lazy("Отозвано согласие"),
    "core.list.export": lazy("Выгружен список"),
    "core.personal_data.export": lazy("Выгружены данные о человеке"),
    "core.personal_data.erase": lazy("Стёрты данные о человеке"),
}
FIELDS: Mapping[str, str] = {
    "account": lazy("учётная запись"),
    "identity": lazy("внешняя учётная запись"),
    "count": lazy("строк"),
    "step": lazy("шаг"),
    "enabled": lazy("включён"),
    "locked": lazy("закреплено"),
    "source": lazy("чьё решение"),
    "group": lazy("группа"),
    "plugin": lazy("плагин"),
    "theme": lazy("тема"),
    "name": lazy("название"),
    "short_name": lazy("краткое название"),
    "organization": lazy("организация"),
    "group_kind": lazy("вид группы"),
    "description": lazy("описание"),
    "rule": lazy("правило"),
    "title": lazy("заголовок"),
    "parent": lazy("кому подчиняется"),
    "inn": lazy("ИНН"),
    "kpp": lazy("КПП"),
    "ogrn": lazy("ОГРН"),
    "oktmo": lazy("ОКТМО"),
    "region_code": lazy("код региона"),
    "legal_address": lazy("юридический адрес"),
    "address": lazy("фактический адрес"),
    "site": lazy("сайт"),
    "support_contact": lazy("куда обращаться за помощью"),
    "timezone": lazy("часовой пояс"),
    "external_id": lazy("внешний номер"),
    "closed_on": lazy("закрыта с"),
    "issued_on": lazy("выдана"),
    "ends_on": lazy("последний день"),
    "valid_until": lazy("действует по"),
    "issuer": lazy("кем выдана"),
    "scopes": lazy("области доступа"),
    "status": lazy("состояние"),
    "kind": lazy("вид"),
    "last_name": lazy("фамилия"),
    "first_name": lazy("имя"),
    "middle_name": lazy("отчество"),
    "birth_date": lazy("дата рождения"),
    "snils": lazy("СНИЛС"),
    "birth_certificate": lazy("свидетельство о рождении"),
    "phone": lazy("телефон"),
    "email": lazy("почта"),
    "login": lazy("логин"),
    "expires": lazy("действует до"),
    "value": lazy("значение"),
    "year": lazy("учебный год"),
    "school_class": lazy("класс"),
    "class": lazy("класс"),
    "pupil_group": lazy("группа учеников"),
    "grade_level": lazy("параллель"),
    "places": lazy("мест"),
    "term_kind": lazy("учебные периоды"),
    "days_per_week": lazy("дней в неделе"),
    "shift": lazy("смена"),
    "subject": lazy("предмет"),
    "role": lazy("роль"),
    "basis": lazy("основание"),
    "permission": lazy("право"),
    "reach": lazy("охват"),
    "ended_role": lazy("прекращённая роль"),
    "guardian": lazy("представитель"),
    "starts_on": lazy("первый день"),
    "promoted": lazy("переведены"),
    "conditional": lazy("переведены условно"),
    "repeats": lazy("остаются на второй год"),
    "left": lazy("выбывают"),
    "graduated": lazy("окончили"),
    "left_on": lazy("выбыл"),
    "relation": lazy("кем приходится"),
    "rights": lazy("права"),
    "person": lazy("человек"),
    "kept": lazy("осталась карточка"),
    "absorbed": lazy("вошла карточка"),
    "gender": lazy("пол"),
    "child": lazy("ребёнок"),
    "gone": lazy("стёрто"),
    "removed": lazy("убрано записей"),
    "stays": lazy("осталось"),
    "consent": lazy("согласие"),
    "version": lazy("редакция"),
    "renews": lazy("спросить заново"),
    "way": lazy("способ"),
    "document": lazy("где хранится"),
    "number": lazy("номер"),
    "day": lazy("день"),
    "topic": lazy("тема"),
    "homework": lazy("задание"),
    "homework_minutes": lazy("минут на задание"),
    "control_kind": lazy("вид работы"),
    "mark": lazy("отметка"),
    "comment": lazy("комментарий"),
}

WORDS_OF_KINDS: Mapping[str, str] = {**KIND_TITLES, **LICENCE_TITLES}
STATUSES: Mapping[str, str] = {
    "sent": lazy("отправлен"),
    "in_review": lazy("рассматривают"),
    "approved": lazy("одобрен"),
    "rejected": lazy("отклонён"),
    "withdrawn": lazy("отозван"),
    "active": lazy("действует"),
    "blocked": lazy("закрыта"),
    "requested": lazy("ждёт подтверждения"),
    "refused": lazy("отказано"),
    "confirmed": lazy("подтверждена"),
    "suspended": lazy("приостановлена"),
    "terminated": lazy("прекращена"),
}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after."""

    field: str
    before: str
    after: str


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A change as the page shows it."""

    record: AuditRecord
    action: str
    role: str
    differences: Sequence[Difference]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Changes, the latest first; `before` is the key of the next page or None."""

    lines: Sequence[RecordLine]
    before: int | None


class ChainState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the chain holds: how many links there are, how many were looked at, what is wrong."""

    links: int
    checked: int
    problem: str = ""
    advice: str = ""


def chain_of(db: Session, actor: Actor, organization_id: UUID | None) -> str:
    """The chain the actor may read: an organization's, or with None the portal's own (the federal operator's).

    Raises `NotFound` for any other.
    """
    if organization_id is not None:
        authorize(db, actor, VIEW, organization_id)
        if db.get(Organization, organization_id) is None:
            raise NotFound(_("Такой организации нет."), advice=_("Проверьте адрес."))
        return str(organization_id)
    actor.require(VIEW)
    if not actor.is_system and actor.acting_role.organization_kind != "federal":
        raise NotFound(_("Эту историю видит федеральный оператор."), advice=_("Выберите свою организацию."))
    return PORTAL_CHAIN


def changes(
    db: Session,
    chain: str,
    *,
    person: str = "",
    action: str = "",
    first: date | None = None,
    last: date | None = None,
    timezone: str = "UTC",
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> AuditPage:
    """Changes of one chain that fit the filters; days are those of `timezone`, both included."""
    found = select(AuditRecord).where(AuditRecord.chain == chain)
    if person:
        people = select(Person.id).where(starts_a_word(Person.name_key, sort_key(person)))
        found = found.where(AuditRecord.person_id.in_(people))
    if action:
        found = found.where(AuditRecord.action == action)
    zone = ZoneInfo(timezone)
    if first is not None:
        found = found.where(AuditRecord.at >= datetime.combine(first, time(), zone))
    if last is not None and last < date.max:
        found = found.where(AuditRecord.at < datetime.combine(last + timedelta(days=1), time(), zone))
    if before is not None:
        found = found.where(AuditRecord.sequence < before)
    rows = db.scalars(found.order_by(AuditRecord.sequence.desc()).limit(limit + 1)).all()
    kinds = db.portal.grants.kinds
    lines = [
        RecordLine(
            record=row,
            action=action_title(db, row.action),
            role=str(kinds[row.role].title) if row.role in kinds else row.role,
            differences=differences(row.before, row.after, kinds, personal=row.subject_type == "person"),
        )
        for row in rows[:limit]
    ]
    return AuditPage(lines=lines, before=rows[limit - 1].sequence if len(rows) > limit else None)


def known_actions(db: Session, chain: str) -> list[tuple[str, str]]:
    """The actions that occur in a chain, with their titles, for the filter."""
    names = db.scalars(
        select(AuditRecord.action).where(AuditRecord.chain == chain).distinct().order_by(AuditRecord.action)
    )
    return sorted(((name, action_title(db, name)) for name in names), key=lambda pair: pair[1])


def action_title(db: Session, action: str) -> str:
    """An action in words: the core's own or a plugin's, or the permission of the same name, else the name."""
    if action in ACTIONS:
        return str(ACTIONS[action])
    for _plugin, each in db.portal.plugins.each("audited_actions"):
        if each.name == action:
            return str(each.title)
    permission = db.portal.grants.permissions.get(action)
    return str(permission.title) if permission else action


def differences(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    kinds: Mapping[str, RoleKind],
    *,
    personal: bool = False,
) -> list[Difference]:
    """The fields that differ, in words; `kinds` are the kinds of roles by name.

    Of a person's (`personal`) sensitive fields only so much is told that one sees that they differ.
    """
    old, new = before or {}, after or {}

    def words(value: Any, name: str) -> str:
        text = _text(value, name, kinds)
        return mask(name, text) if personal and name in SENSITIVE else text

    return [
        Difference(
            field=str(FIELDS.get(name, name)),
            before=words(old.get(name), name),
            after=words(new.get(name), name),
        )
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _text(value: Any, field: str, kinds: Mapping[str, RoleKind]) -> str:
    match value:
        case None | "":
            return ""
        case True:
            return _("да")
        case False:
            return _("нет")
        case list():
            return ", ".join(_text(each, field, kinds) for each in value)  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return msgspec.json.encode(value, enc_hook=str).decode()
        case str() if field in ("status", "account") and value in STATUSES:
            return str(STATUSES[value])
        case str() if field == "kind" and value in WORDS_OF_KINDS:
            return str(WORDS_OF_KINDS[value])
        case str() if field in ("role", "ended_role") and value in kinds:
            return str(kinds[value].title)
        case str() if ISO_DAY.fullmatch(value):
            with suppress(ValueError):
                return show_short_day(date.fromisoformat(value))
            return value
        case _:
            return str(value)


def state(db: Session, chain: str, *, whole: bool = False) -> ChainState:
    """Whether a chain holds; without `whole` only its latest thousand links are looked at."""
    found = db.get(AuditChain, chain)
    if found is None:
        return ChainState(links=0, checked=0)
    problem = next(iter(check_chain(db, found, None if whole else LINKS_CHECKED)), None)
    return ChainState(
        links=found.sequence,
        checked=found.sequence if whole else min(found.sequence, LINKS_CHECKED),
        problem=problem.message if problem else "",
        advice=problem.advice if problem else "",
    )
