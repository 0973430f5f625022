"""Who is told, and whether a telling that falls due is still right."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, anomaly, incident
from vigil.alerting.delivery import claim, sent, withdrawn
from vigil.alerting.lifecycle import acknowledge, fold, open_alert, resolve
from vigil.alerting.notification_plan import (
    Reason,
    Verdict,
    notification_key,
    opening_key,
    plan,
    reason_to_send,
)
from vigil.model.alert import Alert
from vigil.model.channel import Channel, ChannelKind
from vigil.model.identity import checked_id
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.severity import Severity

TERMINAL = Channel("terminal", ChannelKind.TERMINAL)
PAGER = Channel("pager", ChannelKind.WEBHOOK, minimum_severity=Severity.CRITICAL)
QUIET = Channel("quiet", ChannelKind.SLACK, send_resolved=False)
CHANNELS = (TERMINAL, PAGER, QUIET)
LATER = NOON + timedelta(minutes=5)
OPEN = open_alert(incident(), anomaly(), channels=CHANNELS)
RESOLVED = resolve(OPEN, by="ann", now=LATER)


def told(alert: Alert, transition: Transition) -> list[str]:
    planned = plan(alert, transition, CHANNELS, now=NOON)
    return [notification.channel_id for notification in planned]


def the_opening(**changes: object) -> Notification:
    (notification,) = plan(OPEN, Transition.OPENED, [TERMINAL], now=NOON)
    return replace(notification, **changes)  # type: ignore[arg-type]  # each test names real fields


(THE_END,) = plan(RESOLVED, Transition.RESOLVED, [TERMINAL], now=LATER)


@given(st.sampled_from([s for s in Severity if s.pages]), st.lists(st.sampled_from(CHANNELS)))
def test_c05_an_alert_that_opens_has_a_notification_for_each_channel_it_names(
    severity: Severity, channels: list[Channel]
) -> None:
    alert = open_alert(incident(severity=severity), anomaly(), channels=channels)

    planned = plan(alert, Transition.OPENED, channels, now=NOON)

    assert tuple(each.channel_id for each in planned) == alert.notification_channels
    assert all(each.status is NotificationStatus.DUE for each in planned)
    assert all(each.due_at == NOON for each in planned)


@pytest.mark.parametrize(
    ("severity", "opened", "resolved"),
    [
        pytest.param(Severity.HIGH, ["terminal", "quiet"], ["terminal"], id="high"),
        pytest.param(
            Severity.CRITICAL,
            ["terminal", "pager", "quiet"],
            ["terminal", "pager"],
            id="critical",
        ),
    ],
)
def test_each_channel_is_told_that_wants_to_hear(
    severity: Severity, opened: list[str], resolved: list[str]
) -> None:
    alert = open_alert(incident(severity=severity), anomaly(), channels=CHANNELS)

    assert told(alert, Transition.OPENED) == opened
    assert told(alert, Transition.RESOLVED) == resolved


def test_a_channel_that_was_added_later_does_not_hear_of_the_end_of_what_it_never_knew() -> None:
    alert = open_alert(incident(), anomaly(), channels=[])

    assert told(alert, Transition.RESOLVED) == []


def test_when_the_severity_is_raised_only_those_who_did_not_know_have_new_keys() -> None:
    before = {each.key for each in plan(OPEN, Transition.OPENED, CHANNELS, now=NOON)}
    worse = fold(OPEN, incident(severity=Severity.CRITICAL), channels=CHANNELS)

    after = plan(worse, Transition.OPENED, CHANNELS, now=LATER)

    assert [each.channel_id for each in after if each.key not in before] == ["pager"]


def test_a_key_is_made_of_what_is_told_to_whom() -> None:
    keys = {
        notification_key(tenant, alert, transition, channel)
        for tenant in ("acme", "other")
        for alert in ("v1-a", "v1-b")
        for transition in Transition
        for channel in ("terminal", "pager")
    }

    assert len(keys) == 16
    assert all(checked_id(key) == key for key in keys)
    assert opening_key(THE_END) == the_opening().key


@pytest.mark.parametrize(
    ("alert", "status", "reason", "verdict"),
    [
        pytest.param(OPEN, NotificationStatus.DUE, Reason.STANDS, Verdict.SEND, id="open"),
        pytest.param(
            acknowledge(OPEN, by="ann", now=LATER),
            NotificationStatus.DUE,
            Reason.STANDS,
            Verdict.SEND,
            id="acknowledged: the other channels still hear of it",
        ),
        pytest.param(
            RESOLVED, NotificationStatus.DUE, Reason.OVER, Verdict.WITHDRAW, id="resolved since"
        ),
        pytest.param(OPEN, NotificationStatus.SENT, Reason.DONE, Verdict.LEAVE, id="sent before"),
        pytest.param(OPEN, NotificationStatus.FAILED, Reason.DONE, Verdict.LEAVE, id="given up"),
        pytest.param(
            RESOLVED, NotificationStatus.WITHDRAWN, Reason.DONE, Verdict.LEAVE, id="withdrawn"
        ),
    ],
)
def test_c14_that_an_alert_opened_is_not_told_once_it_is_resolved(
    alert: Alert, status: NotificationStatus, reason: Reason, verdict: Verdict
) -> None:
    found = reason_to_send(the_opening(status=status), alert)

    assert (found, found.verdict) == (reason, verdict)


@pytest.mark.parametrize(
    ("opening", "reason", "verdict"),
    [
        pytest.param(
            the_opening(status=NotificationStatus.SENT, attempts=1),
            Reason.TOLD_OF_OPENING,
            Verdict.SEND,
            id="told that it opened",
        ),
        pytest.param(
            the_opening(status=NotificationStatus.WITHDRAWN, attempts=1),
            Reason.TOLD_OF_OPENING,
            Verdict.SEND,
            id="perhaps told: the sender died",
        ),
        pytest.param(
            the_opening(status=NotificationStatus.WITHDRAWN),
            Reason.NEVER_TOLD,
            Verdict.WITHDRAW,
            id="withdrawn before anyone tried",
        ),
        pytest.param(
            the_opening(status=NotificationStatus.FAILED, attempts=20),
            Reason.NEVER_TOLD,
            Verdict.WITHDRAW,
            id="given up",
        ),
        pytest.param(None, Reason.NEVER_TOLD, Verdict.WITHDRAW, id="never planned"),
        pytest.param(
            the_opening(attempts=1), Reason.STILL_OPENING, Verdict.WAIT, id="being told right now"
        ),
    ],
)
def test_the_end_is_told_after_the_opening_and_only_to_those_who_may_know_of_it(
    opening: Notification | None, reason: Reason, verdict: Verdict
) -> None:
    found = reason_to_send(THE_END, RESOLVED, opening)

    assert (found, found.verdict) == (reason, verdict)


def test_the_end_is_not_told_before_it_is_there() -> None:
    opening = the_opening(status=NotificationStatus.SENT)

    assert reason_to_send(THE_END, OPEN, opening).verdict is Verdict.WAIT


@given(st.lists(st.sampled_from(["opening", "end", "resolve", "die"]), max_size=12))
def test_c14_whenever_the_alert_is_resolved_tellings_stay_in_order(steps: list[str]) -> None:
    alert = OPEN
    outbox = {"opening": the_opening()}
    heard: list[Transition] = []
    dies = False
    for step in [*steps, "resolve", "opening", "end"]:
        if step == "die":
            dies = True
        elif step == "resolve":
            alert = resolve(alert, by="ann", now=LATER)
            outbox.setdefault("end", THE_END)
        elif step in outbox:
            opening = outbox["opening"] if step == "end" else None
            reason = reason_to_send(outbox[step], alert, opening)
            if reason.verdict is Verdict.SEND:
                assert (step == "end") is not alert.is_active, "no page after the end"
                outbox[step] = claim(outbox[step], now=LATER, lease=timedelta(minutes=1))
                heard.append(outbox[step].transition)
                # A sender that dies after sending leaves the claim behind.
                outbox[step] = outbox[step] if dies else sent(outbox[step], now=LATER)
                dies = False
            elif reason.verdict is Verdict.WITHDRAW:
                outbox[step] = withdrawn(outbox[step], reason)

    if heard:
        first_end = heard.index(Transition.RESOLVED)
        assert first_end > 0, "who hears of the end knows of the beginning"
        assert set(heard[first_end:]) == {Transition.RESOLVED}
