"""The topics of a deployment, and what is pushed from them to which function: one table.

Terraform makes what stands here, and so does `vigil up --emulators`; a test compares the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from vigil.workflows.batch_logs import LOGS
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.events import TOPIC as EVENTS

TICKS = "vigil-ticks"
TOPICS = (LOGS, BATCHES, TICKS, EVENTS)
FUNCTIONS = (
    "batch_logs",
    "detect_anomalies",
    "manage_alerts",
    "analyze_incidents",
    "receive_alerts",
    "cleanup",
    "api",
)
# The most that Pub/Sub allows: with pauses of two minutes it is three hours of somebody's trouble
# until a message is set aside.
ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A subscription of `topic` that pushes to `path` of `function`.

    `ack_deadline` is longer than the function works on one push. A push that failed comes again
    after `minimum_backoff`, and later each time up to `maximum_backoff`. After `attempts` it goes
    to the topic `dead_letters`, if there is one; `retention` is how long it is kept in any case.
    """

    name: str
    topic: str
    function: str
    path: str = "/"
    ack_deadline: timedelta = timedelta(seconds=60)
    minimum_backoff: timedelta = timedelta(seconds=1)
    maximum_backoff: timedelta = timedelta(minutes=2)
    attempts: int = ATTEMPTS
    dead_letters: str | None = None
    retention: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PullSubscription:
    """A subscription from which people take: what was set aside, until they have seen to it."""

    name: str
    topic: str
    ack_deadline: timedelta = timedelta(seconds=60)
    retention: timedelta = timedelta(days=7)


def _worked_on(name: str, topic: str, function: str, *, seconds: int) -> PushSubscription:
    return PushSubscription(
        name,
        topic,
        function,
        ack_deadline=timedelta(seconds=seconds),
        dead_letters=f"{name}-dead",
    )


def _ticked(name: str, function: str, *, seconds: int) -> PushSubscription:
    """Return a subscription of ticks: the next one does what this one did not."""
    return PushSubscription(
        name,
        TICKS,
        function,
        ack_deadline=timedelta(seconds=seconds),
        maximum_backoff=timedelta(seconds=10),
        retention=timedelta(minutes=10),
    )


WORK = (
    _worked_on("batch-logs", LOGS, "batch_logs", seconds=60),
    _worked_on("detect-anomalies", BATCHES, "detect_anomalies", seconds=120),
    _worked_on("manage-alerts", EVENTS, "manage_alerts", seconds=120),
    # A model may think for more than a minute, and be asked twice.
    _worked_on("analyze-incidents", EVENTS, "analyze_incidents", seconds=300),
    _ticked("detect-anomalies-ticks", "detect_anomalies", seconds=120),
    # Channels may hang, one after the other.
    _ticked("manage-alerts-ticks", "manage_alerts", seconds=300),
)
# Entries are accounted for also when they were given up; nobody counts events.
_COUNTING = ("batch_logs", "detect_anomalies")
_COUNTED_AT = "/dead-letters"


def _dead_letters() -> Iterator[tuple[str, str]]:
    for each in WORK:
        if each.dead_letters:
            yield each.dead_letters, each.function


DEAD_LETTER_TOPICS = tuple(topic for topic, _ in _dead_letters())
# A dead letter is counted at once, and kept for whoever sees to it.
SET_ASIDE = tuple(PullSubscription(topic, topic) for topic in DEAD_LETTER_TOPICS)
COUNTED = tuple(
    PushSubscription(f"{topic}-count", topic, function, _COUNTED_AT)
    for topic, function in _dead_letters()
    if function in _COUNTING
)
PUSHES = (*WORK, *COUNTED)
