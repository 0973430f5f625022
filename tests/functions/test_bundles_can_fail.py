"""A bundle that is broken in one way is complained of, and does not start."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.bundle_checks import complaints
from tests.google_functions import Bundles
from tests.google_project import GoogleProject
from tests.repository.tree import ROOT

Files = dict[str, bytes]
NAME = "analyze_incidents"
PIN = b"functions-framework==3.10.2 \\\n    --hash=sha256:00\n"
WHOLE: Files = {
    "main.py": b"from vigil.doors.door import make_door\n",
    "requirements.txt": PIN,
    "vigil/__init__.py": b"",
    "vigil/doors/__init__.py": b"",
    "vigil/doors/door.py": b"def make_door():\n    from vigil.logs import json_text\n",
    "vigil/logs/__init__.py": b"",
    "vigil/logs/json_text.py": b"import re\n",
    "prompts/explain_incident/v1.md": b"",
}


def without(*files: str) -> Callable[[Files], Files]:
    return lambda whole: {file: content for file, content in whole.items() if file not in files}


def with_(file: str, content: bytes = b"") -> Callable[[Files], Files]:
    return lambda whole: {**whole, file: content}


def test_a_whole_bundle_is_not_complained_of() -> None:
    assert complaints(NAME, WHOLE) == []
    assert complaints("api", without("prompts/explain_incident/v1.md")(WHOLE)) == []


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        pytest.param(without("main.py"), "main.py is missing", id="no entry"),
        pytest.param(without("requirements.txt"), "requirements.txt is missing", id="no pins"),
        pytest.param(
            without("vigil/doors/door.py"), "vigil/doors/door.py is missing", id="no module"
        ),
        pytest.param(
            without("vigil/doors/__init__.py"),
            "vigil/doors/__init__.py is missing",
            id="no package",
        ),
        pytest.param(
            with_("vigil/logs/json_text.py", b"import vigil.logs.redaction\n"),
            "vigil/logs/redaction.py is missing",
            id="no module of a module that is imported later",
        ),
        pytest.param(
            with_("vigil/logs/json_text.py", b"import vigil.detection.wording_rule\n"),
            "vigil/detection/wording_rules.toml is missing",
            id="no rules for the module that reads them",
        ),
        pytest.param(
            with_("vigil/model/fields.toml"),
            "vigil/model/fields.toml does not belong there",
            id="rules that nothing reads",
        ),
        pytest.param(
            without("prompts/explain_incident/v1.md"),
            "prompts/explain_incident/v1.md is missing",
            id="no prompt",
        ),
        pytest.param(with_(".env"), ".env does not belong there", id="secrets"),
        pytest.param(
            with_("vigil/logs/__pycache__/json_text.cpython-311.pyc"),
            "vigil/logs/__pycache__/json_text.cpython-311.pyc does not belong there",
            id="bytecode of another machine",
        ),
        pytest.param(
            with_("pyproject.toml"), "pyproject.toml does not belong there", id="another build"
        ),
        pytest.param(
            with_("vigil/local/up.py"), "vigil/local/up.py does not belong there", id="local"
        ),
        pytest.param(
            with_("vigil/adapters/sqlite_queue.py"),
            "vigil/adapters/sqlite_queue.py does not belong there",
            id="SQLite",
        ),
        pytest.param(
            with_("requirements.txt", PIN + b"flask\n"),
            "flask is not pinned with hashes",
            id="a requirement without a hash",
        ),
        pytest.param(
            with_("requirements.txt", PIN.replace(b"functions-framework", b"flask")),
            "functions-framework is missing, and the build adds one of its own",
            id="no framework",
        ),
        pytest.param(
            with_("vigil/logs/json_text.py", b"import re\r\n"),
            "vigil/logs/json_text.py has line ends of Windows",
            id="line ends",
        ),
        pytest.param(
            with_("vigil/logs/json_text.py", b"import\n"),
            "vigil/logs/json_text.py is no Python",
            id="no Python",
        ),
    ],
)
def test_a_broken_bundle_is_complained_of(broken: Callable[[Files], Files], complaint: str) -> None:
    assert complaint in complaints(NAME, broken(dict(WHOLE)))


def test_a_prompt_in_another_bundle_is_complained_of() -> None:
    assert complaints("api", WHOLE) == ["prompts/explain_incident/v1.md does not belong there"]


def zipped(folder: Path, *, without: str = "", unpinned: str = "") -> Path:
    """Return a zip of cleanup made by hand, without a file or a pin."""
    path = folder / "cleanup.zip"
    requirements = (ROOT / "functions/cleanup/requirements.txt").read_text().splitlines()
    with ZipFile(path, "w") as opened:
        opened.write(ROOT / "functions/cleanup/main.py", "main.py")
        opened.writestr("requirements.txt", "\n".join(_without_pin(requirements, unpinned)))
        shared = ROOT / "shared/vigil"
        for file in sorted([*shared.rglob("*.py"), *shared.rglob("*.toml")]):
            if (name := file.relative_to(ROOT / "shared").as_posix()) != without:
                opened.write(file, name)
    return path


def _without_pin(lines: list[str], package: str) -> list[str]:
    kept, is_left_out = [], False
    for line in lines:
        if not line.startswith(" "):
            is_left_out = bool(package) and line.startswith(f"{package}==")
        if not is_left_out:
            kept.append(line)
    return kept


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        pytest.param("vigil/doors/cleanup.py", "No module named 'vigil.doors.cleanup'", id="door"),
        pytest.param("vigil/telemetry.py", "No module named 'vigil.telemetry'", id="log"),
    ],
)
def test_a_function_without_one_of_its_modules_does_not_start(
    missing: str, said: str, tmp_path: Path, google: GoogleProject
) -> None:
    bundles = Bundles(tmp_path, {"cleanup": zipped(tmp_path, without=missing)})
    with (
        pytest.raises(AssertionError, match=said),
        bundles.running("cleanup", google.settings),
    ):
        pytest.fail("it has started")


@pytest.mark.slow
def test_a_function_without_one_of_its_requirements_is_not_installed(tmp_path: Path) -> None:
    zips = {"cleanup": zipped(tmp_path, unpinned="google-api-core")}

    with pytest.raises(AssertionError, match="google-api-core"):
        Bundles(tmp_path, zips).make("cleanup")


@pytest.mark.slow
def test_with_ids_of_executions_in_its_log_a_function_would_say_nothing(
    bundles: Bundles, google: GoogleProject
) -> None:
    """So Terraform turns them off, which Cloud Run functions turn on by themselves."""
    said = {}
    for value in ("false", "true"):
        settings = {**google.settings, "LOG_EXECUTION_ID": value}
        with bundles.running("batch_logs", settings) as function:
            function.ask("POST", "/", b"poison")
            said[value] = len(function.lines())

    assert said == {"false": 1, "true": 0}
