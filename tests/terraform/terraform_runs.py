"""Terraform itself, run in copies of the module, with providers that need no cloud.

With tfcheck (on PATH, or named by VIGIL_TFCHECK) the providers know their schemas and reach
nothing, so that everything can be planned. Without it they are Google's own where `terraform init`
can fetch them; those plan nothing without credentials, so only what mocks them can be run then.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.repository.tree import ROOT, own_files

MODULE = Path("infra/terraform")
# Of the code one file is enough: what a whole bundle holds is looked at elsewhere, and takes long.
_COPIED = (MODULE, Path("functions"), Path("prompts"), Path("shared/vigil/errors.py"))
_SERVED = "export TF_REATTACH_PROVIDERS="
_SECONDS = 300
_NO_TFCHECK = "neither is tfcheck on PATH nor does VIGIL_TFCHECK name it"
_GIVEN = "given.tfvars.json"
_SECRET = "secret_values"
# The module's tests have values of their own, and are not to be told those of a plan before them.
_TOLD_SECRETS = ("plan", "apply")
_OPTIONS = ("-input=false", "-no-color", "-lock=false", f"-var-file={_GIVEN}")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a command."""

    code: int
    output: str
    complaints: str

    @property
    def said(self) -> str:
        """Return what was said in one line, without the frames that Terraform draws."""
        return " ".join(re.sub("[│╷╵]", " ", self.output + self.complaints).split())


class Refused(Exception):
    """Terraform did not do what it was asked; the message is what it said."""


class Terraform:
    """Runs terraform with the providers that `environment` names.

    `plans` says whether these plan without credentials; `tests` are given mocks in any case.
    """

    def __init__(self, environment: Mapping[str, str], *, plans: bool) -> None:
        self.plans = plans
        self._environment = {**os.environ, **environment, "CHECKPOINT_DISABLE": "1"}
        self._secret: Mapping[str, str] = {}

    def run(self, folder: Path, *words: str) -> Done:
        """Return what became of `terraform WORDS`, run in a folder."""
        done = subprocess.run(
            ["terraform", *words],
            cwd=folder,
            env={**self._environment, **(self._secret if words[0] in _TOLD_SECRETS else {})},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def need(self, folder: Path, *words: str) -> str:
        """Return what `terraform WORDS` said; raise Refused if it failed."""
        done = self.run(folder, *words)
        if done.code:
            raise Refused(done.said)
        return done.output

    def init(self, folder: Path) -> None:
        """Make a folder ready."""
        self.need(folder, "init", "-input=false", "-backend=false", "-no-color")

    def plan(self, folder: Path, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the plan as JSON; its file is called plan. Raise Refused if there is none.

        Secrets come as operators give them: of a file, Terraform quotes the lines that it refuses.
        """
        given = dict(variables)
        self._secret = {f"TF_VAR_{_SECRET}": json.dumps(given.pop(_SECRET, {}))}
        (folder / _GIVEN).write_text(json.dumps(given))
        self.need(folder, "plan", *_OPTIONS, "-refresh=false", "-out=plan")
        planned: Mapping[str, Any] = json.loads(self.need(folder, "show", "-json", "plan"))
        return planned

    def apply(self, folder: Path) -> dict[str, Any]:
        """Carry out what was planned, which reaches nothing, and return the state."""
        self.need(folder, "apply", *_OPTIONS, "plan")
        state: dict[str, Any] = json.loads((folder / "terraform.tfstate").read_text())
        return state

    def test(self, folder: Path, *files: str) -> Sequence[Mapping[str, Any]]:
        """Return the events of `terraform test`."""
        words = [f"-filter={file}" for file in files]
        lines = self.run(folder, "test", "-json", *words).output.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def terraform_for(folder: Path) -> Iterator[Terraform]:
    """Give a Terraform to be used by one thread at a time; skip the test if there is none.

    `folder` is where providers may write.
    """
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    if program := _tfcheck():
        with _served(program, folder) as environment:
            yield Terraform(environment, plans=True)
    else:
        yield _with_real_providers(folder)


def skip_unless_planned(terraform: Terraform) -> None:
    """Skip the test if nothing can be planned without credentials."""
    if not terraform.plans:
        pytest.skip(f"{_NO_TFCHECK}, and Google's own providers ask who plans")


def tfcheck() -> str:
    """Return the program; skip the test if it or terraform is not there."""
    program = _tfcheck()
    if program is None or shutil.which("terraform") is None:
        pytest.skip(_NO_TFCHECK if program is None else "terraform is not on PATH")
    return program


def _tfcheck() -> str | None:
    return os.environ.get("VIGIL_TFCHECK") or shutil.which("tfcheck")


def _with_real_providers(folder: Path) -> Terraform:
    cache = folder / "providers"
    cache.mkdir(exist_ok=True)
    terraform = Terraform({"TF_PLUGIN_CACHE_DIR": str(cache)}, plans=False)
    shutil.copy(ROOT / MODULE / "versions.tf", folder)
    try:
        terraform.init(folder)
    except Refused as refused:
        pytest.skip(f"{_NO_TFCHECK}, and Google's own providers do not come: {refused}")
    return terraform


@contextmanager
def _served(program: str, folder: Path) -> Iterator[Mapping[str, str]]:
    with subprocess.Popen(
        [program, "serve"], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as providers:
        try:
            yield _told(providers)
        finally:
            providers.terminate()


def _told(providers: "subprocess.Popen[str]") -> Mapping[str, str]:
    assert providers.stdout is not None
    line = providers.stdout.readline()
    assert line.startswith(_SERVED), f"tfcheck serve says something else now: {line}"
    [value] = shlex.split(line.removeprefix(_SERVED))
    return {"TF_REATTACH_PROVIDERS": value}


class Copy:
    """A copy of the module and of what it reads, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.module = folder / MODULE
        for path in own_files(ROOT):
            if any(path.is_relative_to(copied) for copied in _COPIED):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, folder / path)

    def change(self, file: str, before: str, after: str) -> None:
        """Replace a text that stands in a file once; without one, the file is a new one."""
        path = self.module / file
        if not before:
            assert not path.exists(), f"{file} is there; say anew how to break it"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(after)
            return
        text = path.read_text()
        found = text.count(before)
        assert found == 1, f"{file} holds {found} times: {before}\nSay anew how to break it."
        path.write_text(text.replace(before, after))
