"""What Pub/Sub is asked for: bytes published and bytes pushed.

At least 1,000 bytes are charged for a request. A sink publishes many entries in one request; each
is pushed in a request of its own.
"""

from infra.cost.figures import MONTH_DAYS, MONTH_SECONDS
from infra.cost.price_list import times, total
from infra.cost.storing import Scene

LEAST_BYTES = 1_000


def at_least(size: float) -> float:
    """Return what is charged for a request of so many bytes.

    >>> at_least(20), at_least(1_500.0)
    (1000, 1500.0)
    """
    return max(LEAST_BYTES, size)


def entry_bytes(scene: Scene) -> float:
    """Return what an entry is charged with on its way into batch_logs."""
    size = scene.figures["entry_bytes"] + scene.figures["message_bytes"]
    return size + at_least(size)


def batch_bytes(scene: Scene) -> float:
    """Return how large the message of a batch is."""
    entries = scene.batches.entries * scene.figures["batched_entry_bytes"]
    return scene.figures["batch_bytes"] + entries


def messaging(scene: Scene) -> dict[str, float]:
    """Return what all topics and subscriptions carry in a month."""
    figures, load = scene.figures, scene.load
    batches = scene.batches.batches * load.tenants * 2 * at_least(batch_bytes(scene))
    # A tick is pushed to two functions, a heartbeat goes through two topics.
    minutely = (3 + 4) * LEAST_BYTES / figures["tick_seconds"]
    each_second = {"pubsub.bytes": load.per_second * entry_bytes(scene) + batches + minutely}
    events = load.tenants * figures["anomaly_events"] * 3 * at_least(figures["event_bytes"])
    each_day = {"pubsub.bytes": events if load.entries else 0.0}
    return total(times(each_second, MONTH_SECONDS), times(each_day, MONTH_DAYS))
