"""The messages that this version writes, one of each kind, of an outage that is always the same.

`python -m tests.golden.writers FOLDER` writes them into the folder of a new version.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.builders import NOON, raw_entry
from tests.cascades import alerts
from tests.received_payloads import Sender, over, raised
from tests.vigil_in_memory import ACME, VigilInMemory, payments
from vigil.doors.topology import TICKS
from vigil.ports import Message
from vigil.workflows import ticks
from vigil.workflows.heartbeats import Heartbeats

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Published:
    """A message and the topic on which it was published."""

    topic: str
    message: Message

    @classmethod
    def read(cls, folder: Path, name: str) -> "Published":
        """Return the message of that name in the folder of a version."""
        around = orjson.loads((folder / f"{name}.message.json").read_bytes())
        data = (folder / f"{name}.data").read_bytes()
        return cls(
            around["topic"], Message(data, around["attributes"], around.get("ordering_key", ""))
        )

    def write(self, folder: Path, name: str) -> None:
        """Keep the data to the byte, and what is published around it."""
        around: dict[str, Any] = {"topic": self.topic, "attributes": self.message.attributes}
        if self.message.ordering_key:
            around["ordering_key"] = self.message.ordering_key
        (folder / f"{name}.message.json").write_bytes(orjson.dumps(around, option=_OPTIONS))
        (folder / f"{name}.data").write_bytes(self.message.data)


def written_today() -> dict[str, Published]:
    """Return a message of each kind by its name, the event type; each field of entries is used."""
    with VigilInMemory(ACME) as vigil:
        vigil.receive(_entries())
        # Enough failures for one page, after a first batch that shows every field of an entry.
        vigil.receive(payments(40, status=500))
        vigil.settle()
        vigil.clock.advance(_MINUTE)
        [alert] = alerts(vigil)
        actions = vigil.workflows.alert_actions
        actions.acknowledge(vigil.store, alert.alert_id, by="ada")
        vigil.clock.advance(_MINUTE)
        actions.resolve(vigil.store, alert.alert_id, by="ada", note="rolled back")
        vigil.deliver()
        reopen = vigil.workflows.incident_actions.reopen
        reopen(vigil.store, alert.incident_id, by="ada", note="fails again")
        vigil.deliver()
        Sender(vigil).send(raised(), over(raised(instance="b")))
        Heartbeats(documents=vigil.documents, publisher=vigil.bus, clock=vigil.clock).beat()
        # As Cloud Scheduler sends it.
        vigil.bus.publish(TICKS, [Message(b"", {"event_type": ticks.EVENT_TYPE})])
        kinds: dict[str, Published] = {}
        for topic, message in vigil.bus.published:
            kinds.setdefault(message.attributes["event_type"], Published(topic, message))
    return kinds


def _entries() -> list[dict[str, object]]:
    own = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}
    return [
        raw_entry(
            insertId="g1",
            severity="ERROR",
            trace="projects/shop/traces/4bf92f3577b34da6a3ce929d0e0e4736",
            spanId="00f067aa0ba902b7",
            httpRequest={
                "requestMethod": "POST",
                "requestUrl": "/pay",
                "status": 500,
                "latency": "0.250s",
            },
            jsonPayload={"message": "card refused", "parent_span_id": "a1"},
        ),
        raw_entry(insertId="g2", severity="DEFAULT", textPayload="ERROR: no connection"),
        raw_entry(
            insertId="g3",
            textPayload="the first half",
            split={"uid": "u1", "index": 0, "totalSplits": 2},
        ),
        raw_entry(insertId="g4", textPayload="x" * 300_000),
        raw_entry(insertId="g5", timestamp=NOON.replace(year=2025).isoformat()),
        raw_entry(insertId="g6", resource=own),
        raw_entry(insertId="g7", severity="WARNING", textPayload="login failed from 203.0.113.7"),
    ]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name, published in written_today().items():
        published.write(target, name)
