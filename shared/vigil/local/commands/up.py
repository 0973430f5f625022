"""vigil up: everything in one process."""

from typing import Annotated

import typer

from vigil.settings import read_settings


def up(
    plain: Annotated[
        bool, typer.Option("--plain", help="Print lines in place of a screen that changes.")
    ] = False,
) -> None:
    """Run Vigil and the sample shop on this machine, until Ctrl-C."""
    from vigil.local.up import run_up  # noqa: PLC0415 - heavy, and --help has to be quick

    raise typer.Exit(run_up(read_settings(), plain=plain))
