"""The front door of the plugin: what it is and what it gives to the portal. Read this first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.hooks import (
    Card,
    DemoFiller,
    Manifest,
    MenuEntry,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    RequestKind,
    RoleKind,
    Scope,
    SearchSource,
    SlotFill,
    hookimpl,
)
from core.web.i18n import lazy as _
from school_canteen import __version__, free_meals, menus
from school_canteen.api import api_routes
from school_canteen.demo import fill_canteen
from school_canteen.pages import page_routes
from school_canteen.settings import CanteenSettings

COOK = "school_canteen_manager"
WHOLE = Reach.ORGANIZATION
READERS = ("pupil", "guardian", "teacher", "class_teacher", "psychologist", "librarian")
STAFF = ("deputy_head", "head", "secretary", "school_administrator", COOK)


@hookimpl
def manifest() -> Manifest:
    """What the plugin is, needs and stores."""
    return Manifest(
        name="school_canteen",
        title=_("Столовая"),
        version=__version__,
        core_api=">=1.0,<2",
        description=_("Меню столовой на каждый учебный день и запрос на льготное питание."),
        personal_data=[
            PersonalData(
                category=_("Льготное питание ученика и его основание"),
                purpose=_("Бесплатное питание по закону"),
            ),
            PersonalData(category=_("Кто записал меню"), purpose=_("Ответственность за меню")),
        ],
    )


@hookimpl
def role_kinds() -> Sequence[RoleKind]:
    """Whoever runs the canteen."""
    return [RoleKind(name=COOK, title=_("Заведующий столовой"), organization_kinds=("school",), order=50)]


@hookimpl
def permissions() -> Sequence[Permission]:
    """Who may do what, by default."""
    return [
        Permission(
            name=menus.VIEW,
            title=_("Видеть меню столовой"),
            grants=dict.fromkeys((*READERS, *STAFF), WHOLE),
        ),
        Permission(
            name=menus.EDIT,
            title=_("Писать меню столовой"),
            grants=dict.fromkeys(("head", "secretary", COOK), WHOLE),
            changes=True,
        ),
        Permission(
            name=free_meals.ASK,
            title=_("Просить льготное питание для своего ребёнка"),
            grants={"guardian": Reach.OWN},
            changes=True,
        ),
        Permission(
            name=free_meals.DECIDE,
            title=_("Решать о льготном питании"),
            grants=dict.fromkeys(("head", "deputy_head"), WHOLE),
            changes=True,
        ),
        Permission(
            name=free_meals.VIEW,
            title=_("Видеть, кто питается бесплатно"),
            grants=dict.fromkeys(("head", "deputy_head", COOK), WHOLE),
        ),
    ]


@hookimpl
def routes() -> Sequence[Any]:
    """Pages and the API."""
    return [*page_routes, *api_routes]


@hookimpl
def menu_entries() -> Sequence[MenuEntry]:
    """A line of the main menu."""
    return [
        MenuEntry(title=_("Столовая"), url="/school-canteen", icon="canteen", permission=menus.VIEW, order=60)
    ]


@hookimpl
def dashboard_cards() -> Sequence[Card]:
    """What is served today."""
    return [
        Card(
            name="school-canteen-today",
            title=_("Сегодня в столовой"),
            icon="canteen",
            permission=menus.VIEW,
            content=menus.today_card,
            order=60,
        )
    ]


@hookimpl
def settings() -> type[CanteenSettings]:
    """Hours and prices, for each school."""
    return CanteenSettings


@hookimpl
def request_kinds() -> Sequence[RequestKind]:
    """Parents ask for meals free of charge; the head decides."""
    return [
        RequestKind(
            name="school_canteen.free_meal",
            title=_("Льготное питание"),
            form=free_meals.FreeMealRequest,
            permission=free_meals.ASK,
            decide_permission=free_meals.DECIDE,
            on_approved=free_meals.grant,
            days=10,
        )
    ]


@hookimpl
def search_sources() -> Sequence[SearchSource]:
    """Dishes: «когда будет плов?»."""
    return [
        SearchSource(
            name="school_canteen", title=_("Столовая"), permission=menus.VIEW, find=menus.find_dishes
        )
    ]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    """Free meals on the pupil's card."""
    return [
        SlotFill(
            slot="person.card",
            template="school_canteen/person.html",
            permission=free_meals.VIEW,
            render=free_meals.on_person_card,
        )
    ]


@hookimpl
def personal_data() -> Sequence[PersonalDataSource]:
    """What is known of a person: rights to free meals, and the menus a member of staff has written."""
    return [
        PersonalDataSource(
            name="school_canteen",
            title=_("Столовая"),
            export=free_meals.export_person,
            erase=free_meals.erase_person,
            words={"free_meals": _("льготное питание"), "menus_written": _("написанные меню")},
        )
    ]


@hookimpl
def api_scopes() -> Sequence[Scope]:
    """Reading and writing menus with a token."""
    return [
        Scope(name="school_canteen.read", title=_("Читать меню столовой"), permissions=(menus.VIEW,)),
        Scope(
            name="school_canteen.write",
            title=_("Писать меню столовой"),
            permissions=(menus.VIEW, menus.EDIT),
        ),
    ]


@hookimpl
def demo_fillers() -> Sequence[DemoFiller]:
    """Four weeks of menus for the demo school."""
    return [DemoFiller(name="school_canteen", title=_("Столовая"), fill=fill_canteen)]
