"""The administrator's desk of the commands on tenants and keys, which say where they act."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from vigil.local.administration import Administration


@contextmanager
def opened_desk(*, may_create: bool = False) -> "Iterator[Administration]":
    """Open the desk, and say on standard error where whatever follows is done."""
    from vigil.local.administration import (  # noqa: PLC0415 - heavy, and --help has to be quick
        administration,
    )

    with administration(may_create=may_create) as desk:
        typer.echo(f"In {desk.place}:", err=True)
        yield desk
