"""vigil deadletters: what was given up, and how it comes back."""

from typing import Annotated

import typer

deadletters = typer.Typer(
    name="deadletters", help="See what was given up, and let it come back.", no_args_is_help=True
)

_Subscription = Annotated[
    str | None, typer.Option(help="Of one subscription, such as detect-anomalies, and no other.")
]


@deadletters.command(name="list")
def show(
    subscription: _Subscription = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="How many of each subscription, at most.")
    ] = 100,
) -> None:
    """List dead letters, not what they say.

    Subscription, id, published, died, attempts, bytes, event type, tenant, and why, if known.
    """
    from vigil.local.dead_letter_desk import (  # noqa: PLC0415 - heavy, and --help has to be quick
        dead_letter_desk,
    )

    with dead_letter_desk() as desk:
        typer.echo(f"In {desk.place}:", err=True)
        lines = list(desk.lines(subscription, limit))
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo("There are no dead letters.", err=True)


@deadletters.command()
def replay(subscription: _Subscription = None) -> None:
    """Deliver dead letters again, and count their entries as dead-lettered no more."""
    from vigil.local.dead_letter_desk import (  # noqa: PLC0415 - heavy, and --help has to be quick
        dead_letter_desk,
    )

    with dead_letter_desk() as desk:
        typer.echo(f"In {desk.place}:", err=True)
        for name, count in desk.replay(subscription):
            typer.echo(f"{name}\t{count} to be delivered again")
