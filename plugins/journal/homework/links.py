"""Links that come with homework: one address to a line, of pages on the web only."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.web.i18n import counted, sentence

LONGEST_LINKS = 2000


def checked_links(text: str) -> tuple[str, str]:
    """The lines tidied up, and what is wrong with them: a sentence, or nothing."""
    lines = [line.strip() for line in text.replace("\x00", "").splitlines() if line.strip()]
    tidy = "\n".join(lines)
    if len(tidy) > LONGEST_LINKS:
        return tidy, counted("Не длиннее %(count)s знака.", "Не длиннее %(count)s знаков.", LONGEST_LINKS)
    wrong = next((line for line in lines if not _is_address(line)), None)
    if wrong is None:
        return tidy, ""
    return tidy, sentence(
        "«%(line)s» – не ссылка: скопируйте адрес целиком, он начинается с https://.", line=wrong[:60]
    )


def _is_address(line: str) -> bool:
    try:
        parts = urlsplit(line)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in line)


def links_of(text: str) -> tuple[str, ...]:
    """The addresses that are kept."""
    return tuple(line for line in text.split("\n") if _is_address(line))
