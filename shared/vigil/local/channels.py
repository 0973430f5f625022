"""The channels of a tenant: those that the settings set up, and those that somebody names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vigil.errors import InvalidRequest
from vigil.model.channel import Channel, ChannelKind
from vigil.settings import PREFIX, Settings

TERMINAL = Channel("terminal", ChannelKind.TERMINAL)
_ENVIRONMENT = r"env:[A-Za-z_][A-Za-z0-9_]*"
_FILE = r"file:/.+"
_SECRET = (
    r"secret:(?:projects/[^/]+/secrets/)?[A-Za-z0-9_-]{1,255}(?:/versions/[A-Za-z0-9_-]{1,63})?"
)


@dataclass(frozen=True, slots=True)
class NamedChannels:
    """Where a tenant is to be told, as somebody gives it: names of secrets, never the secrets.

    `slack` names an incoming webhook's address, `webhook` an address and `webhook_key` the key with
    which what is posted there is signed.
    """

    slack: str | None = None
    webhook: str | None = None
    webhook_key: str | None = None

    def channels(self, *, on_google: bool) -> tuple[Channel, ...]:
        """Return them; raise InvalidRequest for what names no secret that can be read there."""
        self._check(on_google=on_google)
        channels = []
        if self.slack is not None:
            channels.append(Channel("slack", ChannelKind.SLACK, self.slack))
        if self.webhook is not None:
            key = self.webhook_key
            channels.append(Channel("webhook", ChannelKind.WEBHOOK, self.webhook, key))
        return tuple(channels)

    def _check(self, *, on_google: bool) -> None:
        if (self.webhook is None) is not (self.webhook_key is None):
            raise InvalidRequest(
                "--webhook and --webhook-key belong together: nothing is posted unsigned"
            )
        given = {
            "--slack": self.slack,
            "--webhook": self.webhook,
            "--webhook-key": self.webhook_key,
        }
        for option, reference in given.items():
            if reference is not None and not _names_a_secret(reference, on_google=on_google):
                raise InvalidRequest(_complaint(option, on_google=on_google))


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


def with_channels(known: Sequence[Channel], added: Sequence[Channel]) -> tuple[Channel, ...]:
    """Return `known` and `added`, which take the place of those of the same id."""
    by_id = {channel.channel_id: channel for channel in (*known, *added)}
    return tuple(by_id.values())


def _reference(setting: str) -> str:
    """Return the name under which the Secrets port reads a setting."""
    return f"env:{PREFIX}{setting.upper()}"


def _names_a_secret(reference: str, *, on_google: bool) -> bool:
    places = (_ENVIRONMENT, _FILE, _SECRET) if on_google else (_ENVIRONMENT, _FILE)
    return re.fullmatch("|".join(places), reference) is not None


def _complaint(option: str, *, on_google: bool) -> str:
    # What was given is not repeated: it may be the secret itself.
    if on_google:
        return (
            f"{option} takes the name of a secret, never the secret: secret:NAME or "
            "secret:projects/P/secrets/NAME of Secret Manager, env:NAME or file:/path of the "
            "function manage_alerts"
        )
    return (
        f"{option} takes the name of a secret, never the secret: env:NAME or file:/path here, and "
        "secret:NAME on Google Cloud, where VIGIL_PROJECT is set"
    )
