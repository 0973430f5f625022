"""Each check of the repository, shown a repository that breaks it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import pins, promises, python_figures, python_rules
from tests.repository.tree import ROOT, RULE_ROOMS, own_files

PYPROJECT = """
[project]
name = "vigil"
dependencies = ["one>=1"]
[project.optional-dependencies]
api = ["two>=2"]
local = ["vigil[api]", "three>=3"]
dev = ["one"]
"""
HASH = "--hash=sha256:" + "0" * 64
PINNED = f"one==1.5 {HASH}\n"
DOOR = "functions/api/main.py"
PLAIN_DOOR = "def api(request): return door(request)\n"
RULE = "shared/vigil/detection/rule.py"


def _written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("check", "name", "text"),
    [
        pytest.param(python_figures.long_files, "a.py", "x = 1\n" * 301, id="a long file"),
        pytest.param(
            python_figures.thick_doors, "functions/api/main.py", "x = 1\n" * 41, id="a thick door"
        ),
        pytest.param(
            python_rules.clever_doors, DOOR, f"{PLAIN_DOOR}if x:\n    y = 1\n", id="a choosing door"
        ),
        pytest.param(python_rules.clever_doors, DOOR, "x = 1\n", id="a door without its function"),
        pytest.param(
            python_rules.clever_doors, DOOR, f"{PLAIN_DOOR}def more(): return 2\n", id="two doors"
        ),
        pytest.param(
            python_rules.clever_doors, DOOR, "def api(r):\n x = r\n return x\n", id="a busy door"
        ),
        pytest.param(python_rules.impure_rules, RULE, "import time\n", id="a clock"),
        pytest.param(python_rules.impure_rules, RULE, "from os import environ\n", id="environment"),
        pytest.param(python_rules.impure_rules, RULE, "x = datetime.now(UTC)\n", id="now"),
        pytest.param(python_rules.impure_rules, RULE, "x = date.today()\n", id="today"),
        pytest.param(python_rules.impure_rules, RULE, "def f():\n import random\n", id="chance"),
        pytest.param(python_rules.impure_rules, RULE, "x = open('f')\n", id="a file"),
        pytest.param(
            python_rules.foreign_imports_of_model,
            "shared/vigil/model/x.py",
            "import pydantic\n",
            id="a foreign model",
        ),
        pytest.param(
            python_rules.silent_skips, "tests/t.py", "x = pytest.mark.skip\n", id="a bare skip"
        ),
        pytest.param(
            python_rules.silent_skips, "tests/t.py", "pytest.mark.xfail()\n", id="no reason"
        ),
        pytest.param(python_rules.silent_skips, "tests/t.py", "pytest.skip('')\n", id="empty"),
        pytest.param(
            promises.forbidden_texts, "a.md", "https://py" + "pi.org/x", id="a registry's name"
        ),
        pytest.param(promises.forbidden_texts, "a.md", "see /ro" + "ot/x", id="a machine's path"),
        pytest.param(promises.forbidden_names, "a/utils.py", "", id="a file of anything"),
        pytest.param(promises.forbidden_names, "a/log_handler.py", "", id="a handler"),
        pytest.param(promises.forbidden_names, "common/a.py", "", id="a folder of anything"),
        pytest.param(promises.forbidden_names, "a/base_store.py", "", id="a base"),
        pytest.param(promises.undocumented_settings, "README.md", "none", id="no settings"),
    ],
)
def test_a_broken_promise_is_named(
    tmp_path: Path, check: promises.Check, name: str, text: str
) -> None:
    assert check(_written(tmp_path, {name: text})) != []


@pytest.mark.parametrize(
    ("check", "name", "text"),
    [
        pytest.param(python_figures.long_files, "a.py", "x = 1\n" * 300, id="300 lines"),
        pytest.param(python_rules.impure_rules, RULE, "def f(*, now): return now\n", id="now"),
        pytest.param(
            python_rules.impure_rules, "shared/vigil/local/a.py", "import time\n", id="elsewhere"
        ),
        pytest.param(
            python_rules.silent_skips, "tests/t.py", "pytest.mark.skip(reason='x')\n", id="reason"
        ),
        pytest.param(promises.forbidden_texts, "a.md", "GET /homes/1, a/ro" + "ot/b", id="paths"),
        pytest.param(promises.forbidden_names, "a/database.py", "", id="a longer word"),
    ],
)
def test_what_is_allowed_is_not_named(
    tmp_path: Path, check: promises.Check, name: str, text: str
) -> None:
    assert check(_written(tmp_path, {name: text})) == []


@pytest.mark.parametrize(
    ("check", "text", "complaints"),
    [
        pytest.param(pins.stale_pins, PINNED, 2, id="two and three are not pinned"),
        pytest.param(
            pins.stale_pins,
            f"{PINNED}two==1.9 {HASH}\nthree==3 {HASH}\n",
            1,
            id="two is pinned too low",
        ),
        pytest.param(pins.stale_pins, "one==1\ntwo==2\nthree==3\n", 0, id="fresh"),
        pytest.param(pins.loose_pins, PINNED, 0, id="pinned with a hash"),
        pytest.param(pins.loose_pins, "one==1.5\n", 1, id="without a hash"),
        pytest.param(pins.loose_pins, f"one>=1.5 {HASH}\n", 1, id="not pinned"),
        pytest.param(pins.loose_pins, f"{PINNED}--index-url https://x\n", 3, id="an address"),
    ],
)
def test_compiled_requirements_are_checked(
    tmp_path: Path, check: promises.Check, text: str, complaints: int
) -> None:
    root = _written(tmp_path, {"pyproject.toml": PYPROJECT, "requirements/local.txt": text})

    assert len(check(root)) == complaints


@pytest.mark.parametrize(
    ("check", "pinned", "complaints"),
    [
        pytest.param(pins.stale_pins, f"one==1 {HASH}", 0, id="fresh"),
        pytest.param(pins.stale_pins, f"one==3 {HASH}", 1, id="another version than was asked for"),
        pytest.param(pins.loose_pins, "one==1", 1, id="without a hash"),
        pytest.param(pins.disagreements, "one==1", 0, id="another version than Vigil has"),
    ],
)
def test_what_is_installed_apart_is_pinned_and_agrees_with_nothing(
    tmp_path: Path, check: promises.Check, pinned: str, complaints: int
) -> None:
    files = {
        "pyproject.toml": PYPROJECT,
        "requirements/dev.txt": f"one==2 {HASH}\n",
        "requirements/apart/tool.in": "# why\none<3\n",
        "requirements/apart/tool.txt": f"{pinned}\n",
    }

    assert len(check(_written(tmp_path, files))) == complaints


def test_an_import_that_nobody_asked_for_is_named(tmp_path: Path) -> None:
    source = "import json\nimport one.part\nfrom vigil.model import x\nimport four\n"
    root = _written(tmp_path, {"pyproject.toml": PYPROJECT, "shared/vigil/a.py": source})

    assert pins.undeclared_imports(root) == ["shared/vigil/a.py:4: four"]


def test_two_versions_of_one_requirement_are_named(tmp_path: Path) -> None:
    files = {"requirements/dev.txt": "one==1\n", "requirements/local.txt": "one==2\ntwo==1\n"}

    assert pins.disagreements(_written(tmp_path, files)) == ["one: 1 and 2"]


def test_only_lines_of_code_count_as_a_functions_length(tmp_path: Path) -> None:
    source = '''
class Port:
    def declared(self):
        """Only a promise."""

def three(
    x,
):
    """One.

    Two.
    """
    # A reason.

    return x

def two():
    """One line."""
    return 2
'''
    root = _written(tmp_path, {"shared/vigil/a.py": source})

    assert python_figures.function_lengths(root) == [2, 4]


def test_what_git_ignores_is_no_part_of_the_repository(tmp_path: Path) -> None:
    files = {".gitignore": "# why\n.venv/\n*.egg-info/\n", ".venv/a.py": "", "b.egg-info/c": ""}

    assert own_files(_written(tmp_path, {**files, "d/e.py": ""}), "*.py") == [Path("d/e.py")]


@pytest.mark.parametrize(
    ("changelog", "expected"),
    [
        pytest.param("# Changelog\n\n## [Unreleased]\n", True, id="unreleased"),
        pytest.param("## 1.2.3 - 2026-01-01\n", True, id="a version"),
        pytest.param("# Changelog\n", False, id="no section"),
    ],
)
def test_a_changelog_needs_a_section(changelog: str, expected: bool) -> None:
    assert promises.has_current_section(changelog) is expected


def test_ruff_bans_the_clock_in_rule_rooms_and_nowhere_else(tmp_path: Path) -> None:
    source = '"""X."""\n\nimport time\n\nNOW = time.time()\n'
    root = _written(
        tmp_path,
        {
            "pyproject.toml": (ROOT / "pyproject.toml").read_text(),
            RULE: source,
            "shared/vigil/workflows/job.py": source,
        },
    )

    found = _tool(root, "-m", "ruff", "check", "--no-cache", "--output-format", "concise")

    assert f"{RULE}:3:8: TID251" in found
    assert "job.py" not in found


@pytest.mark.slow
def test_import_linter_names_every_arrow_that_points_outward(tmp_path: Path) -> None:
    imports = {
        "adapters": ["workflows"],
        "workflows": ["adapters"],
        "stores": ["workflows"],
        "ports": ["stores"],
        "settings": [],
        "sink_ports": [],
        "telemetry": ["logs"],
        "logs": ["detection"],
        "detection": ["logs", "incidents"],
        "incidents": ["logs"],
        "alerting": ["telemetry"],
        "receiving": ["logs", "incidents"],
        "model": ["logs"],
        "errors": ["model"],
        "extra_room": [],
    }
    rooms = {
        f"shared/vigil/{room}.py": "import sqlite3\n"
        + "".join(f"import vigil.{n}\n" for n in names)
        for room, names in imports.items()
    }
    config = (ROOT / "pyproject.toml").read_text()
    root = _written(tmp_path, {"pyproject.toml": config, "shared/vigil/__init__.py": "", **rooms})
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"

    found = _tool(root, "-c", command, "--no-logo", "--no-cache")

    banned = set(re.findall(r"vigil\.(\w+) is not allowed to import (?:vigil\.)?(\w+):", found))
    arrows = {(room, name) for room, names in imports.items() for name in names}
    allowed = {("telemetry", "logs"), ("detection", "logs"), ("receiving", "logs")}
    assert arrows - banned == allowed
    assert {room for room, name in banned if name == "sqlite3"} == set(RULE_ROOMS)
    assert "extra_room" in found


def _tool(root: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={"PYTHONPATH": str(root / "shared")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stdout + done.stderr
