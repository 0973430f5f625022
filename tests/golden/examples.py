"""The examples in `docs/events.md` are the golden messages.

`python -m tests.golden.examples docs/events.md` writes them there, each after a line that names it.
"""

import re
import sys
from pathlib import Path

import orjson

from tests.golden.writers import Published

FOLDERS = sorted(Path(__file__).parent.glob("v*"), key=lambda folder: int(folder.name[1:]))
_EXAMPLE = re.compile(r"(<!-- example: (\w+) -->\n```json\n)(.*?)(?=```)", re.DOTALL)


def newest(name: str) -> Path:
    """Return the folder of the newest version that has a message of this name."""
    return [folder for folder in FOLDERS if (folder / f"{name}.data").exists()][-1]


def with_examples(page: str) -> str:
    """Return the page with its examples as they are."""
    return _EXAMPLE.sub(lambda found: found[1] + _example(found[2]), page)


def examples_in(page: str) -> list[str]:
    """Return the names of the examples in a page."""
    return [found[2] for found in _EXAMPLE.finditer(page)]


def _example(name: str) -> str:
    data = Published.read(newest(name), name).message.data
    return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2).decode() + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_examples(target.read_text()))
