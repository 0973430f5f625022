"""The secrets that a channel names: read when they are needed, and anew when they are refused."""

from collections.abc import Callable
from typing import Literal

from vigil.errors import (
    CredentialRefused,
    InvalidSettings,
    NotificationFailed,
    NotificationRejected,
    TransientError,
)
from vigil.model.channel import Channel
from vigil.ports import Secrets

Setting = Literal["address_ref", "signing_key_ref"]


def send_with_secrets(
    secrets: Secrets, channel: Channel, settings: tuple[Setting, ...], send: Callable[..., None]
) -> None:
    """Call `send` with what the channel's `settings` stand for, in their order.

    Where it raises CredentialRefused and one of them has changed since it was read, it is called
    once more at once, so that a rotated secret costs no notification (FAULTS B20).

    Raises NotificationRejected, saying what to set, when the channel names none or there is none,
    NotificationFailed when one cannot be read now, and whatever `send` raises.
    """
    used = [_read(secrets, channel, setting) for setting in settings]
    try:
        send(*used)
    except CredentialRefused:
        pairs = zip(settings, used, strict=True)
        renewed = [_read(secrets, channel, setting, refused) for setting, refused in pairs]
        if renewed == used:
            raise
        send(*renewed)


def _read(secrets: Secrets, channel: Channel, setting: Setting, refused: str | None = None) -> str:
    reference: str | None = getattr(channel, setting)
    where = f"channel {channel.channel_id}"
    if not reference:
        raise NotificationRejected(f"{where} has no {setting}: name a secret there, as env:NAME")
    try:
        return secrets.read(reference, refused=refused)
    except InvalidSettings as error:
        raise NotificationRejected(f"{where}, {setting}: {error}") from error
    except TransientError as error:
        raise NotificationFailed(f"{where}, {setting}: {error}") from error
