"""vigil tenants: who is served, and which projects are theirs."""

from typing import Annotated

import typer

tenants = typer.Typer(name="tenants", help="Say who is served.", no_args_is_help=True)


@tenants.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call the tenant.")],
    project: Annotated[
        list[str] | None,
        typer.Option(help="A Google Cloud project of theirs; may be given more than once."),
    ] = None,
    tenant_id: Annotated[
        str | None, typer.Option("--id", help="By default it is made from the name.")
    ] = None,
) -> None:
    """Create a tenant, approve its projects, and tell it by every channel that is set up."""
    from vigil.local.administration import (  # noqa: PLC0415 - heavy, and --help has to be quick
        administration,
    )

    with administration() as desk:
        typer.echo(desk.create_tenant(name, project or [], tenant_id=tenant_id))


@tenants.command(name="list")
def show() -> None:
    """List the tenants: id, name, projects, channels."""
    from vigil.local.administration import (  # noqa: PLC0415 - heavy, and --help has to be quick
        administration,
    )

    with administration() as desk:
        for line in desk.tenant_lines():
            typer.echo(line)
