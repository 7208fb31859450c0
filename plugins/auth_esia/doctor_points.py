"""A point that the doctor has looked at."""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["ok", "warning", "error"]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at: how it is, and what to do where it is wrong."""

    level: Level
    message: str
    advice: str = ""


def ok(message: str) -> Point:
    """All is well."""
    return Point(level="ok", message=message)


def warning(message: str, advice: str) -> Point:
    """It works, but not for long or not for everybody."""
    return Point(level="warning", message=message, advice=advice)


def error(message: str, advice: str) -> Point:
    """It does not work."""
    return Point(level="error", message=message, advice=advice)
