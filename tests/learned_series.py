"""Series that have been learned from minutes that are all alike, and where they are kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tests.builders import NOON
from vigil.detection.baseline import Baseline
from vigil.detection.judge import SeriesJudge
from vigil.detection.learning import Learning
from vigil.detection.place import Place
from vigil.detection.seen import Seen
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import doubled
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.model.duration_sketch import duration_bucket
from vigil.model.series import Series
from vigil.model.tenant import Thresholds
from vigil.ports import Documents
from vigil.stores.detector_states import DetectorStates

BEGAN = datetime(2026, 1, 20, tzinfo=UTC)
USUAL = Thresholds()
_START = int(BEGAN.timestamp())
REQUESTS = Window(
    entries=20,
    requests=20,
    timed=20,
    latency_us=2_000_000,
    latencies={duration_bucket(100_000): (20, 0)},
)


def learned(
    minutes: range,
    window: Window = REQUESTS,
    *,
    after: Baseline | None = None,
    lines: Mapping[str, TemplateCount] | None = None,
    thresholds: Thresholds = USUAL,
) -> Baseline:
    """Return what is known of a series after these minutes since BEGAN, one at least."""
    known = after
    for minute in minutes:
        at = _START + 60 * minute
        place = Place("acme", Series("shop", "GET /"), at, at + 60)
        judge = SeriesJudge(known, thresholds, lambda _: 0)
        known = judge.learn(Seen(window, place, known, lines or {}), ())
    assert known is not None
    return known


def judged_state(baselines: Mapping[str, Baseline], minutes: int) -> ServiceState:
    """Return the state of the service shop all of whose windows of so many minutes were judged."""
    judged_at = datetime.fromtimestamp(_START + 60 * minutes, UTC)
    return ServiceState("shop", watermark=judged_at, learning=Learning(baselines))


def keep(documents: Documents, root: str, state: ServiceState, *, split: bool = False) -> None:
    """Keep the state of a service of the tenant at `root`, in two shards if it is to be `split`."""
    states = DetectorStates(documents)
    path = states.path(root, state.service)
    parts = doubled([state]) if split else {0: state}
    read = states.read(path, None, state.service, None)
    written = states.write(replace(read, states={0: parts[0]}), parts, NOON)
    documents.commit(written.puts)
