"""Permissions and API scopes of the core itself."""

from core.contributions import Scope
from core.roles.kinds import COORDINATORS, CORE_ROLE_KINDS, STAFF
from core.roles.permissions import Permission, Reach
from core.web.i18n import lazy
from core.worklists.definition import PEOPLE_EXPORT

_coordinators = dict.fromkeys(COORDINATORS, Reach.BELOW)
_staff = dict.fromkeys(STAFF, Reach.ORGANIZATION)
_leaders = dict.fromkeys(("head", "deputy_head", "school_administrator"), Reach.ORGANIZATION)
_everybody = {kind.name: Reach.OWN for kind in CORE_ROLE_KINDS}

CORE_PERMISSIONS = (
    Permission(
        name="core.organization.view",
        title=lazy("Видеть карточку организации, классы и предметы"),
        grants={
            **_staff,
            **_coordinators,
            "pupil": Reach.ORGANIZATION,
            "guardian": Reach.ORGANIZATION,
            "support": Reach.BELOW,
        },
    ),
    Permission(
        name="core.organization.list",
        title=lazy("Работать со списком организаций"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION, **_coordinators, "support": Reach.BELOW},
    ),
    Permission(
        name="core.organization.tree",
        title=lazy("Видеть дерево организаций"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION, **_coordinators, "support": Reach.BELOW},
        central=True,
    ),
    Permission(
        name="core.organization.contacts",
        title=lazy("Исправлять адрес, телефон, почту и сайт организации"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.organization.edit",
        title=lazy("Заводить, перемещать и закрывать организации, исправлять их реквизиты"),
        grants={**_coordinators},
        changes=True,
    ),
    Permission(
        name="core.setup.view",
        title=lazy("Видеть, что ещё не настроено в организации и в школах ниже"),
        grants={**_leaders, **_coordinators},
    ),
    Permission(
        name="core.setup.confirm",
        title=lazy("Отмечать шаги настройки, которые портал не узнаёт сам"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.subjects.edit",
        title=lazy("Вести список предметов"),
        grants={**_leaders, **_coordinators},
        changes=True,
    ),
    Permission(
        name="core.groups.view",
        title=lazy("Видеть группы организаций"),
        grants={**_coordinators, "support": Reach.BELOW},
    ),
    Permission(
        name="core.groups.edit",
        central=True,
        title=lazy("Составлять группы организаций"),
        grants={**_coordinators},
        changes=True,
    ),
    Permission(
        name="core.groups.announce",
        title=lazy("Отправлять объявления людям организаций группы"),
        grants={**_coordinators},
        changes=True,
    ),
    Permission(
        name="core.groupings.view",
        title=lazy("Видеть классы и группы учеников: кто в них, кто был раньше, что не сходится"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION, **_coordinators},
    ),
    Permission(
        name="core.groupings.edit",
        title=lazy("Составлять классы и группы, переводить учеников"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION},
        changes=True,
    ),
    Permission(
        name="core.groupings.network",
        central=True,
        title=lazy("Составлять межшкольные группы"),
        grants={**_coordinators},
        changes=True,
    ),
    Permission(
        name="core.people.view",
        title=lazy("Видеть учеников и сотрудников организации"),
        grants={**_staff, "head": Reach.ORGANIZATION},
    ),
    Permission(
        name="core.people.contacts",
        title=lazy("Видеть дату рождения, телефон, почту и представителей"),
        grants={
            **_leaders,
            "secretary": Reach.ORGANIZATION,
            "class_teacher": Reach.ORGANIZATION,
            "psychologist": Reach.ORGANIZATION,
        },
    ),
    Permission(
        name=PEOPLE_EXPORT,
        title=lazy("Выгружать и печатать списки людей целиком"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
    ),
    Permission(
        name="core.children.own",
        title=lazy("Видеть своих детей и заводить им учётные записи"),
        grants={"guardian": Reach.OWN},
        changes=True,
    ),
    Permission(
        name="core.families.edit",
        title=lazy("Связывать с учениками представителей и решать, что им можно"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION},
        changes=True,
    ),
    Permission(
        name="core.pupils.admit",
        title=lazy("Принимать учеников и отчислять их"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION},
        changes=True,
    ),
    Permission(
        name="core.years.edit",
        title=lazy("Вести учебные годы и переводить школу на новый год"),
        grants={**_leaders},
        changes=True,
    ),
    Permission(
        name="core.terms.close",
        title=lazy("Закрывать учебные периоды и открывать их снова"),
        grants={"head": Reach.ORGANIZATION, "deputy_head": Reach.ORGANIZATION},
        changes=True,
    ),
    Permission(
        name="core.people.documents",
        title=lazy("Видеть СНИЛС и свидетельство о рождении"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION},
    ),
    Permission(
        name="core.people.views",
        title=lazy("Видеть, кто открывал карточки людей"),
        grants={"head": Reach.ORGANIZATION, "school_administrator": Reach.ORGANIZATION},
    ),
    Permission(
        name="core.accounts.view",
        title=lazy("Видеть, кто и как входит в портал"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION, **_coordinators, "support": Reach.BELOW},
    ),
    Permission(
        name="core.accounts.block",
        title=lazy("Закрывать и открывать людям вход в портал"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.accounts.merge",
        title=lazy("Объединять карточки одного человека и разделять их снова"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.sessions.own",
        title=lazy("Видеть свои сеансы и завершать их через программу"),
        grants={**_everybody},
        changes=True,
    ),
    Permission(
        name="core.people.correct",
        title=lazy("Исправлять имя, дату рождения, СНИЛС и контакты людей"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.roles.view",
        title=lazy("Видеть, у кого какая роль"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION, **_coordinators, "support": Reach.BELOW},
    ),
    Permission(
        name="core.roles.grant",
        title=lazy("Давать роли, приостанавливать и прекращать их"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.roles.confirm",
        title=lazy("Подтверждать роли сотрудников школ"),
        grants={**_coordinators},
        changes=True,
    ),
    Permission(
        name="core.roles.lend",
        title=lazy("Передавать на время права своей роли через программу"),
        grants={kind.name: Reach.OWN for kind in CORE_ROLE_KINDS if kind.delegable},
        changes=True,
    ),
    Permission(
        name="core.roles.configure",
        central=True,
        title=lazy("Менять, что может роль"),
        grants={"regional_coordinator": Reach.BELOW, "federal_operator": Reach.BELOW},
        changes=True,
    ),
    Permission(
        name="core.import",
        title=lazy("Загружать школу из файла"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            "regional_coordinator": Reach.BELOW,
            "municipal_coordinator": Reach.BELOW,
        },
        changes=True,
    ),
    Permission(
        name="core.plugins.view",
        central=True,
        title=lazy("Видеть, какие плагины установлены и где включены"),
        grants={**_leaders, **_coordinators},
    ),
    Permission(
        name="core.plugins.switch",
        central=True,
        title=lazy("Включать, выключать и настраивать плагины"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.webhooks.manage",
        central=True,
        title=lazy("Отправлять события чужим системам"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.theme.change",
        central=True,
        title=lazy("Выбирать оформление региона"),
        grants={"regional_coordinator": Reach.BELOW, "federal_operator": Reach.BELOW},
        changes=True,
    ),
    Permission(
        name="core.requests.send",
        title=lazy("Отправлять запросы"),
        grants={
            **_staff,
            **_coordinators,
            "pupil": Reach.OWN,
            "guardian": Reach.OWN,
        },
        changes=True,
    ),
    Permission(
        name="core.requests.decide",
        title=lazy("Рассматривать запросы"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION, **_coordinators},
        changes=True,
    ),
    Permission(
        name="core.regions.connect",
        title=lazy("Рассматривать запросы на подключение регионов"),
        grants={"federal_operator": Reach.BELOW},
        changes=True,
    ),
    Permission(
        name="core.personal_data.export",
        title=lazy("Выгружать всё о человеке по его просьбе"),
        grants={"head": Reach.ORGANIZATION, "school_administrator": Reach.ORGANIZATION},
        changes=True,
    ),
    Permission(
        name="core.personal_data.erase",
        title=lazy("Стирать профили людей"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.personal_data.own",
        title=lazy("Скачивать свои данные и видеть, кто их смотрел, через программу"),
        grants={**_everybody},
        changes=True,
    ),
    Permission(
        name="core.consents.view",
        title=lazy("Видеть, кто дал согласия на обработку данных"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION},
    ),
    Permission(
        name="core.consents.record",
        title=lazy("Вносить согласия и отзывы, данные на бумаге"),
        grants={**_leaders, "secretary": Reach.ORGANIZATION},
        changes=True,
    ),
    Permission(
        name="core.consents.own",
        title=lazy("Давать и отзывать свои согласия через программу"),
        grants=dict.fromkeys((*STAFF, *COORDINATORS, "pupil", "guardian"), Reach.OWN),
        changes=True,
    ),
    Permission(
        name="core.consents.publish",
        central=True,
        title=lazy("Публиковать тексты согласий"),
        grants={
            "head": Reach.ORGANIZATION,
            "school_administrator": Reach.ORGANIZATION,
            **_coordinators,
        },
        changes=True,
    ),
    Permission(
        name="core.retention.view",
        central=True,
        title=lazy("Видеть, сколько портал хранит данные"),
        grants={"regional_coordinator": Reach.BELOW, "federal_operator": Reach.BELOW},
    ),
    Permission(
        name="core.support.answer",
        central=True,
        title=lazy("Отвечать на вопросы в поддержку"),
        grants={**_coordinators, "support": Reach.BELOW},
        changes=True,
    ),
    Permission(
        name="core.support.own",
        title=lazy("Писать в поддержку через программу"),
        grants={**_everybody},
        changes=True,
    ),
    Permission(
        name="core.notifications.read",
        title=lazy("Читать свои уведомления через программу"),
        grants=dict.fromkeys((*STAFF, *COORDINATORS, "pupil", "guardian", "support"), Reach.OWN),
    ),
    Permission(
        name="core.audit.view",
        central=True,
        title=lazy("Видеть, кто и что изменил"),
        grants={"head": Reach.ORGANIZATION, "school_administrator": Reach.ORGANIZATION, **_coordinators},
    ),
)

CORE_SCOPES = (
    Scope(
        name="organization.read",
        title=lazy("Читать карточку организации, классы, предметы, учебные годы и готовность"),
        permissions=("core.organization.view", "core.setup.view"),
    ),
    Scope(
        name="organization.write",
        title=lazy("Заводить организации и исправлять сведения о них"),
        permissions=("core.organization.view", "core.organization.contacts", "core.organization.edit"),
    ),
    Scope(
        name="subjects.write",
        title=lazy("Вести список предметов"),
        permissions=("core.organization.view", "core.subjects.edit"),
    ),
    Scope(
        name="theme.write",
        title=lazy("Выбирать оформление организации"),
        permissions=("core.organization.view", "core.theme.change"),
    ),
    Scope(
        name="groups.read",
        title=lazy("Читать группы организаций"),
        permissions=("core.groups.view",),
    ),
    Scope(
        name="groups.write",
        title=lazy("Вести группы организаций"),
        permissions=("core.groups.view", "core.groups.edit"),
    ),
    Scope(
        name="groupings.read",
        title=lazy("Читать классы и группы учеников, кто в них на какой день"),
        permissions=("core.groupings.view",),
    ),
    Scope(
        name="groupings.write",
        title=lazy("Вести классы и группы учеников, переводить между ними"),
        permissions=("core.groupings.view", "core.groupings.edit", "core.groupings.network"),
    ),
    Scope(name="people.read", title=lazy("Читать списки людей"), permissions=("core.people.view",)),
    Scope(
        name="people.write",
        title=lazy("Исправлять данные людей"),
        permissions=("core.people.correct",),
    ),
    Scope(
        name="families.read",
        title=lazy("Читать списки людей с контактами и кто чей представитель"),
        permissions=("core.people.view", "core.people.contacts", "core.children.own"),
    ),
    Scope(
        name="families.write",
        title=lazy("Связывать с учениками представителей и решать, что им можно"),
        permissions=("core.families.edit",),
    ),
    Scope(
        name="transfers",
        title=lazy("Принимать учеников и отчислять их"),
        permissions=("core.pupils.admit",),
    ),
    Scope(
        name="years.write",
        title=lazy("Заводить учебные годы, менять их периоды, переводить школу на новый год"),
        permissions=("core.years.edit", "core.terms.close"),
    ),
    Scope(
        name="accounts.read",
        title=lazy("Читать, кто и как входит в портал"),
        permissions=("core.accounts.view",),
    ),
    Scope(
        name="accounts.write",
        title=lazy("Закрывать и открывать вход в портал, завершать сеансы"),
        permissions=("core.accounts.view", "core.accounts.block"),
    ),
    Scope(
        name="accounts.merge",
        title=lazy("Объединять карточки одного человека и разделять их снова"),
        permissions=("core.accounts.view", "core.accounts.merge"),
    ),
    Scope(
        name="sessions.own",
        title=lazy("Видеть ваши сеансы и завершать их"),
        permissions=("core.sessions.own",),
    ),
    Scope(name="roles.read", title=lazy("Читать, у кого какая роль"), permissions=("core.roles.view",)),
    Scope(
        name="roles.write",
        title=lazy("Заводить людей, давать роли, приостанавливать, продлевать и прекращать их"),
        permissions=("core.roles.view", "core.roles.grant", "core.roles.confirm"),
    ),
    Scope(
        name="roles.configure",
        title=lazy("Менять, что может роль"),
        permissions=("core.roles.configure",),
    ),
    Scope(
        name="roles.lend",
        title=lazy("Передавать на время права вашей роли и возвращать их"),
        permissions=("core.roles.lend",),
    ),
    Scope(
        name="requests",
        title=lazy("Отправлять запросы и читать свои"),
        permissions=("core.requests.send",),
    ),
    Scope(
        name="requests.decide",
        title=lazy("Рассматривать запросы"),
        permissions=("core.requests.send", "core.requests.decide"),
    ),
    Scope(
        name="personal_data.export",
        title=lazy("Выгружать всё о человеке по его просьбе"),
        permissions=("core.personal_data.export",),
    ),
    Scope(
        name="personal_data.own",
        title=lazy("Скачивать всё, что портал знает о вас, и читать, кто смотрел ваши данные"),
        permissions=("core.personal_data.own",),
    ),
    Scope(
        name="consents.read",
        title=lazy("Читать, какие согласия даны и отозваны"),
        permissions=("core.consents.view",),
    ),
    Scope(
        name="consents.write",
        title=lazy("Вносить согласия и отзывы, данные на бумаге"),
        permissions=("core.consents.view", "core.consents.record"),
    ),
    Scope(
        name="consents.own",
        title=lazy("Давать и отзывать согласия от вашего имени"),
        permissions=("core.consents.own",),
    ),
    Scope(
        name="consents.publish",
        title=lazy("Публиковать тексты согласий"),
        permissions=("core.consents.publish",),
    ),
    Scope(
        name="personal_data.erase",
        title=lazy("Стирать профили людей"),
        permissions=("core.personal_data.erase",),
    ),
    Scope(
        name="audit.read",
        title=lazy("Читать историю изменений и кто смотрел данные людей"),
        permissions=("core.audit.view", "core.people.views"),
    ),
    Scope(
        name="notifications",
        title=lazy("Читать свои уведомления и отмечать их прочитанными"),
        permissions=("core.notifications.read",),
    ),
    Scope(
        name="support",
        title=lazy("Задавать вопросы в поддержку и читать ответы"),
        permissions=("core.support.own",),
    ),
    Scope(
        name="support.answer",
        title=lazy("Отвечать на вопросы в поддержку"),
        permissions=("core.support.answer",),
    ),
    Scope(
        name="import",
        title=lazy("Загружать данные школы и выгружать их в OneRoster"),
        permissions=("core.import",),
    ),
    Scope(
        name="webhooks",
        title=lazy("Вести отправку событий: адреса, события, секреты, доставки"),
        permissions=("core.webhooks.manage",),
    ),
    Scope(
        name="plugins.manage",
        title=lazy("Включать и настраивать плагины"),
        permissions=("core.plugins.view", "core.plugins.switch"),
    ),
)
