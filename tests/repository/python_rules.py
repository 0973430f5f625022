"""What Python files may not do: rules read no clock, tests are not skipped in silence."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.repository.tree import own_files, rule_files

_IMPURE_MODULES = {
    "asyncio",
    "httpx",
    "logging",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
}
_IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "getenv"}
_IMPURE_NAMES = {"open", "print", "input"}
_MARKS = {"skip", "skipif", "xfail"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DOOR_STATEMENTS = (ast.Import, ast.ImportFrom, ast.Assign, *_FUNCTIONS)


def impure_rules(root: Path) -> list[str]:
    """Name what reads a clock, a file, the environment or chance in the rule rooms."""
    return [
        f"{path}:{line}: {what}"
        for path in rule_files(root)
        for line, what in _impurities(ast.parse((root / path).read_text()))
    ]


def foreign_imports_of_model(root: Path) -> list[str]:
    """Name what the model imports besides the standard library and Vigil itself."""
    own = {"vigil", *sys.stdlib_module_names}
    return [
        f"{path}:{line}: {name}"
        for path in rule_files(root)
        if "model" in path.parts
        for line, name in imports(ast.parse((root / path).read_text()))
        if name.split(".")[0] not in own
    ]


def clever_doors(root: Path) -> list[str]:
    """Name what a function's main.py does beyond answering through its door.

    It imports, makes its door, and has one function, named as its folder, that returns at once.
    """
    return [
        f"{path}: {complaint}"
        for path in own_files(root, "functions/*/main.py")
        for complaint in _cleverness(ast.parse((root / path).read_text()), path.parent.name)
    ]


def silent_skips(root: Path) -> list[str]:
    """Name the tests that are skipped or expected to fail without a reason."""
    return [
        f"{path}:{node.lineno}"
        for path in own_files(root, "*.py")
        if path.parts[0] == "tests"
        for node in _marks(ast.parse((root / path).read_text()))
    ]


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of each module that is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def _cleverness(tree: ast.Module, name: str) -> Iterator[str]:
    statements = [each for each in tree.body if not isinstance(each, ast.Expr)]
    functions = [each for each in statements if isinstance(each, _FUNCTIONS)]
    yield from (
        f"line {each.lineno}" for each in statements if not isinstance(each, _DOOR_STATEMENTS)
    )
    if [function.name for function in functions] != [name]:
        yield f"has to have the function {name}, and no other"
    yield from (
        f"{function.name} does more than to return"
        for function in functions
        if not all(isinstance(each, ast.Expr | ast.Return) for each in function.body)
    )


def _impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    yield from ((line, name) for line, name in imports(tree) if name in _IMPURE_MODULES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func):
            yield node.lineno, f"{ast.unparse(node.func)}()"


def _called(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in _IMPURE_CALLS
    return isinstance(function, ast.Name) and function.id in _IMPURE_NAMES


def _marks(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield each `mark.skip`, `mark.skipif`, `mark.xfail` and `pytest.skip` without a reason."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    explained = {id(call.func) for call in calls if _gives_reason(call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_mark(node) and id(node) not in explained:
            yield node


def _is_mark(node: ast.Attribute) -> bool:
    return node.attr in _MARKS and ast.unparse(node.value) in ("pytest", "pytest.mark")


def _gives_reason(call: ast.Call) -> bool:
    named = [word.value for word in call.keywords if word.arg == "reason"]
    texts = named or (call.args if ast.unparse(call.func) == "pytest.skip" else [])
    return any(not isinstance(text, ast.Constant) or bool(text.value) for text in texts)
