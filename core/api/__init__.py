"""REST under `/api/v1`: the OpenAPI document and the page to read it."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import core


class ApiDocument(JsonRenderPlugin):
    """The document, cut down to what is under `/api/`: pages are for people."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The JSON text of the document."""
        paths = {path: item for path, item in openapi_schema["paths"].items() if path.startswith("/api/")}
        return super().render(request, {**openapi_schema, "paths": paths})


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
