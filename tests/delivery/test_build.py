"""cloudbuild.yaml is a build that Cloud Build takes, and its scripts are sound."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.tree import ROOT

BUILD: Mapping[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
SCRIPTS = sorted((ROOT / "infra/delivery").glob("*.sh"))
# The fields of a build, its steps and its options, as Cloud Build documents them.
FIELDS = {
    "build": "steps timeout queueTtl logsBucket options substitutions tags serviceAccount secrets "
    "availableSecrets artifacts images",
    "step": "name args env allowFailure allowExitCodes dir id waitFor entrypoint secretEnv volumes "
    "timeout script automapSubstitutions",
    "options": "sourceProvenanceHash machineType diskSizeGb substitutionOption "
    "dynamicSubstitutions logStreamingOption logging defaultLogsBucketBehavior env secretEnv "
    "volumes pool requestedVerifyOption automapSubstitutions",
}
_DAY = 24 * 60 * 60
_READ = re.compile(r"\$\{?(_[A-Z_]+)\b")
_SUBSTITUTION = re.compile(r"^    (_[A-Z_]+) +=", re.MULTILINE)


def complaints(build: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Cloud Build would not take, or not do as it is meant."""
    yield from _unknown("build", build)
    yield from _unknown("options", build["options"])
    before: set[str] = set()
    for step in build["steps"]:
        yield from _unknown("step", step)
        yield from (f"{step['id']} waits for {name}" for name in _awaited(step) - before)
        before.add(step["id"])
        if "script" in step and {"args", "entrypoint"} & step.keys():
            yield f"{step['id']} has a script and a command"
        if "/" in step["name"] and "." in step["name"].partition("/")[0]:
            yield f"{step['id']} names a registry"
    if not sum(map(_seconds, build["steps"])) <= _seconds(build) <= _DAY:
        yield "the steps may take longer than the build"


def _unknown(kind: str, given: Mapping[str, Any]) -> Iterator[str]:
    return (f"{kind}: {name}" for name in given.keys() - set(FIELDS[kind].split()))


def _awaited(step: Mapping[str, Any]) -> set[str]:
    return set(step.get("waitFor", ()))


def _seconds(limited: Mapping[str, Any]) -> int:
    return int(limited.get("timeout", "0s").removesuffix("s"))


def _with_first_step(**fields: Any) -> Mapping[str, Any]:
    first, *others = BUILD["steps"]
    return {**BUILD, "steps": [{**first, **fields}, *others]}


def test_cloud_build_takes_the_build() -> None:
    assert list(complaints(BUILD)) == []


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        pytest.param({**BUILD, "step": []}, "build: step", id="a field of the build"),
        pytest.param(_with_first_step(waitfor=[]), "step: waitfor", id="a field of a step"),
        pytest.param({**BUILD, "options": {"log": 1}}, "options: log", id="a field of options"),
        pytest.param(
            _with_first_step(waitFor=["plan"]), "terraform waits for plan", id="a later step"
        ),
        pytest.param(
            _with_first_step(script="true"), "terraform has a script and a command", id="both"
        ),
        pytest.param(
            _with_first_step(name="registry.example/terraform:1.11"),
            "terraform names a registry",
            id="a registry's host",
        ),
        pytest.param(
            {**BUILD, "timeout": "600s"},
            "the steps may take longer than the build",
            id="a timeout that cuts off",
        ),
    ],
)
def test_a_wrong_build_is_complained_of(build: Mapping[str, Any], complaint: str) -> None:
    assert complaint in list(complaints(build))


def test_by_itself_a_build_deploys_nothing() -> None:
    assert BUILD["substitutions"]["_APPLY"] == "false"


def test_scripts_read_what_the_build_and_its_triggers_give() -> None:
    read = {name for path in SCRIPTS for name in _READ.findall(path.read_text())}
    terraform = (ROOT / "infra/terraform/delivery.tf").read_text()

    assert read == set(BUILD["substitutions"])
    assert read == set(_SUBSTITUTION.findall(terraform))
    assert BUILD["options"]["automapSubstitutions"]


@pytest.mark.parametrize("path", [*SCRIPTS, ROOT / ".ci/run"], ids=lambda path: path.name)
def test_a_script_is_sound(path: Path) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [str(shellcheck), "--severity=style", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert os.access(path, os.X_OK)


def test_what_the_steps_run_is_there() -> None:
    text = "\n".join(step.get("script", "") for step in BUILD["steps"])
    named = re.findall(r"(?:infra/delivery/|\.ci/)\w+(?:\.sh)?", text)

    assert len(named) >= len(BUILD["steps"]) - 1
    assert all((ROOT / name).is_file() for name in named)
