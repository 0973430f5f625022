"""What Terraform would deploy from here: the functions of its plan, and the zips that it made."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.repository.tree import ROOT, own_files
from tests.terraform.terraform_runs import MODULE, terraform_for

PROJECT = "acme-vigil"
_COPIED = (MODULE, Path("functions"), Path("prompts"), Path("shared/vigil"))
_ZIPS = "-target=google_storage_bucket_object.bundle"


@dataclass(frozen=True, slots=True)
class Planned:
    """A function as it would be deployed."""

    bundle: Path
    object_name: str
    entry_point: str
    runtime: str
    build_environment: Mapping[str, str] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)

    def files(self) -> Mapping[str, bytes]:
        """Return what its bundle holds, by name."""
        return files_of(self.bundle)


class Tree:
    """A copy of all that is deployed, which a test may change before Terraform reads it."""

    def __init__(self, folder: Path, *, of: Path = ROOT) -> None:
        self.folder = folder
        for path in own_files(of):
            if any(path.is_relative_to(copied) for copied in _COPIED):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(of / path, folder / path)

    def copied(self, folder: Path) -> "Tree":
        """Return a copy of this copy as it is by now."""
        return Tree(folder, of=self.folder)

    def bundles(self) -> Mapping[str, Path]:
        """Have the zips made and nothing else; return them by their functions."""
        module = self.folder / MODULE
        # What is made lies where the providers run.
        with terraform_for(module) as terraform:
            terraform.init(module)
            terraform.need(module, "plan", "-input=false", _ZIPS, f"-var=project_id={PROJECT}")
        return {path.stem: path for path in sorted((module / ".bundles").glob("*.zip"))}

    def functions(self) -> Mapping[str, Planned]:
        """Have everything planned; return the functions by their names in the code."""
        module = self.folder / MODULE
        with terraform_for(module) as terraform:
            terraform.init(module)
            plan = terraform.plan(module, {"project_id": PROJECT})
        values = {
            each["address"]: each["values"]
            for each in plan["planned_values"]["root_module"]["resources"]
        }
        return {
            path.stem: _planned(path, values)
            for path in sorted((module / ".bundles").glob("*.zip"))
        }


def _planned(bundle: Path, values: Mapping[str, Mapping[str, Any]]) -> Planned:
    function = values[f'google_cloudfunctions2_function.function["{bundle.stem}"]']
    [build], [service] = function["build_config"], function["service_config"]
    [source] = build["source"][0]["storage_source"]
    return Planned(
        bundle=bundle,
        object_name=source["object"],
        entry_point=build["entry_point"],
        runtime=build["runtime"],
        build_environment=build["environment_variables"],
        environment=service["environment_variables"],
    )


def files_of(bundle: Path) -> Mapping[str, bytes]:
    """Return what a zip holds, by name."""
    with ZipFile(bundle) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def digest(bundle: Path) -> str:
    """Return the hash by which a zip is named."""
    return sha256(bundle.read_bytes()).hexdigest()


def missing_for_plans() -> str | None:
    """Return what is not here that a plan needs, None if everything is."""
    if shutil.which("terraform") is None:
        return "terraform is not on PATH"
    if not os.environ.get("VIGIL_TFCHECK") and shutil.which("tfcheck") is None:
        return "neither is tfcheck on PATH nor does VIGIL_TFCHECK name it"
    return None
