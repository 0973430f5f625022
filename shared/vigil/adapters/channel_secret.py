"""The secret that a channel names, read when it is needed."""

from vigil.errors import InvalidSettings, NotificationRejected
from vigil.model.channel import Channel
from vigil.ports import Secrets


def read_channel_secret(
    secrets: Secrets, channel: Channel, *, setting: str, reference: str | None
) -> str:
    """Return what `reference`, the channel's `setting`, stands for.

    Raises NotificationRejected, saying what to set, when the channel names none or there is none.
    """
    if not reference:
        raise NotificationRejected(
            f"channel {channel.channel_id} has no {setting}: name a secret there, such as env:NAME"
        )
    try:
        return secrets.read(reference)
    except InvalidSettings as error:
        raise NotificationRejected(f"channel {channel.channel_id}, {setting}: {error}") from error
