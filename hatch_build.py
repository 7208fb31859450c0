"""Builds the browser's side and compiles the timetable search before the wheel is packed."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs the build of `core/web/frontend.py`; an editable installation builds by `make` instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch; `MOYASHKOLA_SKIP_FRONTEND=1` packs what is there."""
        if version == "editable":
            return
        build_data.setdefault("artifacts", []).append("/core/static/**")
        sys.path.insert(0, self.root)
        try:
            self._compile_search(build_data)
            if os.environ.get("MOYASHKOLA_SKIP_FRONTEND") != "1":
                from core.web import frontend

                frontend.build()
        finally:
            sys.path.remove(self.root)

    def _compile_search(self, build_data: dict[str, Any]) -> None:
        """Without a compiler the wheel is for any machine, and the search runs in Python."""
        from plugins.diary.timetabling.solving import building

        if self.target_name != "wheel":
            return
        try:
            building.build()
        except building.NotCompiled as error:
            self.app.display_warning(f"The timetable search is not compiled: {error}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(f"/{building.BUILT.relative_to(self.root).as_posix()}")
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
