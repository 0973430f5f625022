"""Fixtures for functions: emulators, and bundles of functions for the whole run."""

from collections.abc import Iterator

import pytest

from tests.google_functions import Bundles
from tests.google_project import GoogleProject


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """Gives the bundles of functions, made when they are needed."""
    return Bundles(tmp_path_factory.mktemp("functions"))


@pytest.fixture
def google(
    firestore_address: str, pubsub_address: str, fresh_project: str
) -> Iterator[GoogleProject]:
    """Gives an empty project on the emulators, in which a tenant is at home."""
    with GoogleProject(firestore_address, pubsub_address, fresh_project) as project:
        yield project
