"""Terraform for each test session, and the plans that most tests look at."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.terraform.plans import VARIABLES, Planned, plan_twice
from tests.terraform.terraform_runs import Copy, Terraform, skip_unless_planned, terraform_for


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    with terraform_for(tmp_path_factory.mktemp("providers")) as found:
        yield found


@pytest.fixture(scope="session")
def planning(terraform: Terraform) -> Terraform:
    """Give a Terraform that plans without credentials."""
    skip_unless_planned(terraform)
    return terraform


@pytest.fixture(scope="session")
def plans(planning: Terraform, module: Path) -> Mapping[str, Planned]:
    """Give the plans of the module by what it was told: "least" and "everything"."""
    return {name: plan_twice(planning, module, variables) for name, variables in VARIABLES.items()}


@pytest.fixture(scope="session")
def module(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the module that is ready, and that nobody changes."""
    module = Copy(tmp_path_factory.mktemp("module")).module
    terraform.init(module)
    return module
