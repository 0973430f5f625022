"""Whether imports, pyproject.toml and the compiled requirements agree."""

import ast
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tests.repository.python_rules import imports
from tests.repository.tree import own_files

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)")
# What is installed under another name than it is imported by.
_DISTRIBUTIONS = {"re2": "google-re2", "grpc": "grpcio", "google": "google-auth", "yaml": "pyyaml"}
_FOREIGN = re.compile(r"^\s*-(?!-hash=)|://|^\S+ @ ", re.MULTILINE)


def stale_pins(root: Path) -> list[str]:
    """Name what an extra asks for and its compiled file does not pin, or pins otherwise."""
    asked = [(path, _wanted(root, _extra_of(path))) for path in compiled_files(root)]
    asked += [(path, _listed(path.with_suffix(".in"))) for path in apart_files(root)]
    return [
        f"{path.relative_to(root)}: {wanted}"
        for path, requirements in asked
        for wanted in requirements
        if not _satisfied(wanted, pins(path))
    ]


def loose_pins(root: Path) -> list[str]:
    """Name the lines that are no pin with hashes, and the ones that name an address."""
    return [
        complaint
        for path in [*compiled_files(root), *apart_files(root)]
        for complaint in _loose(str(path.relative_to(root)), path.read_text())
    ]


def disagreements(root: Path) -> list[str]:
    """Name what the compiled files do not all pin to one version."""
    versions: dict[str, set[str]] = {}
    for path in compiled_files(root):
        for name, version in pins(path).items():
            versions.setdefault(name, set()).add(version)
    return [
        f"{name}: {' and '.join(sorted(found))}"
        for name, found in sorted(versions.items())
        if len(found) > 1
    ]


def undeclared_imports(root: Path) -> list[str]:
    """Name what vigil and its functions import and pyproject.toml does not ask for by name.

    What comes along with something else today may stay away tomorrow.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(text for extra in extras for text in extras[extra])]
    declared = {canonicalize_name(Requirement(text).name) for text in asked}
    return sorted(
        f"{path}:{line}: {name}"
        for path in own_files(root, "*.py")
        if path.parts[0] in ("functions", "shared")
        for line, name in imports(ast.parse((root / path).read_text()))
        if name.split(".")[0] != "vigil" and not _is_declared(name.split(".")[0], declared)
    )


def _is_declared(module: str, declared: set[NormalizedName]) -> bool:
    name = canonicalize_name(_DISTRIBUTIONS.get(module, module))
    return module in sys.stdlib_module_names or name in declared


def compiled_files(root: Path) -> list[Path]:
    """Return the compiled files; each is named for its extra, or lies in the function's folder."""
    return sorted(
        [*(root / "requirements").glob("*.txt"), *(root / "functions").glob("*/requirements.txt")]
    )


def apart_files(root: Path) -> list[Path]:
    """Return the compiled files of what is installed by itself and agrees with nothing else."""
    return sorted((root / "requirements/apart").glob("*.txt"))


def _listed(path: Path) -> list[Requirement]:
    lines = path.read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def _extra_of(path: Path) -> str:
    return path.parent.name.replace("_", "-") if path.stem == "requirements" else path.stem


def pins(path: Path) -> dict[str, str]:
    """Return the pinned version by canonical name."""
    matches = (_PIN.match(line) for line in path.read_text().splitlines())
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


def _loose(name: str, text: str) -> list[str]:
    logical = [
        line
        for line in text.replace("\\\n", " ").splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    unpinned = [line for line in logical if not _PIN.match(line) or "--hash=sha256:" not in line]
    return [f"{name}: {line.split()[0]}" for line in unpinned] + [
        f"{name}: {found.strip()}" for found in _FOREIGN.findall(text)
    ]


def _satisfied(wanted: Requirement, pinned: dict[str, str]) -> bool:
    version = pinned.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version)


def _wanted(root: Path, extra: str) -> list[Requirement]:
    """Return what `extra` asks for, with the extras that it includes and with what all need."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    found: dict[str, Requirement] = {}
    queue = [*project["dependencies"], *project["optional-dependencies"][extra]]
    while queue:
        requirement = Requirement(queue.pop())
        if requirement.name == project["name"]:
            for included in requirement.extras:
                queue += project["optional-dependencies"][included]
        else:
            found[requirement.name] = requirement
    return list(found.values())
