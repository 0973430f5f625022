"""The channels that the settings of an embedded Vigil set up."""

from vigil.model.channel import Channel, ChannelKind
from vigil.settings import PREFIX, Settings

TERMINAL = Channel("terminal", ChannelKind.TERMINAL)


def configured_channels(settings: Settings, terminal: Channel = TERMINAL) -> tuple[Channel, ...]:
    """Return the terminal, and Slack and the webhook where their addresses are set.

    >>> [channel.channel_id for channel in configured_channels(Settings(slack_webhook_url=None))]
    ['terminal']
    """
    channels = [terminal]
    if settings.slack_webhook_url is not None:
        address = _reference("slack_webhook_url")
        channels.append(Channel("slack", ChannelKind.SLACK, address))
    if settings.webhook_url is not None:
        address, key = _reference("webhook_url"), _reference("webhook_signing_key")
        channels.append(Channel("webhook", ChannelKind.WEBHOOK, address, key))
    return tuple(channels)


def _reference(setting: str) -> str:
    """Return the name under which the Secrets port reads a setting."""
    return f"env:{PREFIX}{setting.upper()}"
