"""What has to hold of a bundle before anybody builds it: each check returns its complaints."""

import ast
import re
from collections.abc import Iterator, Mapping

from tests.repository.python_rules import imports

Files = Mapping[str, bytes]
_ALLOWED = re.compile(
    r"main\.py|requirements\.txt|vigil/detection/(change|wording)_rules\.toml"
    r"|vigil/([a-z0-9_]+/)*[a-z0-9_]+\.py|prompts/[a-z_]+/v\d+\.md"
)
_NEVER_SENT = re.compile(r"vigil/(local/.*|__main__\.py|adapters/sqlite_.*)")
_PROMPTED = "analyze_incidents"
# What a module reads where it lies.
_READ = {
    "vigil/detection/changes.py": "vigil/detection/change_rules.toml",
    "vigil/detection/wording_rule.py": "vigil/detection/wording_rules.toml",
}
_PIN = re.compile(r"[a-z0-9.-]+==[^\s\\]+( ; [^\\]+)? \\")


def strange_files(name: str, files: Files) -> list[str]:
    """Name what nobody needs there."""
    return [
        f"{file} does not belong there"
        for file in files
        if not _ALLOWED.fullmatch(file)
        or _NEVER_SENT.fullmatch(file)
        or (file.startswith("prompts/") and name != _PROMPTED)
    ]


def missing_files(name: str, files: Files) -> list[str]:
    """Name what the function reads or imports, at once or later, and what is not there."""
    needed = {"main.py", "requirements.txt"}
    if name == _PROMPTED:
        needed.add("prompts/explain_incident/v1.md")
    needed |= _imported(files)
    needed |= {read for module, read in _READ.items() if module in needed}
    return sorted(f"{file} is missing" for file in needed if file not in files)


def loose_requirements(name: str, files: Files) -> list[str]:
    """Name what the build would install without a hash, or add by itself."""
    lines = files.get("requirements.txt", b"").decode().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    complaints = [f"{pin} is not pinned with hashes" for pin in pins if not _PIN.fullmatch(pin)]
    if not any(pin.startswith("functions-framework==") for pin in pins):
        complaints.append("functions-framework is missing, and the build adds one of its own")
    return complaints


def broken_code(name: str, files: Files) -> list[str]:
    """Name the files that the build could not compile or that end their lines otherwise."""
    return [
        complaint
        for file, content in files.items()
        for complaint in _complaints_of_text(file, content)
    ]


CHECKS = (strange_files, missing_files, loose_requirements, broken_code)


def complaints(name: str, files: Files) -> list[str]:
    """Return what is wrong with the bundle of a function."""
    return [complaint for check in CHECKS for complaint in check(name, files)]


def _complaints_of_text(file: str, content: bytes) -> Iterator[str]:
    if b"\r" in content:
        yield f"{file} has line ends of Windows"
    if file.endswith(".py"):
        try:
            ast.parse(content)
        except SyntaxError:
            yield f"{file} is no Python"


def _imported(files: Files) -> set[str]:
    """Return the files of Vigil's that main.py imports, with all that these import."""
    found: set[str] = set()
    reading = ["main.py"]
    while reading:
        new = set(_needed(files.get(reading.pop(), b""), files)) - found
        found |= new
        reading += new
    return found


def _needed(content: bytes, files: Files) -> Iterator[str]:
    """Yield the files of the modules that a file imports, and of the packages that these are in."""
    try:
        tree = ast.parse(content)
    except SyntaxError:
        return
    for _, module in imports(tree):
        parts = module.split(".")
        if parts[0] == "vigil":
            yield from ("/".join([*parts[:end], "__init__.py"]) for end in range(1, len(parts)))
            package = "/".join([*parts, "__init__.py"])
            yield package if package in files else "/".join(parts) + ".py"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from _modules_of_package(node, files)


def _modules_of_package(node: ast.ImportFrom, files: Files) -> Iterator[str]:
    """Yield the files of the names that are modules themselves, as in `from vigil import logs`."""
    package = (node.module or "").replace(".", "/")
    for alias in node.names:
        for file in (f"{package}/{alias.name}.py", f"{package}/{alias.name}/__init__.py"):
            if file in files:
                yield file
