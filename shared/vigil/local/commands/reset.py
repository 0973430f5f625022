"""vigil reset: forget everything that was stored."""

import sys
from typing import Annotated

import typer

from vigil.errors import InvalidRequest
from vigil.local.data_folder import DataFolder
from vigil.settings import read_settings


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget everything that was stored: tenants, keys, alerts, and what was learned."""
    folder = DataFolder(read_settings().data_dir)
    if not folder.files():
        typer.echo(f"Nothing is stored in {folder.path}.")
        return
    with folder.lock():
        if not yes:
            _ask(folder)
        removed = folder.clear()
    typer.echo(f"Removed {', '.join(str(file) for file in removed)}.")


def _ask(folder: DataFolder) -> None:
    if not sys.stdin.isatty():
        raise InvalidRequest("there is nobody to ask: `vigil reset --yes` does not ask")
    typer.confirm(f"Forget all that is stored in {folder.path}?", abort=True)
