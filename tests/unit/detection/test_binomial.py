from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.detection.binomial import upper_tail


@given(st.integers(0, 60), st.integers(0, 61), st.floats(0.01, 0.99))
def test_the_tail_equals_the_definition(trials: int, at_least: int, chance: float) -> None:
    exact = sum(
        comb(trials, k) * chance**k * (1 - chance) ** (trials - k)
        for k in range(at_least, trials + 1)
    )
    assert upper_tail(at_least, trials, chance) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize(
    ("at_least", "trials", "expected"),
    [
        pytest.param(100_000, 1_000_000, 0.5, id="the mean"),
        pytest.param(101_000, 1_000_000, 0.00043, id="3.3 standard deviations"),
        pytest.param(900_000, 1_000_000, 0.0, id="all but impossible"),
        pytest.param(1, 1_000_000, 1.0, id="all but certain"),
    ],
)
def test_large_numbers_neither_overflow_nor_drift(
    at_least: int, trials: int, expected: float
) -> None:
    assert upper_tail(at_least, trials, 0.1) == pytest.approx(expected, abs=1e-3)
