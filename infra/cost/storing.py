"""What Firestore is asked for: documents read, written and deleted, and bytes kept."""

from dataclasses import dataclass

from infra.cost.batching import Batching
from infra.cost.detecting import Detecting
from infra.cost.figures import GIB, MONTH_DAYS, MONTH_SECONDS, Figures
from infra.cost.load import Load
from infra.cost.price_list import times, total

_DAY = 86_400
# What of a day's expired documents the daily cleanup meets before their TTL policy has, and the
# most that it can read in the minutes it has.
_CLEANED, _CLEANED_MOST = 0.5, 1_000_000
# Days until what has expired is gone: the ledger's two, and up to a day for the TTL policy.
_LEDGER_DAYS, _SEEN_DAYS, _USAGE_DAYS = 2.5, 0.5, 400
# Point-in-time recovery keeps a version a minute for seven days.
_RECOVERY_DAYS, _MINUTES = 7, 1_440


@dataclass(frozen=True, slots=True)
class Scene:
    """A load and what the functions make of it."""

    load: Load
    figures: Figures
    batches: Batching
    detecting: Detecting

    @property
    def spans(self) -> float:
        """Spans that the entries of a part lie in."""
        return 1 + self.batches.held_seconds / self.figures["span_seconds"]


def operations(scene: Scene) -> dict[str, float]:
    """Return what is read, written and deleted in a month."""
    each_second = total(_parts(scene), _ticks(scene))
    each_day = total(_people(scene), _cleanup(scene))
    return total(times(each_second, MONTH_SECONDS), times(each_day, MONTH_DAYS))


def _parts(scene: Scene) -> dict[str, float]:
    """Return what batches come to, a second."""
    figures, found = scene.figures, scene.detecting
    reads = (
        found.parts * (figures["part_reads"] + scene.spans)
        + scene.batches.batches * figures["batch_reads"]
        + found.waiting * figures["waiting_reads"]
        + found.commits
    )
    commit = figures["commit_writes"] + scene.spans
    # A ledger key for each part, a delta for each that waits.
    writes = found.parts + found.waiting + found.commits * commit
    of_tenant = {
        "firestore.reads": reads,
        "firestore.writes": writes,
        "firestore.deletes": found.waiting,
        "firestore.expiries": found.parts + found.spans,
    }
    return times(of_tenant, scene.load.tenants)


def _ticks(scene: Scene) -> dict[str, float]:
    """Return what ticks and heartbeats come to, a second."""
    figures, active = scene.figures, scene.detecting.active
    reads = figures["judging_reads"] + scene.load.services + active + figures["correlating_reads"]
    of_tenants = {
        "firestore.reads": reads,
        "firestore.writes": figures["judging_writes"] + active,
    }
    of_all = {
        "firestore.reads": figures["delivering_reads"] + figures["heartbeat_reads"],
        "firestore.writes": figures["heartbeat_writes"],
    }
    return times(total(times(of_tenants, scene.load.tenants), of_all), 1 / figures["tick_seconds"])


def _people(scene: Scene) -> dict[str, float]:
    """Return what anomalies and people come to, a day; nothing where nothing comes in."""
    figures = scene.figures
    events = figures["anomaly_events"]
    of_tenant = {
        "firestore.reads": events * figures["anomaly_reads"]
        + figures["api_requests"] * figures["api_reads"],
        "firestore.writes": events * figures["anomaly_writes"],
        "firestore.expiries": events * figures["anomaly_writes"],
    }
    return times(of_tenant, scene.load.tenants if scene.load.entries else 0)


def _cleanup(scene: Scene) -> dict[str, float]:
    """Return what the daily cleanup reads; it deletes what would expire anyway."""
    expired = _parts(scene)["firestore.expiries"] * _DAY
    return {"firestore.reads": min(expired * _CLEANED, _CLEANED_MOST)}


def kept(scene: Scene) -> dict[str, float]:
    """Return what is kept, in GiB, in the database, for recovery and in backups."""
    figures, load, found = scene.figures, scene.load, scene.detecting
    small = figures["document_bytes"]
    states = load.services * (figures["state_bytes"] + small)
    digests = load.per_second / load.tenants * figures["digest_bytes"] if load.tenants else 0.0
    seen = (digests + found.spans * small) * _DAY
    ledger = found.parts * small * _DAY
    usage = load.services * small * _USAGE_DAYS
    live = states + seen * _SEEN_DAYS + ledger * _LEDGER_DAYS + usage
    versions = found.active * (figures["state_bytes"] + small) * _MINUTES + seen + ledger
    gib = load.tenants / GIB
    return {
        "firestore.storage": live * gib,
        "firestore.recovery": versions * _RECOVERY_DAYS * gib * figures["recovery"],
        "firestore.backups": live * figures["database_backups"] * gib,
    }
