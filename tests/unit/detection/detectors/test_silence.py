from collections.abc import Callable

import pytest

from vigil.detection.detectors.silence import MOST_MISSED, Silence
from vigil.detection.detectors.volume import Volume

HOUR, DAY = 3600, 86_400
NEWS = 0.5  # one in a million


def busy(at: int) -> int:
    return 40


def one_a_minute(at: int) -> int:
    return (1, 0, 2, 1)[at // 60 % 4]


def asleep_at_night(at: int) -> int:
    """A shop that is open from eight to twenty."""
    return 40 if 8 <= at // HOUR % 24 < 20 else 0


def once_an_hour(at: int) -> int:
    return 80 if at % HOUR < 180 else 0


def twenty_a_day(at: int) -> int:
    return int(at // 60 % 72 == 0)


def learned(pattern: Callable[[int], int], until: int) -> Silence:
    volume = Volume()
    for at in range(0, until, 60):
        if pattern(at):
            volume.learn_one(pattern(at), at)
    return Silence(volume)


@pytest.mark.parametrize(
    ("pattern", "since", "missed", "silent"),
    [
        pytest.param(busy, 0, 1, False, id="one window is late"),
        pytest.param(busy, 0, 2, True, id="two of a busy one"),
        pytest.param(busy, 0, MOST_MISSED, True, id="half an hour of a busy one"),
        pytest.param(busy, 0, MOST_MISSED + 1, False, id="for so long that it is usual"),
        pytest.param(one_a_minute, 0, 4, False, id="four of one a minute"),
        pytest.param(one_a_minute, 0, 25, True, id="twenty-five of one a minute"),
        pytest.param(asleep_at_night, 21 * HOUR, 30, False, id="a closed shop"),
        pytest.param(asleep_at_night, 14 * HOUR, 5, True, id="an open shop"),
        pytest.param(once_an_hour, 180, 30, False, id="between jobs"),
        pytest.param(twenty_a_day, 60, 30, False, id="twenty a day"),
    ],
)
def test_silence(pattern: Callable[[int], int], since: int, missed: int, silent: bool) -> None:
    begin = 5 * DAY + since
    silence = learned(pattern, begin)
    starts = range(begin, begin + 60 * missed, 60)
    assert (silence.score_one(starts) >= NEWS) is silent


def test_what_is_hardly_known_is_not_silent() -> None:
    silence = learned(busy, 9 * 60)
    assert silence.score_one(range(540, 1140, 60)) == 0.0


def test_a_reading_says_how_many_are_missed() -> None:
    read = learned(busy, DAY).read_one([DAY, DAY + 60])
    assert read.missed == 2
    assert read.usual == pytest.approx(80, rel=0.05)
    assert read.chance < 1e-6
