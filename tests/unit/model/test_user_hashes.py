"""How many users there were is told from a few hashes."""

from itertools import permutations

import pytest

from vigil.model.user_hashes import MOST_HASHES, UserSketch


def sketch_of(first: int, last: int) -> UserSketch:
    sketch = UserSketch()
    sketch.add(f"{number:06x}" for number in range(first, last))
    return sketch


@pytest.mark.parametrize("many", [0, 1, 17, MOST_HASHES - 1])
def test_few_users_are_counted_exactly(many: int) -> None:
    assert sketch_of(0, many).count() == many


@pytest.mark.parametrize("many", [MOST_HASHES, 1_000, 20_000, 100_000])
def test_many_users_are_estimated_within_three_standard_errors(many: int) -> None:
    sketch = sketch_of(0, many)
    assert len(sketch.hashes) == MOST_HASHES
    assert sketch.count() == pytest.approx(many, rel=3 / (MOST_HASHES - 2) ** 0.5)


def test_the_estimate_leans_to_neither_side() -> None:
    estimates = [sketch_of(10_000 * each, 10_000 * each + 2_000).count() for each in range(100)]
    # A tenth of the standard error of one of them is that of their mean.
    assert sum(estimates) / len(estimates) == pytest.approx(2_000, rel=3 * 0.0063)


def test_a_user_who_comes_again_counts_once() -> None:
    sketch = sketch_of(0, 40)
    sketch.add(["000001", "000002"])
    assert sketch == sketch_of(0, 40)


def test_parts_merge_into_the_sketch_of_the_whole_in_any_order() -> None:
    parts = [sketch_of(0, 700), sketch_of(500, 1_000), sketch_of(1_000, 1_010)]
    for order in permutations(parts):
        whole = UserSketch()
        for part in order:
            whole.merge(part)
        assert whole == sketch_of(0, 1_010)
