"""vigil doctor: what is missing for Vigil to work here."""

import os
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with one JSON object on standard output.")
    ] = False,
) -> None:
    """Say what of the environment is there, what is missing, and what to do about it."""
    from vigil.local.doctor import run_doctor  # noqa: PLC0415 - heavy, --help has to be quick

    raise typer.Exit(run_doctor(os.environ, as_json=as_json))
