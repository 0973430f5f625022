"""Commits that fail, or succeed without anybody hearing of it, at every place (FAULTS B03, B10)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.outages import FAILING, live_through_an_outage, picture
from tests.vigil_in_memory import VigilInMemory
from vigil.errors import TransientError
from vigil.model.outcome import Outcomes
from vigil.ports import Write

# So many commits has the scenario when nothing goes wrong, and some more when something does.
COMMITS = range(30)


@contextmanager
def lived_through(interrupted: int | None, *, applied: bool) -> Iterator[VigilInMemory]:
    """Live through an outage in which one commit is interrupted, and go on until all is quiet."""
    with VigilInMemory() as vigil:
        passed = 0

        def interrupt(_writes: Sequence[Write]) -> None:
            nonlocal passed
            passed += 1
            if interrupted is not None and passed == interrupted + 1:
                raise TransientError("the reply was lost")

        if applied:
            vigil.documents.after = interrupt
        else:
            vigil.documents.before = interrupt
        live_through_an_outage(vigil)
        yield vigil


def test_the_scenario_has_as_many_commits_as_are_interrupted() -> None:
    with lived_through(None, applied=True) as vigil:
        assert 20 <= len(vigil.documents.commits) <= len(COMMITS)
        assert vigil.outcomes() == Outcomes(received=FAILING, processed=FAILING)
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


@pytest.mark.parametrize(
    "applied", [pytest.param(True, id="applied"), pytest.param(False, id="not applied")]
)
@pytest.mark.parametrize("interrupted", COMMITS)
def test_b03_an_interrupted_commit_changes_nothing_in_the_end(
    interrupted: int, applied: bool
) -> None:
    with (
        lived_through(None, applied=True) as quiet,
        lived_through(interrupted, applied=applied) as disturbed,
    ):
        assert picture(disturbed) == picture(quiet)
        assert disturbed.given_up == []
