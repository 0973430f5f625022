"""What texts and names may not hold, and what has to be written down."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.repository.tree import own_files
from vigil.settings import PREFIX, Settings

# A check takes a root folder and returns what is wrong below it.
Check = Callable[[Path], list[str]]

# Put together here, so that this file does not hold what it looks for.
_DOT = r"\."
_ABSOLUTE = r"(?<![\w./-])/"
_FORBIDDEN_TEXTS = {
    "a registry's host name": "|".join(
        (
            f"py{'pi'}{_DOT}org",
            f"python{'hosted'}{_DOT}org",
            f"registry{_DOT}npm{'js'}{_DOT}org",
            f"proxy{_DOT}gol{'ang'}{_DOT}org",
            f"{'j'}frog{_DOT}io",
        )
    ),
    "a path of one machine": "|".join(
        (
            rf"{_ABSOLUTE}{'wo'}rk/(?:main|shared)",
            rf"{_ABSOLUTE}{'ro'}ot/",
            rf"{_ABSOLUTE}{'ho'}me/[a-z]+",
            rf"{_ABSOLUTE}{'Us'}ers/[A-Za-z]+",
        )
    ),
}
_FORBIDDEN_NAMES = re.compile(
    r"base(_.*)?|(.*_)?(utils?|helpers?|common|core|managers?|processors?|data|info|handlers?)"
)
_SECTION = re.compile(r"^## \[?(Unreleased|\d+\.\d+\.\d+)\b", re.MULTILINE)
_ROW = re.compile(rf"^\| `({PREFIX}[A-Z_]+)` \|", re.MULTILINE)


def forbidden_texts(root: Path) -> list[str]:
    """Name the lines that hold a registry's host name or a path of the machine they come from."""
    return [
        f"{path}:{number}: {what}"
        for path in own_files(root)
        for number, line in enumerate(_text(root / path).splitlines(), start=1)
        for what, pattern in _FORBIDDEN_TEXTS.items()
        if re.search(pattern, line)
    ]


def forbidden_names(root: Path) -> list[str]:
    """Name the Python files and folders whose name says nothing about what is in them."""
    files = own_files(root)
    named = {path.with_suffix("") for path in files if path.suffix == ".py"}
    named |= {folder for path in files for folder in path.parents}
    return sorted(str(path) for path in named if _FORBIDDEN_NAMES.fullmatch(path.name))


def undocumented_settings(root: Path) -> list[str]:
    """Name the variables that are in the settings or in the README's table, but not in both."""
    documented = set(_ROW.findall((root / "README.md").read_text()))
    return sorted(documented ^ {f"{PREFIX}{name.upper()}" for name in Settings.model_fields})


def has_current_section(changelog: str) -> bool:
    """Whether the first section is about what is unreleased or about a version."""
    return bool(_SECTION.search(changelog))


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")
