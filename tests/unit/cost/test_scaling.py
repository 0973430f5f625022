"""What stages need of quotas, and where a limit is reached."""

import math
from dataclasses import replace

import pytest

from infra.cost.figures import MONTH_SECONDS, Figures
from infra.cost.installation import scene_of
from infra.cost.load import Load
from infra.cost.running import tick_seconds
from infra.cost.scaling import Quota, needs_of, rate_at, stages

FIGURES = Figures.read()
QUOTAS = Quota.read_all()
SHAPE = Load(0, tenants=20, services=50)


def _needs(per_second: float) -> dict[str, float]:
    load = replace(SHAPE, entries=per_second * MONTH_SECONDS)
    return dict(needs_of(scene_of(load, FIGURES)))


@pytest.mark.parametrize("quota", QUOTAS, ids=[quota.need for quota in QUOTAS])
def test_a_limit_is_reached_where_it_is_said_to_be(quota: Quota) -> None:
    rate = rate_at(quota, SHAPE, FIGURES)

    if rate == math.inf:
        assert _needs(1e9)[quota.need] <= quota.limit
    else:
        assert _needs(rate)[quota.need] <= quota.limit < _needs(rate * 1.01)[quota.need]


def test_a_thousand_entries_a_second_are_pushed_with_their_batches() -> None:
    assert _needs(1_000)["pushed_mb"] == pytest.approx(1.066 + 0.437, abs=0.02)


def test_a_tick_takes_tenants_eight_at_a_time_and_their_services_in_turn() -> None:
    # Nobody has entries: four calls of 10 ms for each of three rounds, and six for the heartbeat.
    assert tick_seconds(scene_of(SHAPE, FIGURES)) == pytest.approx(0.18)


def test_stages_come_in_the_order_in_which_entries_go_through() -> None:
    names = [stage.name for stage in stages(Load.a_second(10, 1, 5), FIGURES)]

    assert list(dict.fromkeys(names)) == [
        "sink, vigil-logs",
        "batch_logs",
        "vigil-batches",
        "detect_anomalies",
        "Firestore",
        "tick",
    ]
