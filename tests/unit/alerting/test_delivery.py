"""A notification is tried again until it is taken, refused or given up."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from vigil.alerting.delivery import (
    MAX_ATTEMPTS,
    claim,
    failed,
    postponed,
    rejected,
    retry_at,
    sent,
    withdrawn,
)
from vigil.model.notification import Notification, NotificationStatus, Transition

DUE = Notification(
    key="v1-key",
    tenant_id="acme",
    alert_id="v1-alert",
    channel_id="terminal",
    transition=Transition.OPENED,
    status=NotificationStatus.DUE,
    created_at=NOON,
    due_at=NOON,
)
LEASE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("attempts", "retry_after", "expected"),
    [
        pytest.param(1, None, 1, id="first"),
        pytest.param(5, None, 16, id="doubling"),
        pytest.param(10, None, 512, id="still doubling"),
        pytest.param(11, None, 900, id="a quarter of an hour at most"),
        pytest.param(19, None, 900, id="last"),
        pytest.param(1, 30, 30, id="the receiver asks for more"),
        pytest.param(8, 30, 128, id="the receiver asks for less"),
        pytest.param(1, 86_400, 3600, id="the receiver asks for too much"),
        pytest.param(1, -5, 1, id="the receiver asks for nonsense"),
    ],
)
def test_b15_when_to_try_again(attempts: int, retry_after: float | None, expected: float) -> None:
    asked = None if retry_after is None else timedelta(seconds=retry_after)

    again_at = retry_at(attempts, now=NOON, retry_after=asked)

    assert again_at == NOON + timedelta(seconds=expected)


@given(st.integers(1, MAX_ATTEMPTS - 1), st.integers(0, 10**6))
def test_b15_the_next_attempt_is_never_before_what_was_asked_nor_after_an_hour(
    attempts: int, seconds: int
) -> None:
    again_at = retry_at(attempts, now=NOON, retry_after=timedelta(seconds=seconds))

    assert again_at is not None
    assert min(seconds, 3600) <= (again_at - NOON).total_seconds() <= 3600


def test_g2_a_receiver_that_never_answers_is_given_up_after_hours_and_that_is_recorded() -> None:
    notification, now = DUE, NOON
    while notification.status is NotificationStatus.DUE:
        now = max(now, notification.due_at)
        notification = claim(notification, now=now, lease=LEASE)
        notification = failed(notification, "HTTP 503", now=now)

    assert (notification.status, notification.reason) == (NotificationStatus.FAILED, "HTTP 503")
    assert notification.attempts == MAX_ATTEMPTS
    assert timedelta(hours=2) < now - NOON < timedelta(hours=3)


def test_c06_a_claim_falls_due_again_by_itself_when_its_lease_ends() -> None:
    claimed = claim(DUE, now=NOON, lease=LEASE)

    assert (claimed.status, claimed.due_at, claimed.attempts) == (
        NotificationStatus.DUE,
        NOON + LEASE,
        1,
    )
    assert claimed.key == DUE.key


def test_what_was_taken_has_no_reason_left() -> None:
    taken = sent(failed(claim(DUE, now=NOON, lease=LEASE), "HTTP 503", now=NOON), now=NOON)

    assert (taken.status, taken.sent_at, taken.reason) == (NotificationStatus.SENT, NOON, None)


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        pytest.param(rejected(DUE, "HTTP 404"), NotificationStatus.FAILED, id="b16 refused"),
        pytest.param(withdrawn(DUE, "over"), NotificationStatus.WITHDRAWN, id="c14 withdrawn"),
    ],
)
def test_what_is_not_sent_says_why(ended: Notification, status: NotificationStatus) -> None:
    assert ended.status is status
    assert ended.reason
    assert ended.attempts == 0


def test_what_waits_for_something_else_loses_no_attempt() -> None:
    waiting = postponed(DUE, until=NOON + LEASE)

    assert (waiting.due_at, waiting.attempts) == (NOON + LEASE, 0)
