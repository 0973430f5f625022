"""Vigil itself is watched: by alarms that can fire, that are explained, and that are quiet."""

import json

import pytest

from tests.promql import Series
from tests.terraform import measuring_checks, monitoring_checks
from tests.terraform.edge_deployment import SmallTree
from tests.terraform.measured import (
    IDLE,
    INSTANCES,
    LATENCIES,
    MEMORY,
    OLDEST,
    PUSHED,
    REQUESTS,
    TICKED,
    TICKS,
    USUAL,
    VARIABLES,
    WAITING,
    checked,
    fires,
    latencies,
    logged,
    measured_alarms,
    pubsub,
    run,
    series,
)
from tests.terraform.monitoring_checks import Check
from tests.terraform.monitoring_plan import Plan, alarms

CHECKS = (*monitoring_checks.CHECKS, *measuring_checks.CHECKS)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    tree = SmallTree(tmp_path_factory.mktemp("monitoring"))
    read: Plan = json.loads(tree.planned(VARIABLES).text)
    return read


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_monitoring_is_whole(plan: Plan, check: Check) -> None:
    assert check(plan) == []


@pytest.mark.parametrize(
    "measured",
    [
        pytest.param(IDLE, id="nothing to do"),
        pytest.param(USUAL, id="much to do"),
    ],
)
def test_a_healthy_installation_raises_no_alarm(plan: Plan, measured: list[Series]) -> None:
    assert [alarm.name for alarm in measured_alarms(plan) if fires(alarm, measured)] == []


def test_where_nothing_is_measured_only_silence_is_noticed(plan: Plan) -> None:
    assert [alarm.name for alarm in measured_alarms(plan) if fires(alarm, [])] == ["silence"]


TROUBLE = [
    pytest.param("dead-letters", [pubsub(WAITING, 1, "detect-anomalies-dead")], id="a dead letter"),
    pytest.param("backlog", [pubsub(OLDEST, 301, "batch-logs")], id="entries wait"),
    pytest.param("backlog", [pubsub(OLDEST, 601, "analyze-incidents")], id="questions wait"),
    pytest.param("backlog", [pubsub(OLDEST, 301, "manage-alerts-ticks")], id="ticks wait"),
    pytest.param(
        "failing-pushes",
        [pubsub(PUSHED, 5, "batch-logs", response_class="remote_server_4xx")],
        id="the pusher may not call",
    ),
    pytest.param(
        "errors", [run(REQUESTS, 2, "vigil-api", response_code_class="5xx")], id="only errors"
    ),
    pytest.param(
        "slow-answers",
        [
            *latencies(LATENCIES, "vigil-api", {"400": 8, "4000": 10}),
            run(REQUESTS, 10, "vigil-api", response_code_class="2xx"),
        ],
        id="a fifth of the answers is slow",
    ),
    pytest.param(
        "instances", [run(INSTANCES, 20, "vigil-batch-logs", state="active")], id="all instances"
    ),
    pytest.param(
        "memory",
        latencies(MEMORY, "vigil-api", {"0.6": 1, "0.95": 5}),
        id="an instance is nearly full",
    ),
    pytest.param(
        "unfinished-ticks", [logged("unfinished-ticks", 1, component="x")], id="a tenant's ticks"
    ),
    pytest.param("model", [logged("unexplained", 1, reason="over_budget")], id="no budget is left"),
    pytest.param(
        "sink-errors",
        [
            series(
                "logging.googleapis.com/exports/error_count",
                1,
                monitored_resource="logging_sink",
                name="vigil-source-own",
            )
        ],
        id="entries are lost",
    ),
    pytest.param(
        "quota",
        [
            series(
                "serviceruntime.googleapis.com/quota/exceeded",
                [0] * 55 + [1, 0, 0, 0, 0],
                monitored_resource="consumer_quota",
                service="firestore.googleapis.com",
            )
        ],
        id="once beyond a quota",
    ),
    pytest.param("unreachable", [checked(0, "eur-2"), checked(0, "usa-2")], id="two regions"),
    pytest.param(
        "secret-rotation", [pubsub(WAITING, 1, "vigil-secret-rotations")], id="a notice waits"
    ),
]


@pytest.mark.parametrize(("name", "measured"), TROUBLE)
def test_trouble_raises_its_alarm_and_no_other(
    plan: Plan, name: str, measured: list[Series]
) -> None:
    raised = [a.name for a in measured_alarms(plan) if fires(a, [*IDLE, *measured])]

    assert raised == [name]


@pytest.mark.parametrize("silent", TICKED)
def test_a_function_that_takes_no_ticks_is_noticed_within_twenty_minutes(
    plan: Plan, silent: str
) -> None:
    others = [ticks for ticks in TICKS if ticks.labels["subscription_id"] != silent]
    ended = pubsub(PUSHED, [1] * 40 + [0] * 20, silent, response_class="ack")
    failing = pubsub(PUSHED, [0] * 40 + [5] * 20, silent, response_class="remote_server_5xx")

    assert fires(alarms(plan)["silence"], [*others, ended, failing])


def test_each_measured_alarm_is_shown_to_fire(plan: Plan) -> None:
    shown = {str(param.values[0]) for param in TROUBLE} | {"silence"}

    assert {alarm.name for alarm in measured_alarms(plan)} == shown
