"""Builds the browser's side before the wheel is packed."""

from __future__ import annotations

import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs the build of `core/web/frontend.py`; an editable installation builds by `make` instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch; `MOYASHKOLA_SKIP_FRONTEND=1` packs what is there."""
        if version == "editable":
            return
        build_data.setdefault("artifacts", []).append("/core/static/**")
        if os.environ.get("MOYASHKOLA_SKIP_FRONTEND") == "1":
            return
        sys.path.insert(0, self.root)
        try:
            from core.web import frontend

            frontend.build()
        finally:
            sys.path.remove(self.root)
