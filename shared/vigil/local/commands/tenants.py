"""vigil tenants: who is served, which projects are theirs, and where they are told."""

from typing import TYPE_CHECKING, Annotated

import typer

from vigil.local.commands.opened_desk import opened_desk
from vigil.model.tenant import TenantMode

if TYPE_CHECKING:
    from vigil.local.channels import NamedChannels
    from vigil.model.tenant import Tenant

tenants = typer.Typer(name="tenants", help="Say who is served.", no_args_is_help=True)

_Tenant = Annotated[str, typer.Argument(help="The tenant's id, see `vigil tenants list`.")]
_Slack = Annotated[
    str | None,
    typer.Option(
        help="The secret that holds a Slack webhook's address: secret:NAME, env:NAME or file:/path."
    ),
]
_Webhook = Annotated[
    str | None, typer.Option(help="The secret that holds an address to post alerts to.")
]
_WebhookKey = Annotated[
    str | None, typer.Option(help="The secret that holds the key with which those are signed.")
]


@tenants.command()
def create(  # noqa: PLR0913 - an argument each
    name: Annotated[str, typer.Argument(help="What people call the tenant.")],
    project: Annotated[
        list[str] | None,
        typer.Option(help="A Google Cloud project of theirs; may be given more than once."),
    ] = None,
    *,
    tenant_id: Annotated[
        str | None, typer.Option("--id", help="By default it is made from the name.")
    ] = None,
    slack: _Slack = None,
    webhook: _Webhook = None,
    webhook_key: _WebhookKey = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Tell nobody yet, see `vigil tenants shadow`.")
    ] = False,
) -> None:
    """Create a tenant, approve its projects, and say where it is told.

    In the data folder it is also told by every channel that the settings set up.
    """
    named = _named(slack, webhook, webhook_key)
    mode = TenantMode.SHADOW if shadow else TenantMode.LIVE
    with opened_desk(may_create=True) as desk:
        tenant = desk.create_tenant(
            name, project or [], tenant_id=tenant_id, named=named, mode=mode
        )
    typer.echo(tenant.tenant_id)
    _warn_if_deaf(tenant)


@tenants.command(name="list")
def show() -> None:
    """List the tenants: id, name, projects, channels, and whether they are live or in shadow."""
    with opened_desk() as desk:
        for line in desk.tenant_lines():
            typer.echo(line)


@tenants.command()
def add_project(
    tenant: _Tenant,
    project: Annotated[str, typer.Argument(help="A Google Cloud project of theirs.")],
) -> None:
    """Give a tenant one more project."""
    with opened_desk() as desk:
        desk.add_project(tenant, project)
    typer.echo(f"{project} belongs to {tenant}.", err=True)


@tenants.command()
def add_channel(
    tenant: _Tenant,
    slack: _Slack = None,
    webhook: _Webhook = None,
    webhook_key: _WebhookKey = None,
) -> None:
    """Let a tenant be told by a channel too, or change the secrets that it names."""
    named = _named(slack, webhook, webhook_key)
    with opened_desk() as desk:
        changed = desk.add_channels(tenant, named)
    _say_who_is_told(changed)


@tenants.command()
def remove_channel(
    tenant: _Tenant,
    channel: Annotated[str, typer.Argument(help="Such as slack, see `vigil tenants list`.")],
) -> None:
    """Let a tenant be told by a channel no longer."""
    with opened_desk() as desk:
        changed = desk.remove_channel(tenant, channel)
    _say_who_is_told(changed)
    _warn_if_deaf(changed)


@tenants.command()
def shadow(tenant: _Tenant) -> None:
    """Find and keep everything, and tell nobody: see first what people would be told."""
    with opened_desk() as desk:
        desk.set_mode(tenant, TenantMode.SHADOW)
    typer.echo(f"Nobody is told of the alerts of {tenant} any more; they are kept.", err=True)


@tenants.command()
def live(tenant: _Tenant) -> None:
    """Tell people of what opens from now on; nothing is told of what was opened in shadow."""
    with opened_desk() as desk:
        changed = desk.set_mode(tenant, TenantMode.LIVE)
    _say_who_is_told(changed)
    _warn_if_deaf(changed)


def _named(slack: str | None, webhook: str | None, webhook_key: str | None) -> "NamedChannels":
    from vigil.local.channels import (  # noqa: PLC0415 - heavy, and --help has to be quick
        NamedChannels,
    )

    return NamedChannels(slack, webhook, webhook_key)


def _say_who_is_told(tenant: "Tenant") -> None:
    channels = ", ".join(channel.channel_id for channel in tenant.channels) or "nothing"
    typer.echo(f"{tenant.tenant_id} is told by {channels}.", err=True)


def _warn_if_deaf(tenant: "Tenant") -> None:
    if not tenant.channels:
        told = f"`vigil tenants add-channel {tenant.tenant_id} --slack secret:NAME`"
        typer.echo(f"Nobody is told of its alerts yet: {told}.", err=True)
