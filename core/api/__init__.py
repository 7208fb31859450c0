"""REST under `/api/v1`: the OpenAPI document and the page to read it."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import core
from core.idempotency import KEY_FORMAT

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


class ApiDocument(JsonRenderPlugin):
    """The document as `api_document` gives it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The JSON text of the document."""
        return super().render(request, api_document(openapi_schema))


def api_document(whole: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document, cut down to what is under `/api/`: pages are for people.

    Every change takes the header that is taken before its handler is reached.
    """
    paths = {
        path: {method: _with_key(method, operation) for method, operation in item.items()}
        for path, item in whole["paths"].items()
        if path.startswith("/api/")
    }
    return {**whole, "paths": paths}


def _with_key(method: str, operation: Any) -> Any:
    if method not in CHANGING:
        return operation
    return {**operation, "parameters": [*operation.get("parameters", []), IDEMPOTENCY_KEY]}


def openapi_config() -> OpenAPIConfig:
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
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer")},
        ),
        security=[{"token": []}],
        render_plugins=[ApiDocument(path="/openapi.json")],
    )
