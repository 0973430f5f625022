import json

import pytest

from vigil.detection.detectors.first_windows import FirstWindows
from vigil.detection.detectors.spell import LASTED_SECONDS, Spell

NEWS = 0.3  # about one in four hundred


def after(*windows: tuple[int, int], strayed: bool = False) -> FirstWindows:
    first = FirstWindows()
    for failed, total in windows:
        first.learn_one(failed, total, strayed=strayed)
    return first


@pytest.mark.parametrize(
    ("first", "failed", "news"),
    [
        pytest.param(after(), 100, False, id="beside nothing"),
        pytest.param(after((0, 0)), 100, False, id="beside an empty window"),
        pytest.param(after((100, 100)), 100, False, id="all failed before as well"),
        pytest.param(after((30, 100)), 40, False, id="as high as before"),
        pytest.param(after((1, 10)), 15, False, id="before there were too few to say"),
        pytest.param(after((0, 100)), 2, False, id="two are a coincidence"),
        pytest.param(after((0, 400)), 15, True, id="none failed before"),
        pytest.param(after((8, 400)), 40, True, id="few failed before"),
        pytest.param(after((300, 400), strayed=True), 75, False, id="how it strayed says little"),
    ],
)
def test_a_window_is_news_where_it_is_worse_than_those_before(
    first: FirstWindows, failed: int, news: bool
) -> None:
    assert (first.score_one(failed, 100) >= NEWS) is news


def test_scoring_changes_nothing_and_the_state_survives_json() -> None:
    first = after((3, 70), (1, 90))
    before = first.to_json()
    assert 0.0 <= first.score_one(20, 100) < 1.0
    assert first.to_json() == before
    assert FirstWindows.from_json(json.loads(json.dumps(before))).to_json() == before


def test_of_what_strayed_a_twentieth_is_learned() -> None:
    assert after((40, 100), strayed=True).to_json() == [2.0, 5.0]


@pytest.mark.parametrize(
    ("broken", "at", "lasted"),
    [
        pytest.param([], 0, False, id="the first"),
        pytest.param([1, 1, 1], 180, False, id="the fourth in a row"),
        pytest.param([1, 1, 1, 1], 240, True, id="the fifth in a row"),
        pytest.param([1, 1, 0, 1, 1], 300, False, id="with one between that was well"),
        pytest.param([1, 1, 1, 1], 300, False, id="with a minute between of which nothing came"),
    ],
)
def test_a_spell_has_lasted_after_five_minutes_without_a_pause(
    broken: list[int], at: int, lasted: bool
) -> None:
    spell = Spell(window_seconds=60)
    for number, is_broken in enumerate(broken):
        spell.learn_one(broken=bool(is_broken), at=60 * number)
    again = Spell.from_json(json.loads(json.dumps(spell.to_json())), 60)
    assert LASTED_SECONDS == 300
    assert spell.lasted(at) is again.lasted(at) is lasted
