"""vigil incidents: what is wrong, since when, because of what, and what happened."""

from enum import StrEnum
from typing import Annotated

import typer

from vigil.local.commands.answer import print_json, print_shown

incidents = typer.Typer(name="incidents", help="Read what is wrong, and why.", no_args_is_help=True)

_Tenant = Annotated[
    str | None, typer.Option(help="Of one tenant, see `vigil tenants list`; otherwise of all.")
]
_AsJson = Annotated[bool, typer.Option("--json", help="As the API answers, for programs.")]


class Wanted(StrEnum):
    """Which incidents to list."""

    OPEN = "open"
    RESOLVED = "resolved"
    MERGED = "merged"
    ALL = "all"


@incidents.command(name="list")
def listed(
    *,
    tenant: _Tenant = None,
    status: Annotated[Wanted, typer.Option(help="Which ones.")] = Wanted.OPEN,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    as_json: _AsJson = False,
) -> None:
    """List incidents, newest first: what, since when, because of what."""
    from vigil.incidents.incident_json import (  # noqa: PLC0415 - heavy, and --help has to be quick
        incident_as_json,
    )
    from vigil.local.incident_desk import incident_desk  # noqa: PLC0415 - heavy
    from vigil.local.incident_view import incident_list  # noqa: PLC0415 - heavy
    from vigil.model.incident import IncidentStatus  # noqa: PLC0415 - heavy

    wanted = None if status is Wanted.ALL else IncidentStatus(status.value)
    with incident_desk() as desk:
        typer.echo(f"In {desk.place}:", err=True)
        found = desk.listed(tenant, wanted, limit)
    if as_json:
        print_json([{"tenant_id": owner, **incident_as_json(each)} for owner, each in found])
    elif found:
        print_shown(incident_list(found))
    else:
        typer.echo("There are no such incidents.", err=True)


@incidents.command()
def show(
    incident: Annotated[str, typer.Argument(help="Its id, see `vigil incidents list`.")],
    *,
    tenant: _Tenant = None,
    as_json: _AsJson = False,
) -> None:
    """Show an incident: the cause and what proves it, who calls it, what happened when."""
    from vigil.local.incident_desk import (  # noqa: PLC0415 - heavy, and --help has to be quick
        incident_desk,
    )
    from vigil.local.incident_view import link_lines, show_story  # noqa: PLC0415 - heavy
    from vigil.stores.incident_story import story_as_json  # noqa: PLC0415 - heavy

    with incident_desk() as desk:
        typer.echo(f"In {desk.place}:", err=True)
        owner, story = desk.story(incident, tenant)
    if as_json:
        print_json({"tenant_id": owner, **story_as_json(story)})
    else:
        print_shown(show_story(owner, story))
        for line in link_lines(story):
            typer.echo(line)
