"""vigil readiness: what has been learned of each series, and what is still waited for."""

from typing import Annotated

import typer

from vigil.local.commands.answer import print_json, print_shown


def readiness(
    *,
    tenant: Annotated[
        str | None, typer.Option(help="Of one tenant, see `vigil tenants list`; otherwise of all.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Of one service, and no other.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="As the API answers, for programs.")
    ] = False,
) -> None:
    """Say what has been learned of each endpoint of each service, and what it still waits for."""
    from vigil.local.readiness_desk import (  # noqa: PLC0415 - heavy, and --help has to be quick
        readiness_desk,
    )
    from vigil.local.readiness_view import (  # noqa: PLC0415 - the same
        damage_words,
        readiness_table,
        sum_words,
    )
    from vigil.stores.service_readiness import readiness_as_json  # noqa: PLC0415 - the same

    with readiness_desk() as desk:
        typer.echo(f"In {desk.place}:", err=True)
        found = desk.readiness(tenant, service)
    if as_json:
        print_json([{"tenant_id": owner, **readiness_as_json(each)} for owner, each in found])
        return
    if any(each.series for _, each in found):
        print_shown(readiness_table(found))
    for owner, each in found:
        typer.echo(f"{owner}: {sum_words(each)}")
        for line in damage_words(each):
            typer.echo(line, err=True)
