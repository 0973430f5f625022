"""Which received alerts become one alert of Vigil (FAULTS D30)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import groupby

from vigil.model.identity import content_id
from vigil.model.received_alert import AlertGroup, ReceivedAlert, ReceivedStatus
from vigil.model.severity import Severity
from vigil.receiving.received import Received
from vigil.receiving.texts import shown_name

# Critical alerts of different names stand apart, but no flood of names makes more of one group.
PARTS = 64
# What one message carries; a label has up to four bytes a character, and Pub/Sub takes 10 MB.
MOST_TOGETHER = 500
MOST_CHARACTERS = 1_000_000


def groups_of(received: Received, *, tenant_id: str, now: datetime) -> list[AlertGroup]:
    """Return the alerts in groups, each of which is one alert of Vigil; large ones in pieces.

    The sender has grouped them already, and that is kept: its group is one alert, but for each
    severity another, so that what is grave is never told as one more of what is not. In a group
    critical alerts stand apart by name besides, in at most PARTS parts. A group is known by its
    content, so the order and the number of bodies make no difference.
    """
    ids = {id(alert): _group_id(alert, received, tenant_id) for alert in received.alerts}
    in_order = sorted(received.alerts, key=lambda alert: (ids[id(alert)], _precedence(alert)))
    return [
        AlertGroup(
            group_id=group_id,
            source=received.source,
            group_key=shown_name(received.group_key),
            status=received.status,
            severity=piece[0].severity,
            received_at=now,
            alerts=tuple(piece),
            truncated=received.truncated,
        )
        for group_id, alerts in groupby(in_order, key=lambda alert: ids[id(alert)])
        for piece in _pieces(list(alerts))
    ]


def _group_id(alert: ReceivedAlert, received: Received, tenant_id: str) -> str:
    parts = (tenant_id, received.source, received.group_key, alert.severity, _part(alert))
    return content_id("alert_group", *parts)


def _part(alert: ReceivedAlert) -> str:
    if alert.severity is not Severity.CRITICAL:
        return ""
    return str(blake2b(alert.name.encode(), digest_size=1).digest()[0] % PARTS)


def _precedence(alert: ReceivedAlert) -> tuple[bool, datetime, str]:
    return alert.status is ReceivedStatus.RESOLVED, alert.starts_at, alert.fingerprint


def _pieces(alerts: Sequence[ReceivedAlert]) -> Iterator[list[ReceivedAlert]]:
    piece: list[ReceivedAlert] = []
    characters = 0
    for alert in alerts:
        more = _characters(alert)
        if piece and (len(piece) == MOST_TOGETHER or characters + more > MOST_CHARACTERS):
            yield piece
            piece, characters = [], 0
        piece.append(alert)
        characters += more
    yield piece


def _characters(alert: ReceivedAlert) -> int:
    texts = (*alert.labels.items(), *alert.annotations.items())
    lengths = sum(len(name) + len(text) for name, text in texts)
    return lengths + len(alert.summary) + len(alert.description) + len(alert.generator_url or "")
