"""A sample of requests is fair, bounded, and the same whatever is merged first."""

from itertools import permutations
from random import Random

from vigil.model.user_sample import DIGITS, MOST_SAMPLED, Sampled, UserSample


def requests(count: int, seed: str, share: float = 0.0, users: int = 5000) -> list[Sampled]:
    """Return requests of many users, a `share` of them made by the user "heavy"."""
    random = Random(seed)
    return [
        (
            f"{random.getrandbits(4 * DIGITS):0{DIGITS}x}",
            "heavy" if random.random() < share else f"{random.randrange(users):06x}",
        )
        for _ in range(count)
    ]


def sample_of(failed: list[Sampled], well: list[Sampled] = []) -> UserSample:  # noqa: B006  # read only
    sample = UserSample()
    sample.add(failed, well)
    return sample


def test_few_requests_are_all_kept_and_those_that_come_twice_once() -> None:
    few, others = requests(20, "few"), requests(MOST_SAMPLED, "others")
    sample = sample_of([*few, *few], others)
    assert sample.failed == sorted(few)
    assert sample.well == sorted(others)


def test_a_flood_of_requests_stays_within_the_bound() -> None:
    sample = UserSample()
    for batch in range(20):
        flood = requests(1000, f"{batch}", users=10**9)
        sample.add(flood[:500], flood[500:])
    assert (len(sample.failed), len(sample.well)) == (MOST_SAMPLED, MOST_SAMPLED)


def test_parts_merge_into_the_sample_of_the_whole_in_any_order() -> None:
    every = requests(2000, "whole")
    parts = [sample_of(every[start : start + 500], every[start:]) for start in range(0, 2000, 500)]
    for order in permutations(parts):
        whole = UserSample()
        for part in order:
            whole.merge(part)
        assert whole == sample_of(every, every)


def test_whoever_makes_many_of_the_requests_is_in_the_sample_as_often() -> None:
    shares = []
    for turn in range(50):
        sample = sample_of(requests(5000, f"heavy {turn}", share=0.4))
        shares.append(sum([user == "heavy" for _, user in sample.failed]) / MOST_SAMPLED)
    # Four standard errors of one, of 4.4 %, and of their mean.
    assert all(0.22 < share < 0.58 for share in shares)
    assert abs(sum(shares) / len(shares) - 0.4) < 0.025
