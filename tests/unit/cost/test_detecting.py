"""What detect_anomalies writes: by hand, and beside what the benchmark has measured."""

import pytest

from infra.cost.batching import Batching
from infra.cost.detecting import detecting
from infra.cost.figures import MONTH_SECONDS, Figures
from infra.cost.load import Load
from infra.cost.running import detect_anomalies
from infra.cost.storing import Scene, operations

FIGURES = Figures.read()


def _scene(batches_a_second: float, *, services: int = 1, clumps: float = 100) -> Scene:
    """Return batches of one tenant, each with an entry of every service."""
    batches = Batching(1, 0.0, clumps, batches_a_second, clumps, 1.0)
    load = Load(1, tenants=1, services=services, clump=1, is_even=True)
    return Scene(load, FIGURES, batches, detecting(load, batches, FIGURES))


def _by_part(scene: Scene, name: str) -> float:
    """Return what a part costs beside what the same tenant costs when nothing comes."""
    quiet = _scene(0.0, services=scene.load.services)
    more = operations(scene)[name] - operations(quiet)[name]
    return more / MONTH_SECONDS / scene.detecting.parts


def test_a_cold_part_is_a_commit_of_its_own() -> None:
    found = _scene(0.001).detecting

    assert found.commits == pytest.approx(found.parts, rel=0.01)
    assert found.waiting == pytest.approx(0, abs=1e-5)


def test_no_service_is_committed_to_more_often_than_the_pace() -> None:
    found = _scene(100, services=3).detecting

    assert found.commits == pytest.approx(3 / 1.1, rel=0.01)
    assert found.waiting == pytest.approx(found.parts, rel=0.01)


@pytest.mark.parametrize(
    ("a_second", "measured"),
    [
        pytest.param(0.02, 4.0, id="cold, with the tick that judges it"),
        pytest.param(2, 3.1, id="twice a second"),
        pytest.param(10, 2.2, id="ten times a second"),
        pytest.param(50, 2.0, id="fifty times a second"),
    ],
)
def test_the_model_writes_what_was_measured(a_second: float, measured: float) -> None:
    """As `python -m tests.benchmarks.unit_figures` prints it; the ticks' share is taken off."""
    scene = _scene(a_second)
    ticks = scene.detecting.active / 60 / scene.detecting.parts

    assert _by_part(scene, "firestore.writes") - ticks == pytest.approx(measured, rel=0.12)


@pytest.mark.parametrize(
    ("a_second", "measured"),
    [
        pytest.param(2, 9.2, id="twice a second"),
        pytest.param(10, 8.5, id="ten times a second"),
        pytest.param(50, 13.8, id="fifty times a second"),
    ],
)
def test_a_part_that_waits_reads_about_what_was_measured(a_second: float, measured: float) -> None:
    assert _by_part(_scene(a_second), "firestore.reads") == pytest.approx(measured, rel=0.5)


def test_a_ledger_key_for_each_part_and_a_span_of_digests_expire() -> None:
    # Cold, each part has a span of its own; at ten a second a hundred of them share one.
    assert _by_part(_scene(0.001), "firestore.expiries") == pytest.approx(2, rel=0.01)
    assert _by_part(_scene(10), "firestore.expiries") == pytest.approx(1.01, rel=0.01)


def test_a_batch_that_waits_is_held_until_the_next_commit() -> None:
    # One call to read and one to commit, and as long as was measured until the commit.
    held = [detect_anomalies(_scene(a_second))[0].held_seconds for a_second in (0.0001, 100)]

    assert held == pytest.approx([0.02, 0.87], rel=0.01)


def test_the_parts_of_a_batch_are_its_different_services() -> None:
    # Two clumps of four services: three times out of four they differ.
    assert _scene(1, services=4, clumps=2).detecting.parts == pytest.approx(1.75)


def test_a_busy_service_takes_most_of_the_clumps() -> None:
    assert Load(1, 1, services=3).shares == pytest.approx([6 / 11, 3 / 11, 2 / 11])
    assert Load(1, 1, services=3, is_even=True).shares == pytest.approx([1 / 3] * 3)
