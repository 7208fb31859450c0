"""REST under `/api/v1`: the OpenAPI document and the page to read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIType,
    Schema,
    SecurityRequirement,
    SecurityScheme,
    Tag,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

import core
from core.api.words import COMMON
from core.idempotency import KEY_FORMAT
from core.web.cookies import SESSION
from core.web.i18n import lazy

if TYPE_CHECKING:
    from core.portal import Portal

CHANGING = ("post", "put", "patch", "delete")
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Свой ключ каждого изменения, например UUID. Повтор с тем же ключом ничего не меняет и получает ответ "
        "первого запроса. Ключ помнится сутки."
    ),
    "schema": {"type": "string", "pattern": f"^{KEY_FORMAT.pattern}$"},
}
BY_SESSION: SecurityRequirement = {"session": []}
"""What an operation requires that no access token opens: `security=[BY_SESSION]`."""

DONE = {
    "200": "Готово.",
    "201": "Создано.",
    "204": "Сделано, тела у ответа нет.",
}
"""What a good answer means."""

CORE_GROUPS = {
    "identity": lazy("Кто работает"),
    "organizations": lazy("Организации"),
    "people": lazy("Люди"),
    "accounts": lazy("Учётные записи"),
    "roles": lazy("Роли"),
    "imports": lazy("Загрузка и выгрузка"),
    "requests": lazy("Запросы"),
    "audit": lazy("История и просмотры"),
    "support": lazy("Поддержка"),
    "notifications": lazy("Уведомления"),
    "tasks": lazy("Фоновые работы"),
    "tokens": lazy("Ключи доступа"),
    "plugins": lazy("Плагины"),
    "webhooks": lazy("Отправка событий"),
}
"""The tags of the core's operations, in the order for reading, with their titles."""


class ApiDocument(JsonRenderPlugin):
    """The document as `api_document` gives it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The JSON text of the document."""
        return super().render(request, api_document(openapi_schema))


class TimesOfDay(OpenAPISchemaPlugin):
    """`time` is a time of day; Litestar would document it as a duration."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Whether `value` is `datetime.time`."""
        return value is time

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """A text like `08:30:00`."""
        return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.TIME)


def api_document(whole: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document, cut down to what is under `/api/`: pages are for people.

    Every change takes the header that is taken before its handler is reached. Parameters and fields without
    a description of their own get that of their name (`core.api.words`).
    """
    paths = {
        path: {method: _finished(method, operation) for method, operation in item.items()}
        for path, item in whole["paths"].items()
        if path.startswith("/api/")
    }
    components: dict[str, Any] = whole["components"]
    schemas = {name: _with_words(schema) for name, schema in components["schemas"].items()}
    used = {tag for item in paths.values() for operation in item.values() for tag in operation["tags"]}
    return {
        **whole,
        "paths": paths,
        "components": {**components, "schemas": schemas},
        "tags": [tag for tag in whole["tags"] if tag["name"] in used],
    }


def _finished(method: str, operation: Any) -> Any:
    parameters = [_described(each["name"], each) for each in operation.get("parameters", [])]
    if method in CHANGING:
        parameters.append(IDEMPOTENCY_KEY)
    responses = {
        status: {**answer, "description": DONE.get(status, answer["description"])}
        for status, answer in operation["responses"].items()
    }
    return {**operation, "parameters": parameters, "responses": responses}


def _with_words(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "properties" not in schema:
        return schema
    properties = {name: _described(name, each) for name, each in schema["properties"].items()}
    return {**schema, "properties": properties}


def _described(name: str, thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter or a property with the common words, if there are any and it has none of its own."""
    if thing.get("description") or name not in COMMON:
        return thing
    return {**thing, "description": COMMON[name]}


def groups(portal: Portal) -> dict[str, str]:
    """The titles of the API's parts by tag, in the order for reading: the core's, then each plugin's."""
    plugins = {plugin.name: plugin.manifest.title for plugin in portal.plugins.loaded.values()}
    return {**CORE_GROUPS, **plugins}


def openapi_config(portal: Portal) -> OpenAPIConfig:
    """Settings of the document at `/api/v1/openapi.json`."""
    return OpenAPIConfig(
        title="Моя школа",
        version=core.CORE_API,
        description=(
            "Программный доступ к порталу. Ключ доступа создаётся в настройках аккаунта "
            "и передаётся в заголовке `Authorization: Bearer …`."
        ),
        path="/api/v1",
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="Ключ доступа."),
                "session": SecurityScheme(
                    type="apiKey",
                    name=SESSION,
                    security_scheme_in="cookie",
                    description="Сеанс вошедшего в браузере.",
                ),
            },
        ),
        security=[{"token": []}, BY_SESSION],
        tags=[Tag(name=name, description=str(title)) for name, title in groups(portal).items()],
        render_plugins=[ApiDocument(path="/openapi.json")],
    )
