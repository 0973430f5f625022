"""The `vigil` command."""

import sys

import typer

from vigil import __version__
from vigil.errors import VigilError
from vigil.local.commands.backtest import backtest
from vigil.local.commands.canary import canary
from vigil.local.commands.deadletters import deadletters
from vigil.local.commands.demo import demo
from vigil.local.commands.doctor import doctor
from vigil.local.commands.incidents import incidents
from vigil.local.commands.keys import keys
from vigil.local.commands.readiness import readiness
from vigil.local.commands.replay import replay
from vigil.local.commands.reset import reset
from vigil.local.commands.tenants import tenants
from vigil.local.commands.up import up

_NOT_DONE = 2

app = typer.Typer(
    name="vigil",
    help="Read logs, learn what is normal, and wake one person once, with the cause in hand.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with the values of variables could show a secret.
    pretty_exceptions_enable=False,
)
for command in (up, demo, replay, backtest, readiness, doctor, canary, reset):
    app.command()(command)
app.add_typer(tenants)
app.add_typer(keys)
app.add_typer(deadletters)
app.add_typer(incidents)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vigil {__version__}")
        raise typer.Exit


@app.callback()
def vigil(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Say which version this is."
    ),
) -> None:
    """Hold what belongs to no command."""


def main() -> None:
    """Run the command line of this process; a mistake of the caller ends it with exit code 2."""
    try:
        app()
    except VigilError as error:
        typer.echo(f"vigil: {error}", err=True)
        sys.exit(_NOT_DONE)


if __name__ == "__main__":
    main()
