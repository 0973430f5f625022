"""vigil replay: what would have been found in exported log entries."""

from typing import Annotated

import typer


def replay(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON lines or JSON arrays of log entries, plain, gz or xz, in the order of time; "
            "- reads standard input.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with one JSON object on standard output.")
    ] = False,
) -> None:
    """Say what would have been found in exported log entries; nobody is told anything."""
    from vigil.local.replay_files import (  # noqa: PLC0415 - heavy, and --help has to be quick
        run_replay,
    )

    raise typer.Exit(run_replay(files, as_json_object=as_json))
