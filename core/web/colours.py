"""Arithmetic of colours: contrast as WCAG 2.1 measures it, tints, and the tokens derived from an accent."""

from __future__ import annotations

import re

_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
ENOUGH = 4.5
"""The least contrast of text (WCAG 2.1, 1.4.3; ГОСТ Р 52872-2019, level AA)."""

# Text roles, and what they are written on.
_READ_ON: tuple[tuple[str, str], ...] = (
    ("text", "surface"),
    ("text", "ground"),
    ("text", "raised"),
    ("muted", "surface"),
    ("muted", "ground"),
    ("muted", "raised"),
    ("accent", "surface"),
    ("accent", "ground"),
    ("accent", "accent-soft"),
    ("text", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("positive", "surface"),
    ("positive", "positive-soft"),
    ("warning", "surface"),
    ("warning", "warning-soft"),
    ("danger", "surface"),
    ("danger", "danger-soft"),
)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours `#rrggbb`, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`share` (0-1) of `one` over `other`."""
    parts = (
        round(a * share + b * (1 - share)) for a, b in zip(_channels(one), _channels(other), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def complete(tokens: dict[str, str]) -> dict[str, str]:
    """Adds the colours that follow from others: what stands on the accent, its strong and soft forms.

    A theme that names one of them itself keeps its own.
    """
    surface, text, accent = tokens["surface"], tokens["text"], tokens["accent"]
    derived = {
        "accent-strong": mix(accent, text, 0.82),
        "accent-soft": mix(accent, surface, 0.1),
        "accent-line": mix(accent, surface, 0.35),
        "on-accent": max(("#ffffff", "#0b0f18"), key=lambda colour: contrast(colour, accent)),
    }
    for role in ("positive", "warning", "danger"):
        derived[f"{role}-soft"] = mix(tokens[role], surface, 0.1)
        derived[f"{role}-line"] = mix(tokens[role], surface, 0.35)
    return derived | tokens


def unreadable(tokens: dict[str, str]) -> list[str]:
    """Pairs of a complete set of tokens that are too close to read, each as a phrase with its ratio."""
    found: list[str] = []
    for role, ground in _READ_ON:
        ratio = contrast(tokens[role], tokens[ground])
        if ratio < ENOUGH:
            found.append(f"{role} {tokens[role]} on {ground} {tokens[ground]}: {ratio:.2f}")
    return found


def is_colour(value: str) -> bool:
    """Whether `value` is written as `#rrggbb`."""
    return bool(_HEX.match(value))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
