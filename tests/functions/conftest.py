"""Fixtures for functions: emulators, and bundles of functions for the whole run."""

from collections.abc import Iterator, Mapping

import pytest

from tests.google_functions import Bundles
from tests.google_project import GoogleProject
from tests.planned_deployment import Planned, Tree, missing_for_plans


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Planned] | None:
    """Gives the functions as Terraform would deploy them, or None where it does not plan."""
    if missing_for_plans():
        return None
    return Tree(tmp_path_factory.mktemp("deployed")).functions()


@pytest.fixture(scope="session")
def bundles(
    tmp_path_factory: pytest.TempPathFactory, planned: Mapping[str, Planned] | None
) -> Bundles:
    """Gives the bundles of functions, made when they are needed: Terraform's, where it plans."""
    zips = None if planned is None else {name: each.bundle for name, each in planned.items()}
    return Bundles(tmp_path_factory.mktemp("functions"), zips)


@pytest.fixture
def google(
    firestore_address: str, pubsub_address: str, fresh_project: str
) -> Iterator[GoogleProject]:
    """Gives an empty project on the emulators, in which a tenant is at home."""
    with GoogleProject(firestore_address, pubsub_address, fresh_project) as project:
        yield project
