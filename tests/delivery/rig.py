"""A repository that is deployed by the true scripts and the true Terraform, without a cloud."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.repository.tree import ROOT
from tests.terraform.terraform_runs import Copy

PROJECT = "acme-vigil"
STAND_IN = ROOT / "tests/delivery/cloud_run_stand_in.py"
_LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
_VALUES = f'project_id = "{PROJECT}"\n'


class Delivery:
    """A small tree with its scripts; `cloud` is what they see of Google Cloud."""

    def __init__(self, folder: Path, tree: Copy, served: dict[str, str]) -> None:
        self._folder = folder
        self.tree = tree
        self.cloud = folder / "cloud"
        self.cloud.mkdir()
        shutil.copytree(ROOT / "infra/delivery", folder / "tree/infra/delivery")
        # The last override is the one that holds.
        (self.tree.module / "local_override.tf").write_text(_LOCAL_STATE)
        (self.tree.module / "test.tfvars").write_text(_VALUES)
        (self.cloud / "canary-key").write_text("the-key")
        self._programs = self._made_programs()
        self._environment = {
            **os.environ,
            **served,
            "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
            "STAND_IN": str(self.cloud),
            "STATE": str(self.tree.module / "terraform.tfstate"),
            "VIGIL": str(self._programs / "vigil"),
            "PROJECT_ID": PROJECT,
            "_ROOT": "infra/terraform",
            "_VAR_FILE": "test.tfvars",
            "_STATE_BUCKET": "acme-state",
            "_WATCH_SECONDS": "0",
        }

    def _made_programs(self) -> Path:
        programs = self._folder / "bin"
        programs.mkdir()
        shutil.copy(STAND_IN, programs / "gcloud")
        vigil = programs / "vigil"
        vigil.write_text(
            '#!/bin/sh\necho "$VIGIL_CANARY_KEY $* $VIGIL_CANARY_TOKEN" >>"$STAND_IN/canaries"\n'
            'test ! -e "$STAND_IN/canary-dies"\n'
        )
        for program in programs.iterdir():
            program.chmod(0o755)
        return programs

    def run(
        self, script: str, *arguments: str, apply: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts in the root module, and return how it ended."""
        return subprocess.run(
            [str(self._folder / "tree/infra/delivery" / script), *arguments],
            cwd=self.tree.module,
            env={**self._environment, "_APPLY": "true" if apply else "false", **more},
            capture_output=True,
            text=True,
            check=False,
        )

    def newest(self, service: str) -> str:
        """Return the newest revision of a service."""
        return subprocess.run(
            ["gcloud", "run", "services", "describe", service, "--format=newest"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def build(self) -> subprocess.CompletedProcess[str]:
        """Plan and deploy, as after a merge; return how the last script ended."""
        planned = self.run("plan.sh")
        return planned if planned.returncode else self.run("deploy.sh")

    def apply_by_hand(self) -> None:
        """Do what an operator does at first, or where the pipeline may not."""
        for words in (
            ["init", "-input=false"],
            ["apply", "-input=false", "-auto-approve", "-var-file=test.tfvars"],
        ):
            subprocess.run(
                ["terraform", *words],
                cwd=self.tree.module,
                env=self._environment,
                capture_output=True,
                check=True,
            )

    def edit(self, *functions: str) -> None:
        """Change the code of functions."""
        for function in functions:
            with (self._folder / "tree/functions" / function / "main.py").open("a") as code:
                code.write("# It works as before.\n")

    def calls(self, beginning: str) -> list[str]:
        """Return the calls of gcloud that begin so, and forget all."""
        path = self.cloud / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return [line for line in lines if line.startswith(beginning)]

    def moved(self) -> list[str]:
        """Return where traffic was sent since it was last asked: service and destination."""
        return [
            f"{line.split()[3]} {line.split('--to-')[1].split()[0]}"
            for line in self.calls("run services update-traffic")
        ]


@contextmanager
def delivery(folder: Path) -> Iterator[Delivery]:
    """Make a repository, and serve Terraform its providers until the block ends."""
    tree = Copy(folder / "tree")
    # Paths of bundles are relative to the folder in which a provider runs.
    server = subprocess.Popen(
        [_provider_program(), "serve"], cwd=tree.module, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Delivery(folder, tree, _served(server))
    finally:
        server.terminate()
        server.communicate()


def _provider_program() -> str:
    program = os.environ.get("VIGIL_TFCHECK") or shutil.which("tfcheck")
    if program is None or shutil.which("terraform") is None:
        pytest.skip("nothing is applied without terraform, and tfcheck on PATH or in VIGIL_TFCHECK")
    return program


def _served(server: subprocess.Popen[str]) -> dict[str, str]:
    """Return the variables that it prints: which providers there are, and where."""
    assert server.stdout is not None
    lines = [shlex.split(server.stdout.readline()) for _ in range(2)]
    return dict(line[1].split("=", 1) for line in lines)
