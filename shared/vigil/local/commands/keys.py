"""vigil keys: who may ask the API, and how much."""

from typing import Annotated

import typer

from vigil.local.commands.opened_desk import opened_desk
from vigil.model.api_key import Role

keys = typer.Typer(name="keys", help="Say who may ask the API.", no_args_is_help=True)

_Tenant = Annotated[str, typer.Option(help="The tenant's id, see `vigil tenants list`.")]
_WantedRole = Annotated[Role, typer.Option(help='What it allows; see "API" in the README.')]


@keys.command()
def create(
    tenant: _Tenant,
    role: _WantedRole,
    name: Annotated[
        str | None, typer.Option(help="Who uses it; it stands in the history of alerts.")
    ] = None,
) -> None:
    """Create an API key and print it; only its hash is kept."""
    with opened_desk() as desk:
        key = desk.create_key(tenant, role, name=name or role.value)
    typer.echo("This key is shown once:", err=True)
    typer.echo(key)


@keys.command(name="list")
def show(tenant: _Tenant) -> None:
    """List the keys of a tenant: id, role, name, since when, until when."""
    with opened_desk() as desk:
        for line in desk.key_lines(tenant):
            typer.echo(line)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, see `vigil keys list`.")],
    tenant: _Tenant,
) -> None:
    """Let a key allow nothing from now on."""
    with opened_desk() as desk:
        desk.revoke_key(tenant, key_id)
    typer.echo(f"{key_id} allows nothing any more.", err=True)
