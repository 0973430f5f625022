import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import alert_message
from tests.http_recorder import HttpRecorder
from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.slack_notifier import SlackNotifier, slack_payload
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage, Transition
from vigil.model.severity import Severity


def text_objects(node: object) -> Iterator[dict[str, str]]:
    """Yield every text object of a payload, however deep."""
    if isinstance(node, dict):
        if node.get("type") in ("plain_text", "mrkdwn"):
            yield node
        for child in node.values():
            yield from text_objects(child)
    elif isinstance(node, list):
        for child in node:
            yield from text_objects(child)


def attachment(message: AlertMessage) -> dict[str, object]:
    return cast("list[dict[str, object]]", slack_payload(message)["attachments"])[0]


def test_slack_gets_json_at_the_webhooks_address() -> None:
    with HttpRecorder() as recorder:
        secrets = EnvironmentSecrets({"SLACK": f"{recorder.address}/services/T0/B0/x"})
        notifier = SlackNotifier(secrets, HttpDelivery(now=lambda: datetime.now(UTC)))
        notifier.send(alert_message(), Channel("team", ChannelKind.SLACK, "env:SLACK"))
    (request,) = recorder.requests
    assert request.target == "/services/T0/B0/x"
    assert request.headers["content-type"] == "application/json"
    assert request.json == slack_payload(alert_message())


def test_the_message_reads_in_the_order_of_questions_at_night() -> None:
    texts = [text["text"] for text in text_objects(slack_payload(alert_message()))]
    assert texts == [
        "CRITICAL: POST /payment fails",
        "Why: 38 of 40 requests failed, usually 0 of 42",
        "Since: 2026-01-20 10:30:15 UTC",
        "Root cause: shop-payment POST /payment",
        "Affected: POST /payment, POST /checkout",
        "First steps:\n1. Read the payment service's log\n2. Roll back its last release",
        "<https://vigil.example/alerts/v1-alert|Open the alert>",
    ]


def test_the_lock_screen_shows_severity_title_and_why() -> None:
    assert slack_payload(alert_message())["text"] == (
        "CRITICAL: POST /payment fails - 38 of 40 requests failed, usually 0 of 42"
    )


def test_every_severity_has_its_own_colour_and_a_resolution_another() -> None:
    colours = {attachment(alert_message(severity=severity))["color"] for severity in Severity}
    resolved = attachment(alert_message(transition=Transition.RESOLVED))["color"]
    assert len(colours | {resolved}) == len(Severity) + 1


@pytest.mark.parametrize(
    "injection",
    [
        "<!channel> wake up",
        "<https://evil.example|Open the alert>",
        "<@U123> & <#C123>",
        "*bold* _x_ `code` https://evil.example",
    ],
)
def test_d17_what_a_log_says_is_never_read_as_markup(injection: str) -> None:
    message = alert_message(
        title=injection,
        why=injection,
        root_cause=injection,
        affected=(injection,),
        steps=(injection,),
        note=injection,
    )
    payload = slack_payload(message)
    marked_up = [text["text"] for text in text_objects(payload) if text["type"] == "mrkdwn"]
    assert marked_up == ["<https://vigil.example/alerts/v1-alert|Open the alert>"]
    assert "<" not in cast("str", payload["text"])
    assert payload["unfurl_links"] is False


def test_d17_what_reverses_the_writing_direction_or_has_no_width_is_dropped() -> None:
    shown = json.dumps(
        slack_payload(alert_message(why="a\u202eb\u200bc\u2066d")), ensure_ascii=False
    )
    assert "Why: abcd" in shown


def test_d17_a_link_cannot_be_ended_early() -> None:
    url = "https://vigil.example/a?x=1&y=<b>|c"
    (link,) = [
        t for t in text_objects(slack_payload(alert_message(url=url))) if t["type"] == "mrkdwn"
    ]
    assert link["text"] == "<https://vigil.example/a?x=1&amp;y=%3Cb%3E%7Cc|Open the alert>"


def test_a_long_list_is_cut_and_says_how_much_is_left_out() -> None:
    names = tuple(f"GET /{number}" for number in range(1000))
    assert "GET /9 and 990 more" in json.dumps(slack_payload(alert_message(affected=names)))


@settings(max_examples=40)
@given(
    text=st.text("&<>\x1b[ ab\ud800\U0001f600", min_size=1, max_size=8).map(lambda text: text * 700)
)
def test_no_text_is_longer_than_slack_takes_or_ends_in_half_an_entity(text: str) -> None:
    many = (text,) * 100
    payload = slack_payload(
        alert_message(title=text, why=text, root_cause=text, affected=many, steps=many, note=text)
    )
    whole = [cast("str", payload["text"]), *(text["text"] for text in text_objects(payload))]
    header, *_ = text_objects(payload)
    assert len(header["text"]) <= 150
    assert all(1 <= len(text) <= 3000 for text in whole)
    assert not any(text.removesuffix("…").endswith(("&", "&a", "&am", "&amp")) for text in whole)
    assert len(cast("list[object]", attachment(alert_message(steps=many))["blocks"])) < 50
