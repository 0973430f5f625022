"""A bundle that Terraform would upload holds what its function needs, and changes with that."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.bundle_checks import complaints
from tests.google_functions import NAMES, Bundles
from tests.planned_deployment import Planned, Tree, digest, files_of, missing_for_plans
from tests.repository.tree import ROOT

# How Python marks bytecode whose source is compared by its hash, not by its date.
_BY_CONTENT = 0b11
_FLAGS = slice(4, 8)
_ROOMS_LEFT = ("local", "model")
Change = Callable[[Path], None]


@pytest.fixture
def deployed(planned: Mapping[str, Planned] | None) -> Mapping[str, Planned]:
    """Gives the functions as Terraform would deploy them."""
    if planned is None:
        pytest.skip(missing_for_plans() or "")
    return planned


@pytest.fixture
def unpacked(deployed: Mapping[str, Planned], tmp_path: Path) -> Path:
    """Gives the folder in which the bundle of one function has been unpacked."""
    shutil.unpack_archive(deployed["analyze_incidents"].bundle, tmp_path / "unpacked")
    return tmp_path / "unpacked"


@pytest.mark.slow
def test_every_function_has_a_bundle(deployed: Mapping[str, Planned]) -> None:
    assert tuple(deployed) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_holds_what_its_function_needs_and_nothing_else(
    name: str, deployed: Mapping[str, Planned]
) -> None:
    assert complaints(name, deployed[name].files()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_is_named_by_what_is_in_it(name: str, deployed: Mapping[str, Planned]) -> None:
    function = deployed[name]

    assert function.object_name == f"{name}/{digest(function.bundle)}.zip"
    assert function.entry_point == name


@pytest.mark.slow
def test_the_runtime_is_the_python_that_requirements_are_compiled_for(
    deployed: Mapping[str, Planned],
) -> None:
    [version] = re.findall(r"--python-version (\S+)", (ROOT / "Makefile").read_text())

    assert {each.runtime for each in deployed.values()} == {f"python{version.replace('.', '')}"}


@pytest.mark.slow
def test_no_function_has_its_log_taken_from_it(deployed: Mapping[str, Planned]) -> None:
    assert {each.environment["LOG_EXECUTION_ID"] for each in deployed.values()} == {"false"}


@pytest.mark.slow
def test_the_prompt_is_found_where_the_bundle_has_it(
    bundles: Bundles, deployed: Mapping[str, Planned]
) -> None:
    bundles.make("analyze_incidents")
    environment = bundles.environment("analyze_incidents")
    program = "from vigil.adapters.prompt_files import read_prompt; print(read_prompt().version)"
    done = subprocess.run(
        [environment / "bin/python", "-c", program],
        cwd=environment.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "explain_incident/v1"


def compiled(folder: Path, build_environment: Mapping[str, str]) -> list[bytes]:
    """Compile a folder as the build does; return the heads of all bytecode in it."""
    command = [sys.executable, "-m", "compileall", "-f", "-q", "."]
    subprocess.run(command, cwd=folder, env={"PATH": os.defpath, **build_environment}, check=True)
    return [path.read_bytes()[_FLAGS] for path in folder.rglob("*.pyc")]


@pytest.mark.slow
def test_the_bytecode_of_a_bundle_does_not_go_by_dates(
    deployed: Mapping[str, Planned], unpacked: Path
) -> None:
    """An image gives all its files the same date."""
    build_environment = deployed["analyze_incidents"].build_environment

    assert set(compiled(unpacked, build_environment)) == {_BY_CONTENT.to_bytes(4, "little")}
    assert set(compiled(unpacked, {})) == {bytes(4)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Gives a copy with little of the code in it, which is quick to look through."""
    if missing := missing_for_plans():
        pytest.skip(missing)
    tree = Tree(tmp_path_factory.mktemp("small"))
    for room in (tree.folder / "shared/vigil").iterdir():
        if room.is_dir() and room.name not in _ROOMS_LEFT:
            shutil.rmtree(room)
    return tree


@pytest.fixture(scope="module")
def zips(small: Tree) -> Mapping[str, Path]:
    return small.bundles()


def append(path: Path) -> None:
    path.write_text(path.read_text() + "# changed\n")


@pytest.mark.slow
def test_only_a_function_whose_bundle_has_changed_is_built_again(
    small: Tree, zips: Mapping[str, Path], tmp_path: Path
) -> None:
    changed = small.copied(tmp_path / "changed")
    append(changed.folder / "functions/detect_anomalies/main.py")
    append(changed.folder / "functions/cleanup/requirements.txt")
    append(changed.folder / "prompts/explain_incident/v1.md")
    after = changed.bundles()

    assert {name: _changes(files_of(zips[name]), files_of(after[name])) for name in NAMES} == {
        **{name: [] for name in NAMES},
        "detect_anomalies": ["main.py"],
        "cleanup": ["requirements.txt"],
        "analyze_incidents": ["prompts/explain_incident/v1.md"],
    }


def _changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    return sorted(file for file in {*before, *after} if before.get(file) != after.get(file))


def _windows(root: Path) -> None:
    for path in root.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _modes(root: Path) -> None:
    for path in root.rglob("*.py"):
        path.chmod(0o755)


def _left_lying(root: Path) -> None:
    shared = root / "shared/vigil"
    for name in (".env", "model/.#alert.py", "model/alert copy.py", "model/alert.py~", "key.json"):
        (shared / name).write_text("password = 'not to be sent'\n")
    (shared / "model/__pycache__").mkdir()
    (shared / "model/__pycache__/alert.cpython-311.pyc").write_bytes(b"")
    (root / "prompts/explain_incident/.env").write_text("")
    (root / "functions/cleanup/notes.txt").write_text("")


def _own_machine(root: Path) -> None:
    append(root / "shared/vigil/local/up.py")
    append(root / "shared/vigil/__main__.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param((_windows, _modes), id="lines end otherwise and all files are programs"),
        pytest.param((_left_lying, _own_machine), id="what is never sent has changed"),
    ],
)
def test_what_a_function_does_not_run_builds_nothing_again(
    changes: tuple[Change, ...], small: Tree, zips: Mapping[str, Path], tmp_path: Path
) -> None:
    before = {name: digest(path) for name, path in zips.items()}
    tree = small.copied(tmp_path / "changed")
    for change in changes:
        change(tree.folder)

    assert {name: digest(path) for name, path in tree.bundles().items()} == before


RULES = {
    'replace(file(source.value), "\\r\\n", "\\n")': "file(source.value)",
    "if can(regex(local._module, file)) && !can(regex(local._never_sent, file))": "",
    '"prompts/*/v*.md"': '"prompts/**"',
}


@pytest.mark.slow
def test_without_the_rules_a_bundle_holds_what_lies_there(small: Tree, tmp_path: Path) -> None:
    tree = small.copied(tmp_path / "ruleless")
    path = tree.folder / "infra/terraform/bundles.tf"
    for rule, nothing in RULES.items():
        assert rule in path.read_text()
        path.write_text(path.read_text().replace(rule, nothing))
    for change in (_left_lying, _windows):
        change(tree.folder)

    assert {
        "vigil/model/alert copy.py does not belong there",
        "vigil/model/.#alert.py does not belong there",
        "vigil/local/up.py does not belong there",
        "vigil/__main__.py does not belong there",
        "prompts/explain_incident/.env does not belong there",
        "vigil/model/alert.py has line ends of Windows",
    } <= set(complaints("analyze_incidents", files_of(tree.bundles()["analyze_incidents"])))
