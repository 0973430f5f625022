"""Audit entries tell of changes: each rule says what it means to say, others say nothing."""

from datetime import timedelta

import pytest

from tests.builders import NOON
from vigil.detection.changes import CHANGE_RULES, changes_in, read_tables, rule_for
from vigil.logs.log_entry import LogEntry
from vigil.model.change import Change, ChangeKind

ACTIVITY = "cloudaudit.googleapis.com%2Factivity"
DEPLOY = "google.cloud.run.v1.Services.ReplaceService"
CART = "namespaces/shop/services/cart"
MATCHES = [
    (position, table["kind"], match)
    for position, table in enumerate(read_tables())
    for match in table["matches"]
]


def entry(
    method: str = DEPLOY,
    resource: str = CART,
    *,
    log: str = ACTIVITY,
    insert_id: str = "a1",
    seconds: int = 0,
    **fields: object,
) -> LogEntry:
    raw = {
        "logName": f"projects/shop/logs/{log}",
        "timestamp": (NOON + timedelta(seconds=seconds)).isoformat(),
        "insertId": insert_id,
        "severity": "NOTICE",
        "protoPayload": {
            "methodName": method,
            "resourceName": resource,
            "authenticationInfo": {"principalEmail": "jo@example.com"},
        }
        | fields.pop("proto", {}),  # type: ignore[operator]  # each test gives an object
    }
    return LogEntry.parse(raw | fields)


@pytest.mark.parametrize(("position", "kind", "match"), MATCHES)
def test_a_call_is_told_by_its_rule_alone(position: int, kind: str, match: list[str]) -> None:
    method, resource, service, what = match
    (change,) = changes_in([entry(method, resource)], "acme")
    assert (change.kind, change.service, change.what) == (ChangeKind(kind), service, what)
    assert (change.tenant_id, change.at) == ("acme", NOON)
    hit = [rule for rule in CHANGE_RULES if rule.methods.search(method.encode())]
    assert hit == [CHANGE_RULES[position]]


def test_every_rule_has_matches() -> None:
    assert {position for position, *_ in MATCHES} == set(range(len(CHANGE_RULES)))


@pytest.mark.parametrize(
    "spared",
    [
        pytest.param(entry("google.cloud.run.v1.Services.GetService"), id="read"),
        pytest.param(entry(f"{DEPLOY}Later"), id="another method"),
        pytest.param(entry(f"my.{DEPLOY}"), id="another product"),
        pytest.param(entry(""), id="no method"),
        pytest.param(entry(log="requests"), id="no audit log"),
        pytest.param(entry(proto={"status": {"code": 7}}), id="denied"),
        pytest.param(entry(operation={"id": "o", "last": True}), id="end of a long operation"),
        pytest.param(
            entry("io.k8s.core.v1.configmaps.update", "core/v1/namespaces/shop/configmaps/leader"),
            id="election of a leader",
        ),
        pytest.param(
            entry(
                "io.k8s.apps.v1.deployments.patch", "apps/v1/namespaces/kube-system/deployments/dns"
            ),
            id="a part of the cluster",
        ),
        pytest.param(
            entry("io.k8s.apps.v1.deployments.status.update", "apps/v1/namespaces/a/deployments/b"),
            id="status of a workload",
        ),
    ],
)
def test_what_changes_nothing_is_not_told(spared: LogEntry) -> None:
    assert changes_in([spared], "acme") == []


def test_a_repeated_entry_is_one_change_and_order_makes_no_difference() -> None:
    first, second = entry(), entry(insert_id="b2", seconds=30)
    found = changes_in([first, second, first], "acme")
    assert [change.at for change in found] == [first.occurred_at, second.occurred_at]
    assert changes_in([second, first], "acme") == found
    assert changes_in([first], "acme")[0].change_id == found[0].change_id
    assert changes_in([first], "other")[0].change_id != found[0].change_id


def told(resource: str) -> Change:
    (change,) = changes_in([entry("SetIamPolicy", resource)], "acme")
    return change


@pytest.mark.parametrize(
    ("resource", "what"),
    [
        pytest.param(
            "projects/shop/serviceAccounts/jo@example.com",
            "new access policy of [EMAIL]",
            id="e-mail",
        ),
        pytest.param("", "new access policy of something without a name", id="no name"),
        pytest.param("projects/shop/", "new access policy of shop", id="slash at the end"),
        pytest.param("services", "new access policy of services", id="collection alone"),
        pytest.param("a/{name}{0}", "new access policy of {name}{0}", id="braces"),
    ],
)
def test_what_was_changed_is_redacted_and_always_a_sentence(resource: str, what: str) -> None:
    assert (told(resource).what, told(resource).service) == (what, "")


def test_a_method_of_any_length_is_looked_up() -> None:
    assert rule_for("x" * 100_000) is None
