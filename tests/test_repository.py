"""The promises about the repository itself; each check is shown to fail in tests/repository."""

import os
import subprocess
import sys
import tomllib
from statistics import median, quantiles

import pytest

import vigil
from tests.repository import pins, promises, prompts, python_figures, python_rules
from tests.repository.tree import ROOT


def _assert_content(*command: str) -> None:
    """Fail with what a tool says, if it complains."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_ruff_has_no_complaint() -> None:
    _assert_content("-m", "ruff", "check", "--no-cache", "--output-format", "concise")


@pytest.mark.slow
def test_ruff_would_format_nothing() -> None:
    _assert_content("-m", "ruff", "format", "--no-cache", "--check")


@pytest.mark.slow
def test_types_hold() -> None:
    _assert_content("-m", "mypy")


@pytest.mark.slow
def test_the_arrows_point_inward() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"

    _assert_content("-c", command, "--no-logo", "--no-cache")


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(python_figures.long_files, id="no file over 300 lines"),
        pytest.param(python_figures.thick_doors, id="doors are thin"),
        pytest.param(python_rules.clever_doors, id="doors have no logic"),
        pytest.param(python_rules.impure_rules, id="rules are pure"),
        pytest.param(python_rules.foreign_imports_of_model, id="model is standard library only"),
        pytest.param(python_rules.silent_skips, id="no test is skipped in silence"),
        pytest.param(promises.forbidden_texts, id="nothing of one machine is written down"),
        pytest.param(promises.forbidden_names, id="names say what is inside"),
        pytest.param(promises.undocumented_settings, id="README and settings name the same"),
        pytest.param(prompts.unfilled_places, id="prompts have the places that are filled"),
        pytest.param(prompts.strange_schemas, id="a prompt's schema is that of its answer"),
        pytest.param(pins.stale_pins, id="requirements are compiled from pyproject"),
        pytest.param(pins.loose_pins, id="every pin has its hashes"),
        pytest.param(pins.undeclared_imports, id="what is imported is asked for"),
        pytest.param(pins.disagreements, id="run and test use the same versions"),
    ],
)
def test_the_repository_keeps_its_promises(check: promises.Check) -> None:
    assert check(ROOT) == []


def test_functions_are_short() -> None:
    lengths = python_figures.function_lengths(ROOT)

    assert median(lengths) < 8
    assert quantiles(lengths, n=10)[8] < 20


def test_the_changelog_speaks_of_what_is_here() -> None:
    assert promises.has_current_section((ROOT / "CHANGELOG.md").read_text())


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == vigil.__version__


@pytest.mark.parametrize("script", [".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
