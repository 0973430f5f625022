"""What people say of an anomaly: one opinion each, and not without end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from vigil.errors import InvalidRequest
from vigil.model.feedback import MOST_OPINIONS, Feedback, Opinion, Verdict

ANN = Opinion("ann", Verdict.NOISE, NOON)
BOB = Opinion("bob", Verdict.USEFUL, NOON + timedelta(minutes=1))


def test_nobody_has_said_anything_at_first() -> None:
    assert Feedback("v1-a").verdict is None


def test_what_was_said_last_is_the_verdict_whatever_was_kept_last() -> None:
    said = Feedback("v1-a").with_opinion(BOB).with_opinion(ANN)

    assert said.opinions == (ANN, BOB)
    assert said.verdict is Verdict.USEFUL
    changed = replace(ANN, given_at=NOON + timedelta(minutes=2))
    assert said.with_opinion(changed).verdict is Verdict.NOISE


def test_each_actor_has_one_opinion() -> None:
    changed = replace(ANN, verdict=Verdict.USEFUL, given_at=NOON + timedelta(hours=1))
    said = Feedback("v1-a").with_opinion(ANN).with_opinion(BOB).with_opinion(changed)

    assert said.opinions == (BOB, changed)
    assert (said.of("ann"), said.of("eve")) == (changed, None)


def test_d28_there_is_an_end_to_whose_opinions_are_kept_and_not_to_changing_ones_own() -> None:
    said = Feedback("v1-a")
    for number in range(MOST_OPINIONS):
        said = said.with_opinion(replace(ANN, actor=f"ci:{number}"))

    with pytest.raises(InvalidRequest, match="20 people"):
        said.with_opinion(BOB)
    assert len(said.with_opinion(replace(BOB, actor="ci:7")).opinions) == MOST_OPINIONS
