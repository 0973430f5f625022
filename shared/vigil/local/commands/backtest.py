"""vigil backtest: what would have fired in exported log entries, and what other settings change."""

from datetime import timedelta
from typing import Annotated

import typer


def backtest(  # noqa: PLR0913 - each is an option of the command
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="JSON lines or JSON arrays of log entries, plain, gz or xz, in the order of time; "
            "- reads standard input.",
        ),
    ] = None,
    *,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="Settings in YAML; without, the defaults.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="FILE", help="Other settings, to compare them with.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with one JSON object on standard output.")
    ] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a report with charts, one HTML file.")
    ] = None,
    tick: Annotated[
        int, typer.Option(min=1, max=3600, help="How many seconds lie between two looks.")
    ] = 10,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print all settings with their defaults.")
    ] = False,
) -> None:
    """Say what would have fired, when and how often; nothing is stored, and nobody is told."""
    from vigil.local.backtest.files import (  # noqa: PLC0415 - heavy, and --help has to be quick
        Wanted,
        run_backtest,
    )
    from vigil.local.backtest.settings import defaults_as_yaml  # noqa: PLC0415 - the same

    if print_config:
        typer.echo(defaults_as_yaml())
        raise typer.Exit
    if not files:
        raise typer.BadParameter("name at least one file, or - for standard input")
    wanted = Wanted(config, against, html, as_json, timedelta(seconds=tick))
    raise typer.Exit(run_backtest(files, wanted))
