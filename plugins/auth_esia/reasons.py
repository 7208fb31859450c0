"""What stands behind an error of the system, in words: a file, a program or the network."""

from __future__ import annotations

from pathlib import Path
from subprocess import TimeoutExpired

import httpx2

from core.web.i18n import Sentence, sentence
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.gost import GostKeyError


def of_file(problem: OSError | ValueError, file: Path | None = None) -> str:
    """Why a file cannot be read; `file` where the error does not name it."""
    name = getattr(problem, "filename", None) or (file.name if file else "")
    match problem:
        case FileNotFoundError() | NotADirectoryError():
            return sentence("файла %(name)s нет", name=name)
        case PermissionError():
            return sentence("к файлу %(name)s нет доступа", name=name)
        case IsADirectoryError():
            return sentence("%(name)s – папка, а нужен файл", name=name)
        case UnicodeDecodeError():
            return sentence("в файле %(name)s не текст PEM", name=name)
        case OSError():
            return sentence(
                "файл %(name)s не читается, ошибка системы %(number)s", name=name, number=problem.errno
            )
        case _:
            return sentence("файл %(name)s повреждён", name=name)


def of_key(problem: GostKeyError) -> str:
    """Why a key or certificate is of no use, as part of a sentence."""
    said = problem.args[0] if problem.args else str(problem)
    return said if isinstance(said, Sentence) else str(said).rstrip(".")


def of_error(error: EsiaError) -> str:
    """Why something did not go, out of what lies behind the error."""
    cause = error.__cause__
    if isinstance(cause, httpx2.HTTPError):
        return of_network(cause)
    if isinstance(cause, TimeoutExpired):
        return sentence("ответа нет слишком долго")
    if isinstance(cause, OSError | UnicodeDecodeError):
        return of_file(cause)
    if isinstance(cause, GostKeyError):
        return of_key(cause)
    if isinstance(cause, KeyError | ValueError):
        return sentence("ответ составлен не так, как должен")
    return error.detail or error.message.rstrip(".")


def of_network(problem: httpx2.HTTPError) -> str:
    """Why an address does not answer."""
    if isinstance(problem, httpx2.TimeoutException):
        return sentence("ответа нет слишком долго")
    if isinstance(problem, httpx2.ConnectError):
        return sentence("соединиться не удалось")
    return sentence("связь прервалась")
