"""vigil demo: the sample shop broken in three ways."""

from typing import Annotated

import typer

from vigil.settings import read_settings


def demo(
    quick: Annotated[
        bool, typer.Option("--quick", help="Half a minute instead of two, with shorter windows.")
    ] = False,
) -> None:
    """Break the sample shop and show what Vigil makes of it."""
    from vigil.local.demo import run_demo  # noqa: PLC0415 - heavy, and --help has to be quick

    raise typer.Exit(run_demo(read_settings(), quick=quick))
