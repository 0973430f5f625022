"""The table of topics and subscriptions: Pub/Sub takes it, and doors stand where it pushes to."""

from datetime import timedelta

import pytest

from tests.repository.tree import ROOT
from vigil.doors import alert_sources, batch_logs, detect_anomalies
from vigil.doors.topology import (
    COUNTED,
    DEAD_LETTER_TOPICS,
    FUNCTIONS,
    MONITORING,
    OWN_SERVICES,
    PUSHES,
    SET_ASIDE,
    TICKS,
    TOPICS,
    WORK,
    PullSubscription,
    PushSubscription,
    generated_file,
)
from vigil.settings import Settings
from vigil.workflows.dead_letters import BATCH_LOGS, DETECT

MINUTE = timedelta(minutes=1)
ALL: tuple[PushSubscription | PullSubscription, ...] = (*PUSHES, *SET_ASIDE)


def test_names_are_of_one_thing_each() -> None:
    topics = (*TOPICS, *DEAD_LETTER_TOPICS)
    subscriptions = [each.name for each in ALL]
    assert len(set(topics)) == len(topics)
    assert len(set(subscriptions)) == len(subscriptions)
    assert {each.topic for each in ALL} == set(topics)


def test_functions_are_those_that_there_are() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/main.py")}
    assert set(FUNCTIONS) == folders
    assert {each.function for each in PUSHES} < folders


@pytest.mark.parametrize("push", PUSHES, ids=lambda push: push.name)
def test_pubsub_takes_it(push: PushSubscription) -> None:
    assert timedelta(seconds=10) <= push.ack_deadline <= 10 * MINUTE
    assert timedelta(0) <= push.minimum_backoff <= push.maximum_backoff <= 10 * MINUTE
    assert 10 * MINUTE <= push.retention <= timedelta(days=31)
    assert 50 <= push.attempts <= 100


@pytest.mark.parametrize("push", WORK, ids=lambda push: push.name)
def test_b09_work_that_fails_for_good_is_set_aside_and_ticks_are_not(
    push: PushSubscription,
) -> None:
    if push.topic == TICKS:
        assert push.dead_letters is None
    else:
        assert push.dead_letters == f"{push.name}-dead"
        assert [each.topic for each in SET_ASIDE if each.name == push.dead_letters] == [
            push.dead_letters
        ]


def test_given_up_entries_are_counted_at_the_doors_that_count_them() -> None:
    assert {(each.topic, each.function, each.path) for each in COUNTED} == {
        (f"{BATCH_LOGS}-dead", "batch_logs", batch_logs.DEAD_LETTERS),
        (f"{DETECT}-dead", "detect_anomalies", detect_anomalies.DEAD_LETTERS),
    }


def test_what_terraform_reads_is_what_stands_here() -> None:
    file = ROOT / "infra/terraform/topology.json"
    assert file.read_bytes() == generated_file(), "make generated"


def test_alerts_of_cloud_monitoring_come_where_receive_alerts_takes_them() -> None:
    [push] = [each for each in WORK if each.topic == MONITORING]
    assert (push.function, push.path) == ("receive_alerts", alert_sources.PUSHED)


def test_a16_what_terraform_keeps_out_is_what_the_code_drops_without_being_told() -> None:
    assert Settings.model_fields["own_services"].default == (OWN_SERVICES,)


@pytest.mark.parametrize("push", WORK, ids=lambda push: push.name)
def test_an_outage_of_half_a_day_gives_nothing_up(push: PushSubscription) -> None:
    pause, waited = push.minimum_backoff, timedelta(0)
    for _ in range(push.attempts - 1):
        waited += pause
        pause = min(pause * 2, push.maximum_backoff)

    assert push.dead_letters is None or waited > timedelta(hours=12)
