"""Which channels are told."""

from collections.abc import Sequence

from vigil.model.channel import Channel
from vigil.model.severity import Severity


def route(severity: Severity, channels: Sequence[Channel]) -> tuple[Channel, ...]:
    """Return the channels that want to hear of something of this severity, in their order.

    >>> from vigil.model.channel import ChannelKind
    >>> pager = Channel("pager", ChannelKind.WEBHOOK, minimum_severity=Severity.CRITICAL)
    >>> terminal = Channel("terminal", ChannelKind.TERMINAL)
    >>> [channel.channel_id for channel in route(Severity.HIGH, [pager, terminal])]
    ['terminal']
    """
    return tuple(c for c in channels if c.minimum_severity.rank <= severity.rank)
