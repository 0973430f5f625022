"""A channel: a destination of notifications."""

from dataclasses import dataclass
from enum import StrEnum

from vigil.model.severity import Severity


class ChannelKind(StrEnum):
    """The kinds of destination for which there is a notifier."""

    TERMINAL = "terminal"
    SLACK = "slack"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Channel:
    """A destination of notifications.

    An address or a key that grants something is not kept here but named: `address_ref` (a Slack
    webhook's URL, a webhook's URL) and `signing_key_ref` (a webhook's `whsec_` key) are references
    that the Secrets port reads.
    """

    channel_id: str
    kind: ChannelKind
    address_ref: str | None = None
    signing_key_ref: str | None = None
    minimum_severity: Severity = Severity.HIGH
    send_resolved: bool = True
