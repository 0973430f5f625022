"""vigil keys: who may ask the API, and how much."""

from typing import Annotated

import typer

from vigil.model.api_key import Role
from vigil.settings import read_settings

keys = typer.Typer(name="keys", help="Say who may ask the API.", no_args_is_help=True)

_Tenant = Annotated[str, typer.Option(help="The tenant's id, see `vigil tenants list`.")]


@keys.command()
def create(
    tenant: _Tenant,
    role: Annotated[Role, typer.Option(help="What the key allows; each more than the one before.")],
    name: Annotated[
        str | None, typer.Option(help="Who uses it; it stands in the history of alerts.")
    ] = None,
) -> None:
    """Create an API key and print it; only its hash is kept."""
    from vigil.local.administration import open_administration  # noqa: PLC0415 - heavy, see above

    with open_administration(read_settings()) as administration:
        key = administration.create_key(tenant, role, name=name or role.value)
    typer.echo("This key is shown once:", err=True)
    typer.echo(key)


@keys.command(name="list")
def show(tenant: _Tenant) -> None:
    """List the keys of a tenant: id, role, name, since when, until when."""
    from vigil.local.administration import open_administration  # noqa: PLC0415 - heavy, see above

    with open_administration(read_settings()) as administration:
        for line in administration.key_lines(tenant):
            typer.echo(line)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, see `vigil keys list`.")],
    tenant: _Tenant,
) -> None:
    """Let a key allow nothing from now on."""
    from vigil.local.administration import open_administration  # noqa: PLC0415 - heavy, see above

    with open_administration(read_settings()) as administration:
        administration.revoke_key(tenant, key_id)
