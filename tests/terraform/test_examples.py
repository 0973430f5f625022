"""Every example, and the values of every environment, are planned as they stand."""

from pathlib import Path

import pytest

from tests.repository.tree import ROOT
from tests.terraform.module_readme import values_and_modules
from tests.terraform.terraform_runs import MODULE, Copy, Terraform

pytestmark = pytest.mark.slow

# An example says that its state is in a bucket.
_LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the module with its examples, in a copy with little code to bundle."""
    return Copy(tmp_path_factory.mktemp("examples")).module


@pytest.mark.parametrize(
    ("values", "root"),
    [
        pytest.param(values, root, id=str(values))
        for values, root in values_and_modules(ROOT / MODULE)
    ],
)
def test_it_is_planned(planning: Terraform, copied: Path, values: Path, root: Path) -> None:
    (copied / root / "local_override.tf").write_text(_LOCAL_STATE)
    planning.need(copied / root, "init", "-input=false", "-no-color")

    plan = planning.need(
        copied / root, "plan", "-input=false", "-no-color", f"-var-file={copied / values}"
    )

    assert "to add, 0 to change, 0 to destroy" in plan
