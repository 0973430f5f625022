from math import comb, exp, lgamma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.detection import binomial
from vigil.detection.beta_binomial import upper_tail


def defined(at_least: int, trials: int, a: float, b: float) -> float:
    """The tail as the definition has it, for Beta(a, b)."""

    def log_beta(x: float, y: float) -> float:
        return lgamma(x) + lgamma(y) - lgamma(x + y)

    return sum(
        comb(trials, k) * exp(log_beta(k + a, trials - k + b) - log_beta(a, b))
        for k in range(at_least, trials + 1)
    )


@given(st.integers(0, 60), st.integers(0, 61), st.floats(0.01, 0.9), st.floats(0.01, 1.0))
def test_the_tail_equals_the_definition(
    trials: int, at_least: int, mean: float, spread: float
) -> None:
    weight = max((1.0 - mean) / (mean * spread) - 1.0, 1.0)
    exact = defined(at_least, trials, mean * weight, (1.0 - mean) * weight)
    assert upper_tail(at_least, trials, mean=mean, spread=spread) == pytest.approx(exact, abs=1e-9)


@given(st.integers(1, 200), st.integers(1, 200))
def test_without_spread_it_is_the_binomial_tail(trials: int, at_least: int) -> None:
    exact = binomial.upper_tail(at_least, trials, 0.1)
    assert upper_tail(at_least, trials, mean=0.1, spread=1e-9) == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize(
    ("at_least", "expected"),
    [
        pytest.param(100_000, 0.48, id="the mean"),
        pytest.param(200_000, 3.3e-4, id="double"),
        pytest.param(900_000, 0.0, id="all but impossible"),
        pytest.param(1, 1.0, id="all but certain"),
    ],
)
def test_large_numbers_neither_overflow_nor_drift(at_least: int, expected: float) -> None:
    tail = upper_tail(at_least, 1_000_000, mean=0.1, spread=0.05)
    assert tail == pytest.approx(expected, abs=0.01)
