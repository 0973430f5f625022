"""What each stage does at a load, and what it needs of quotas."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.cost import running
from infra.cost.batching import answered_after
from infra.cost.figures import MONTH_SECONDS, Figures
from infra.cost.installation import scene_of
from infra.cost.load import Load
from infra.cost.messaging import at_least, batch_bytes, entry_bytes
from infra.cost.storing import Scene, operations

QUOTAS = Path(__file__).with_name("quotas.toml")
_MB, _GB = 1e6, 1e9
# Entries a second between which a limit is looked for, and how exactly.
_SLOWEST, _FASTEST, _CLOSE = 0.1, 1e9, 1.001


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota or limit; `need` names the need that is held against it."""

    name: str
    limit: float
    unit: str
    need: str
    verified: bool
    source: str
    raise_: str

    @classmethod
    def read_all(cls, path: Path = QUOTAS) -> list["Quota"]:
        """Return the quotas of a file."""
        found = tomllib.loads(path.read_text())["quota"]
        return [cls(raise_=each.pop("raise"), **each) for each in found]


@dataclass(frozen=True, slots=True)
class Stage:
    """One line about a stage: what is counted, and how much of it there is."""

    name: str
    counted: str
    value: float


def stages(load: Load, figures: Figures) -> list[Stage]:
    """Return what each stage does at `load`, in the order in which entries go through."""
    scene = scene_of(load, figures)
    detect = running.detect_anomalies(scene)
    needs = needs_of(scene)
    tenants, found = load.tenants, scene.detecting
    each_second = operations(scene)
    return [
        Stage("sink, vigil-logs", "MB/s pushed", load.per_second * _pushed_entry(scene) / _MB),
        Stage("batch_logs", "cores", load.per_second * figures["request_cpu_seconds"]),
        Stage("batch_logs", "requests held", needs["pushes_held"]),
        Stage("batch_logs", "instances", scene.batches.instances),
        Stage("vigil-batches", "entries in a batch", scene.batches.entries),
        Stage("vigil-batches", "batches/s", scene.batches.batches * tenants),
        Stage("detect_anomalies", "services' shares of batches/s", found.parts * tenants),
        Stage("detect_anomalies", "of them waiting, %", _percent(found.waiting, found.parts)),
        Stage("detect_anomalies", "cores", sum(w.requests * w.cpu_seconds for w in detect)),
        Stage("detect_anomalies", "instances", needs["detect_instances"]),
        Stage("Firestore", "reads/s", each_second["firestore.reads"] / MONTH_SECONDS),
        Stage("Firestore", "writes/s", each_second["firestore.writes"] / MONTH_SECONDS),
        Stage("tick", "seconds to judge", running.tick_seconds(scene)),
        Stage("tick", "seconds to correlate", running.manage_alerts(scene)[0].held_seconds),
    ]


def needs_of(scene: Scene) -> Mapping[str, float]:
    """Return what is needed of each quota, by its name in quotas.toml."""
    load, figures, found = scene.load, scene.figures, scene.detecting
    batches = scene.batches.batches * load.tenants * at_least(batch_bytes(scene))
    pushed = load.per_second * _pushed_entry(scene) + batches
    published = load.per_second * (entry_bytes(scene) - _pushed_entry(scene)) + batches
    held = load.per_second * answered_after(load, figures, scene.batches.instances)
    done = operations(scene)
    count = _all_instances(scene)
    memory = figures.functions["batch_logs"].memory_gib
    return {
        "published_mb": published / _MB,
        "pushed_mb": pushed / _MB,
        "pushes_held": held,
        "batch_instances": scene.batches.instances,
        "detect_instances": _detect_instances(scene),
        "vcpus": count,
        "memory_gib": count * memory,
        "held_by_one": held / scene.batches.instances,
        "logged_gb": load.per_second / load.tenants * figures["entry_bytes"] * 60 / _GB,
        "document_writes": 1 / figures["pace_seconds"] if found.waiting else found.commits,
        "growing_writes": found.parts * load.tenants,
        "document_operations": (done["firestore.reads"] + done["firestore.writes"]) / MONTH_SECONDS,
    }


def _all_instances(scene: Scene) -> int:
    """Return how many instances there are, with one of each function that has little to do."""
    manage = running.instances("manage_alerts", running.manage_alerts(scene), scene.figures)
    others = 2
    return scene.batches.instances + _detect_instances(scene) + manage + others


def _detect_instances(scene: Scene) -> int:
    work = running.detect_anomalies(scene)
    return running.instances("detect_anomalies", work, scene.figures)


def rate_at(quota: Quota, shape: Load, figures: Figures) -> float:
    """Return at how many entries a second the tenants of `shape` reach a quota; inf if never."""
    low, high = _SLOWEST, _FASTEST
    if _need(quota, shape, high, figures) <= quota.limit:
        return math.inf
    while high / low > _CLOSE:
        middle = math.sqrt(low * high)
        if _need(quota, shape, middle, figures) > quota.limit:
            high = middle
        else:
            low = middle
    return low


def _need(quota: Quota, shape: Load, rate: float, figures: Figures) -> float:
    load = replace(shape, entries=rate * MONTH_SECONDS)
    return needs_of(scene_of(load, figures))[quota.need]


def _pushed_entry(scene: Scene) -> float:
    size = scene.figures["entry_bytes"] + scene.figures["message_bytes"]
    return at_least(size)


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0
