"""vigil up: everything on this machine, in one process or on Google's emulators."""

from typing import Annotated

import typer

from vigil.settings import read_settings


def up(
    plain: Annotated[
        bool, typer.Option("--plain", help="Print lines in place of a screen that changes.")
    ] = False,
    emulators: Annotated[
        bool,
        typer.Option(
            "--emulators",
            help="Run each function as a process of its own, on Google's emulators.",
        ),
    ] = False,
) -> None:
    """Run Vigil and the sample shop on this machine, until Ctrl-C."""
    from vigil.local.up import run_up  # noqa: PLC0415 - heavy, and --help has to be quick

    raise typer.Exit(run_up(read_settings(), plain=plain, emulators=emulators))
