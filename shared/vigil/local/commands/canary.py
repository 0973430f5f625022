"""vigil canary: entries that must become a notification, followed all the way."""

import os
from typing import Annotated

import typer


def canary(
    url: Annotated[str, typer.Option(help="The address of the API.")],
    project: Annotated[
        str | None,
        typer.Option(help="In whose log to write; by default VIGIL_PROJECT, or the sample shop's."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="After how many seconds to give up.")
    ] = 600.0,
) -> None:
    """Write errors that must become a notification, and wait until somebody was told of them.

    VIGIL_CANARY_KEY holds the key of a responder of the tenant whose project it is. Exit code 1
    says that a stage was not reached, and the lines above say which, and where to look.
    """
    from vigil.local.canary_flight import (  # noqa: PLC0415 - heavy, and --help has to be quick
        fly_canary,
    )

    arrived = fly_canary(os.environ, url=url, project=project, seconds=timeout, say=typer.echo)
    raise typer.Exit(0 if arrived else 1)
