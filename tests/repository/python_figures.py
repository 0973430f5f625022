"""How long files and functions are."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.repository.tree import own_files

MAX_FILE_LINES = 300
MAX_DOOR_LINES = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


def long_files(root: Path) -> list[str]:
    """Name the Python files that have more lines than a file may have."""
    counts = {path: _line_count(root / path) for path in own_files(root, "*.py")}
    return [f"{path}: {n} lines" for path, n in counts.items() if n > MAX_FILE_LINES]


def thick_doors(root: Path) -> list[str]:
    """Name the doors that have more lines than a door may have."""
    counts = {path: _line_count(root / path) for path in own_files(root, "functions/*/main.py")}
    return [f"{path}: {n} lines" for path, n in counts.items() if n > MAX_DOOR_LINES]


def function_lengths(root: Path) -> list[int]:
    """Return the lines of code of every function of vigil, sorted.

    A docstring, a comment and an empty line are no lines of code. A method that only declares (of
    a port) is no function.
    """
    trees = (root / path for path in own_files(root, "*.py") if path.parts[0] == "shared")
    return sorted(chain.from_iterable(_lengths(path.read_text()) for path in trees))


def _line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def _lengths(source: str) -> Iterator[int]:
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and _body(node):
            last = node.end_lineno or node.lineno
            yield _code_lines(lines[node.lineno - 1 : last]) - _docstring_lines(node)


def _body(node: Function) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node) else node.body


def _code_lines(lines: list[str]) -> int:
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


def _docstring_lines(node: Function) -> int:
    text = ast.get_docstring(node, clean=False)
    # A closing quotation mark on a line of its own leaves that line empty in the text.
    return _code_lines(text.splitlines()) + text.endswith(" ") if text else 0
