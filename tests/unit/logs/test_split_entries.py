"""A split entry is one entry again when all its pieces are there."""

from itertools import permutations

import pytest

from tests.builders import raw_entry
from vigil.logs.log_entry import LogEntry
from vigil.logs.payload import MESSAGE_LIMIT
from vigil.logs.split_entries import join_split

PLAIN = LogEntry.parse(raw_entry(insertId="plain", textPayload="plain"))


def piece(
    index: int, total: int = 3, *, uid: str = "u", text: str = "", severity: str = "INFO"
) -> LogEntry:
    return LogEntry.parse(
        raw_entry(
            insertId=f"{uid}-{index}",
            textPayload=text or f"{uid}{index} ",
            severity=severity,
            split={"uid": uid, "index": index, "totalSplits": total},
        )
    )


PIECES = (piece(0), piece(1, severity="ERROR"), piece(2))


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a02_pieces_in_any_order_become_the_first_one(order: tuple[int, ...]) -> None:
    (whole,) = join_split([PIECES[place] for place in order])
    assert (whole.message, whole.digest, whole.split) == ("u0 u1 u2 ", PIECES[0].digest, None)
    assert (whole.severity, whole.failed) == (PIECES[1].severity, True)


def test_the_whole_stands_where_its_first_piece_stood() -> None:
    joined = join_split([PIECES[1], PLAIN, PIECES[0], PIECES[2], PLAIN])
    assert [entry.message for entry in joined] == ["plain", "u0 u1 u2 ", "plain"]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="nothing"),
        pytest.param([PLAIN, PLAIN], id="no pieces"),
        pytest.param([PIECES[0], PIECES[2]], id="one is missing"),
        pytest.param([PIECES[0], PIECES[0], PIECES[1]], id="a copy is no other piece"),
        pytest.param([piece(0, 2), piece(1, 2, uid="v")], id="of different entries"),
        pytest.param([piece(0, 2), piece(1, 3)], id="of different totals"),
        pytest.param([piece(0, 10**12), piece(1, 10**12)], id="an absurd total"),
    ],
)
def test_what_is_not_complete_stays_as_it_is(entries: list[LogEntry]) -> None:
    assert join_split(entries) == entries


def test_a_second_copy_of_a_piece_stays() -> None:
    whole, copy = join_split([*PIECES, PIECES[1]])
    assert (whole.message, copy) == ("u0 u1 u2 ", PIECES[1])


def test_a09_the_whole_is_cut_and_remembers_how_much_was_written() -> None:
    long = [piece(0, 2, text="a" * 9000), piece(1, 2, text="b" * 100)]
    (whole,) = join_split(long)
    assert len(whole.message) == MESSAGE_LIMIT
    assert whole.message.endswith("b" * 100)
    assert whole.original_size == 9100
