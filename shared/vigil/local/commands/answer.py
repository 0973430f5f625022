"""What a command answers on standard output: for people, or as JSON for programs."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDTH_IN_A_FILE = 100


def print_shown(shown: "RenderableType") -> None:
    """Print for people, as wide as the terminal is."""
    from rich.console import Console  # noqa: PLC0415 - heavy, and --help has to be quick

    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_IN_A_FILE
    console.print(shown)


def print_json(plain: object) -> None:
    """Print plain values as indented JSON."""
    import orjson  # noqa: PLC0415 - heavy, and --help has to be quick

    sys.stdout.buffer.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2) + b"\n")
