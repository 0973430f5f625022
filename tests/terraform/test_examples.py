"""Every example, and the values of every environment, are checked as they stand."""

import subprocess
from pathlib import Path

import pytest

from tests.repository.tree import ROOT
from tests.terraform.module_readme import values_and_modules
from tests.terraform.terraform_runs import MODULE, Copy, tfcheck

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the module with its examples, in a copy with little code to bundle."""
    folder = tmp_path_factory.mktemp("examples")
    # What tfcheck looks at is what belongs to one repository.
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return Copy(folder).module


@pytest.mark.parametrize(
    ("values", "root"),
    [
        pytest.param(values, root, id=str(values))
        for values, root in values_and_modules(ROOT / MODULE)
    ],
)
def test_tfcheck_has_no_complaint(copied: Path, values: Path, root: Path) -> None:
    done = subprocess.run(
        [tfcheck(), "--require-plan", f"--var-file={copied / values}", str(copied / root)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "to add, 0 to change, 0 to destroy" in done.stdout
