"""A copy of the monitoring that is broken in one place is complained of."""

import json
from collections.abc import Mapping

import pytest

from tests.terraform import measuring_checks as measuring
from tests.terraform import monitoring_checks as monitoring
from tests.terraform.edge_deployment import Refused, SmallTree
from tests.terraform.measured import (
    IDLE,
    USUAL,
    VARIABLES,
    fires,
    logged,
    measured_alarms,
)
from tests.terraform.monitoring_checks import Check
from tests.terraform.monitoring_plan import Plan


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> SmallTree:
    return SmallTree(tmp_path_factory.mktemp("monitoring"))


@pytest.fixture(scope="module")
def text(tree: SmallTree) -> str:
    plan = tree.planned(VARIABLES).text
    # Written by Python, in which no more is escaped than has to be.
    return json.dumps(json.loads(plan), separators=(",", ":"))


def broken(text: str, before: str, after: str) -> Plan:
    """Return the plan with one text replaced; the dashboard is JSON within JSON."""
    is_there = False
    for _ in range(3):
        is_there |= before in text
        text = text.replace(before, after)
        before, after = json.dumps(before)[1:-1], json.dumps(after)[1:-1]
    assert is_there, f"nothing says {before} any more"
    plan: Plan = json.loads(text)
    return plan


BROKEN = [
    pytest.param(
        monitoring.unwritten_messages,
        "a notification was given up",
        "a notification was lost",
        id="a line that nobody writes",
    ),
    pytest.param(
        monitoring.unreadable_filters,
        "labels.component:*",
        "labels.component:*)",
        id="a bracket too many in a filter",
    ),
    pytest.param(
        monitoring.unreadable_filters, " AND severity>=ERROR", " severity>=ERROR", id="no AND"
    ),
    pytest.param(
        monitoring.unreadable_queries, "max by (subscription_id)", "max by", id="by nothing"
    ),
    pytest.param(
        monitoring.unreadable_queries, "max_over_time(", "most_over_time(", id="no such function"
    ),
    pytest.param(
        monitoring.unreadable_queries, "vigil-cleanup", f"vigil-{'c' * 999}", id="a query too long"
    ),
    pytest.param(
        monitoring.undocumented_alarms, "Vigil: Silence", "Vigil: Quiet", id="no such section"
    ),
    pytest.param(
        monitoring.undocumented_alarms,
        'docs/alarms.md, "Quota"',
        'docs/alarms.md, "Memory"',
        id="the section of another alarm",
    ),
    pytest.param(
        monitoring.alarms_that_tell_nobody,
        '"notification_channels":[',
        '"notification_channels":[],"others":[',
        id="nobody is told",
    ),
    pytest.param(
        monitoring.wrong_strategies,
        '"notification_rate_limit":[{"period":"3600s"}]',
        '"notification_rate_limit":[]',
        id="a line without a rate limit",
    ),
    pytest.param(
        monitoring.wrong_strategies,
        '"notification_rate_limit":[]',
        '"notification_rate_limit":[{"period":"3600s"}]',
        id="a measured alarm with a rate limit",
    ),
    pytest.param(
        monitoring.wrong_strategies, '"auto_close":"1800s"', '"auto_close":null', id="stays open"
    ),
    pytest.param(
        monitoring.conditions_that_need_data,
        '"disable_metric_validation":true',
        '"disable_metric_validation":null',
        id="refused in a new project",
    ),
    pytest.param(
        measuring.unknown_metrics_in_alarms,
        "subscription_oldest_unacked_message_age{",
        "subscription_oldest_unacked_age{",
        id="no such metric in an alarm",
    ),
    pytest.param(
        measuring.unknown_metrics_in_alarms,
        "user_vigil_unfinished_ticks{",
        "user_vigil_ticks{",
        id="no such metric of logs",
    ),
    pytest.param(
        measuring.unknown_metrics_in_alarms,
        'monitored_resource="consumer_quota"',
        'monitored_resource="consumed_api"',
        id="of another resource",
    ),
    pytest.param(
        measuring.unknown_metrics_in_alarms,
        'response_code_class="5xx"',
        'response_class="5xx"',
        id="a label of another metric",
    ),
    pytest.param(
        measuring.unknown_metrics_in_filters,
        "document/read_ops_count",
        "document/read_count",
        id="a chart of a metric that knows no databases",
    ),
    pytest.param(
        measuring.unknown_metrics_in_filters,
        'metric.labels.response_class="ack"',
        'metric.labels.class="ack"',
        id="an objective by no label",
    ),
    pytest.param(
        measuring.unknown_metrics_in_filters,
        " AND resource.type=",
        " OR resource.type=",
        id="a filter that is none",
    ),
    pytest.param(measuring.uncovered, "vigil-cleanup|", "", id="a function that nothing watches"),
    pytest.param(measuring.uncovered, "|receive-alerts-dead", "", id="dead letters unnoticed"),
    pytest.param(measuring.wrong_layout, '"xPos":12', '"xPos":13', id="tiles overlap"),
    pytest.param(measuring.wrong_layout, '"width":48', '"width":49', id="too wide"),
    pytest.param(measuring.wrong_layout, '"title":"Memory', '"name":"Memory', id="no title"),
]


@pytest.mark.parametrize(("check", "before", "after"), BROKEN)
def test_what_is_broken_is_complained_of(text: str, check: Check, before: str, after: str) -> None:
    assert check(json.loads(text)) == []
    assert check(broken(text, before, after)) != []


def test_each_check_is_shown_to_fail() -> None:
    shown = {param.values[0] for param in BROKEN}

    assert shown == {*monitoring.CHECKS, *measuring.CHECKS}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("> 0.1 and", "> 0.001 and", id="one failed push in a thousand"),
        pytest.param("[10m])) > 10", "[10m])) > 0", id="one failed push"),
        pytest.param("> 300", "> 60", id="a minute's backlog"),
        pytest.param('state="active"', 'state!="none"', id="idle instances count"),
        pytest.param("== 0) >= 2", "== 0) >= 1", id="one region that is cut off"),
        pytest.param("[15m])) > 10", "[15m])) > 1", id="one tenant's hiccup"),
    ],
)
def test_an_alarm_that_is_too_eager_is_noticed(text: str, before: str, after: str) -> None:
    assert any(fires(a, USUAL) for a in measured_alarms(broken(text, before, after)))


def test_an_alarm_that_cannot_fire_is_noticed(text: str) -> None:
    plan = broken(text, "[15m])) > 10", "[15m])) > 10000")
    measured = [*IDLE, logged("unfinished-ticks", 1, component="manage_alerts")]

    assert not any(fires(alarm, measured) for alarm in measured_alarms(plan))


@pytest.mark.parametrize(
    ("operators", "said"),
    [
        pytest.param({"emails": {"oncall": "oncall"}}, "holds addresses such as", id="no address"),
        pytest.param({"emails": {"On Call": "a@b.example"}}, "has names of up to", id="a name"),
        pytest.param({"channels": ["1234567890"]}, "holds full names", id="a channel's number"),
        pytest.param({"thresholds": {"backlog_seconds": 30}}, "120 to 3600", id="too impatient"),
        pytest.param({"thresholds": {"error_ratio": 10}}, "shares between 0 and 1", id="percent"),
        pytest.param({"thresholds": {"public_latency_seconds": 90}}, "cut off", id="too patient"),
        pytest.param({"thresholds": {"silence_minutes": 2}}, "10 to 60", id="silence too soon"),
        pytest.param({"objectives": {"intake": 99.5}}, "shares from 0.5", id="an objective"),
    ],
)
def test_operators_that_cannot_be_meant_are_refused(
    tree: SmallTree, operators: Mapping[str, object], said: str
) -> None:
    refused = tree.plan({"operators": operators})

    assert isinstance(refused, Refused)
    assert said in " ".join(refused.text.split())
