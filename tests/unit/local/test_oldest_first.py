"""Files that begin with the newest entries are turned round; the others are not held."""

from collections.abc import Iterator

import pytest

from vigil.errors import InvalidRequest
from vigil.local.oldest_first import oldest_first
from vigil.local.raw_entry import RawEntry


def entry(second: int) -> RawEntry:
    return RawEntry(b'{"timestamp": %d}' % (1_800_000_000 + second), 30)


def entries(*seconds: int) -> Iterator[RawEntry]:
    return map(entry, seconds)


def broken_after(*seconds: int) -> Iterator[RawEntry]:
    yield from entries(*seconds)
    raise InvalidRequest("breaks off")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param((3, 2, 1), (1, 2, 3), id="the newest first"),
        pytest.param((3, 3, 2, 2), (2, 2, 3, 3), id="the newest first, several at once"),
        pytest.param((1, 2, 3), (1, 2, 3), id="the oldest first"),
        pytest.param((1, 4, 2, 3, 5), (1, 4, 2, 3, 5), id="the oldest first, with a straggler"),
        pytest.param((2, 2), (2, 2), id="all at one time"),
        pytest.param((), (), id="none"),
    ],
)
def test_the_oldest_come_first(given: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert list(oldest_first(entries(*given))) == list(entries(*expected))


def test_entries_without_a_time_are_turned_round_with_the_others() -> None:
    nothing, noise = RawEntry(b"{}", 3), RawEntry({"timestamp": "soon"}, 5)

    found = list(oldest_first(iter([nothing, entry(2), noise, entry(1)])))

    assert found == [entry(1), noise, entry(2), nothing]


def test_a_file_in_order_is_not_read_ahead_further_than_the_decision_needs() -> None:
    source = map(entry, range(1_000_000))

    found = [next(read) for read in [oldest_first(source)] for _ in range(3)]

    assert found == list(entries(0, 1, 2))
    assert next(source) == entry(1000)


@pytest.mark.parametrize("limit", [{"most_entries": 2}, {"most_bytes": 89}])
def test_what_is_too_long_to_be_turned_round_is_refused_with_what_to_do(
    limit: dict[str, int],
) -> None:
    with pytest.raises(InvalidRequest, match="--order=asc"):
        next(oldest_first(entries(3, 2, 1), **limit))


@pytest.mark.parametrize(
    ("given", "expected"),
    [pytest.param((3, 2, 1), (1, 2, 3), id="turned"), pytest.param((1, 2), (1, 2), id="in order")],
)
def test_what_was_read_before_it_broke_off_comes_first(
    given: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    found = list[RawEntry]()

    with pytest.raises(InvalidRequest, match="breaks off"):
        found.extend(oldest_first(broken_after(*given)))

    assert found == list(entries(*expected))
