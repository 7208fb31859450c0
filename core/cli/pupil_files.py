"""`moyashkola pupil-file`."""

from __future__ import annotations

import click

from core.cli.context import console, open_portal
from core.pupil_files.signing import fingerprint, public_key


@click.group("pupil-file")
def pupil_file_command() -> None:
    """Файлы учеников, которые переходят в школу другой установки."""


@pupil_file_command.command("key")
def key() -> None:
    """Напечатать открытый ключ этой установки и его отпечаток."""
    with open_portal(tables=False) as portal:
        found = public_key(portal.secret)
    console.print(found, soft_wrap=True)
    console.print(fingerprint(found), soft_wrap=True)
