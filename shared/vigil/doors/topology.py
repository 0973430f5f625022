"""The topics of a deployment, and what is pushed from them to which function: one table.

`vigil up --emulators` makes what stands here, and so does Terraform, which reads it from
`infra/terraform/topology.json`; `python -m vigil.doors.topology FILE` writes that.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import orjson

from vigil.doors.alert_sources import PUSHED
from vigil.logs.own_entries import FED_BACK, OwnEntries
from vigil.logs.sink_filter import own_entries_filter
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.events import TOPIC as EVENTS

TICKS = "vigil-ticks"
# What Cloud Monitoring's own Pub/Sub channels publish.
MONITORING = "vigil-monitoring"
TOPICS = (LOGS, BATCHES, TICKS, EVENTS, MONITORING)
FUNCTIONS = (
    "batch_logs",
    "detect_anomalies",
    "manage_alerts",
    "analyze_incidents",
    "receive_alerts",
    "cleanup",
    "api",
)
# How the names of Vigil's own services begin.
OWN_SERVICES = "vigil-"
# Where Terraform puts the project in which it deploys.
ANY_PROJECT = "the-own-project"
# The most that Pub/Sub allows. With pauses of up to ten minutes it takes fifteen hours of trouble
# until a message is set aside, and what waited comes within as long as the trouble lasted.
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
    maximum_backoff: timedelta = timedelta(minutes=10)
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


def _worked_on(
    name: str, topic: str, function: str, *, seconds: int, path: str = "/"
) -> PushSubscription:
    return PushSubscription(
        name,
        topic,
        function,
        path,
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
    _worked_on("receive-alerts", MONITORING, "receive_alerts", seconds=60, path=PUSHED),
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


def generated_file() -> bytes:
    """Return what the file has to hold: durations are in seconds."""
    topology = {
        "topics": TOPICS,
        "dead_letter_topics": DEAD_LETTER_TOPICS,
        "pushes": {each.name: _in_seconds(each) for each in PUSHES},
        "set_aside": {each.name: _in_seconds(each) for each in SET_ASIDE},
        # A service's beginning stands in it as it is, so Terraform can put others beside it.
        "own_entries_filter": own_entries_filter((OWN_SERVICES,)),
        "fed_back": _fed_back(),
    }
    return orjson.dumps(topology, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _fed_back() -> dict[str, dict[str, str]]:
    filters = OwnEntries((), ANY_PROJECT).exclusions()
    return {
        name: {"reason": each.reason, "filter": filters[name]} for name, each in FED_BACK.items()
    }


def _in_seconds(subscription: PushSubscription | PullSubscription) -> dict[str, object]:
    fields = asdict(subscription)
    return {
        f"{name}_seconds" if isinstance(value, timedelta) else name: (
            int(value.total_seconds()) if isinstance(value, timedelta) else value
        )
        for name, value in fields.items()
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(generated_file())
