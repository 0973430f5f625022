"""The files that belong to the repository, whether or not git knows them yet."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULE_ROOMS = ("model", "logs", "detection", "incidents", "alerting", "receiving")


def own_files(root: Path, pattern: str = "*") -> list[Path]:
    """Return the files below `root` that .gitignore does not name, relative to it, sorted."""
    ignored = [".git", *_ignored(root)]
    return sorted(path.relative_to(root) for path in _walk(root, ignored) if path.match(pattern))


def _ignored(root: Path) -> list[str]:
    path = root / ".gitignore"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.rstrip("/") for line in lines if line and not line.startswith("#")]


def _walk(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path


def rule_files(root: Path) -> list[Path]:
    """Return the Python files of the rule rooms, relative to `root`."""
    rooms = [Path("shared/vigil") / room for room in RULE_ROOMS]
    return [path for path in own_files(root, "*.py") if any(room in path.parents for room in rooms)]
