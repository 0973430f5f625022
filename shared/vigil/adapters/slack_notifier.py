"""Notifications to Slack, through an incoming webhook."""

import json
import re

from vigil.adapters.channel_secret import send_with_secrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.message_facts import Fact, headline, message_facts
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage, Transition
from vigil.model.severity import Severity
from vigil.ports import Secrets

# Slack's limits: https://docs.slack.dev/reference/block-kit
TEXT_LIMIT = 3000
HEADER_LIMIT = 150
_COLOURS = {
    Severity.CRITICAL: "#b3261e",
    Severity.HIGH: "#e8710a",
    Severity.MEDIUM: "#f2b600",
    Severity.LOW: "#4a90d9",
}
_RESOLVED_COLOUR = "#2e7d32"
_HALF_ENTITY = re.compile(r"&[a-z]*$")

_Block = dict[str, object]


class SlackNotifier:
    """Posts an alert to a Slack channel as blocks, with a one-line text for the lock screen.

    The channel's `address_ref` names the secret that holds the webhook's URL. A webhook cannot
    change what it has posted, so a resolution is a message of its own, and a second delivery of one
    key shows twice.
    """

    kind = ChannelKind.SLACK

    def __init__(self, secrets: Secrets, delivery: HttpDelivery) -> None:
        """Take the parts; an address is read when there is something to send to it."""
        self._secrets = secrets
        self._delivery = delivery

    def send(self, message: AlertMessage, channel: Channel) -> None:
        """Return when Slack has taken it; raise NotificationFailed or NotificationRejected."""
        body = json.dumps(slack_payload(message)).encode()

        def post(address: str) -> None:
            self._delivery.post(address, body, {"content-type": "application/json"})

        send_with_secrets(self._secrets, channel, ("address_ref",), post)


def slack_payload(message: AlertMessage) -> dict[str, object]:
    """Return the body for Slack: at most ten blocks, no text object longer than Slack takes.

    Whatever may come from a log stands in plain_text, where Slack makes neither links nor mentions
    of it, or is escaped (FAULTS D17).
    """
    details = [_fact_block(fact) for fact in message_facts(message)]
    fallback = _escaped(_summary(message), TEXT_LIMIT)
    return {
        "text": fallback,
        "blocks": [{"type": "header", "text": _plain_text(headline(message), HEADER_LIMIT)}],
        "attachments": [
            {
                "color": _colour(message),
                "fallback": fallback,
                "blocks": [*details, _link_block(message.url)],
            }
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _summary(message: AlertMessage) -> str:
    why = message_facts(message)[0].lines[0]
    return f"{headline(message)} - {why}"


def _colour(message: AlertMessage) -> str:
    resolved = message.transition is Transition.RESOLVED
    return _RESOLVED_COLOUR if resolved else _COLOURS[message.severity]


def _fact_block(fact: Fact) -> _Block:
    separator = "\n" if len(fact.lines) > 1 else " "
    text = separator.join((f"{fact.label}:", *fact.lines))
    return {"type": "section", "text": _plain_text(text, TEXT_LIMIT)}


def _link_block(url: str) -> _Block:
    # A link and not a button: a button needs an app with interactivity behind it, even where it
    # only opens a page. A bar or a bracket would end the link early.
    target = url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E").replace("&", "&amp;")
    return {"type": "section", "text": {"type": "mrkdwn", "text": f"<{target}|Open the alert>"}}


def _plain_text(text: str, limit: int) -> _Block:
    return {"type": "plain_text", "text": _escaped(text, limit), "emoji": False}


def _escaped(text: str, limit: int) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped) <= limit:
        return escaped
    # An entity that was cut in half would show as its letters.
    return _HALF_ENTITY.sub("", escaped[: limit - 1]) + "…"
