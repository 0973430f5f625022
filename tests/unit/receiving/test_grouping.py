"""Which received alerts become one alert of Vigil."""

from collections.abc import Sequence
from random import Random

import orjson
import pytest

from tests.builders import NOON
from tests.received_payloads import alertmanager, raised
from vigil.model.received_alert import AlertGroup
from vigil.receiving.alertmanager import parse_alertmanager
from vigil.receiving.grouping import MOST_TOGETHER, PARTS, groups_of
from vigil.workflows.received_events import alert_received

PUBSUB_BYTES = 10_000_000


def groups(
    alerts: Sequence[object], tenant_id: str = "acme", **changes: object
) -> list[AlertGroup]:
    received = parse_alertmanager(alertmanager(alerts, **changes), tenant_id=tenant_id, now=NOON)
    return groups_of(received, tenant_id=tenant_id, now=NOON)


def test_what_the_sender_grouped_is_one_group() -> None:
    [group] = groups([raised(instance=str(number)) for number in range(12)])
    assert len(group.alerts) == 12


def test_d30_what_is_grave_is_never_one_more_of_what_is_not() -> None:
    noise = [raised(instance=str(number), severity="warning") for number in range(100)]
    by_severity = {group.severity.value: group for group in groups([*noise, raised()])}
    assert {name: len(group.alerts) for name, group in by_severity.items()} == {
        "medium": 100,
        "critical": 1,
    }


def test_d30_critical_alerts_of_different_names_stand_apart() -> None:
    assert len(groups([raised("DiskFull"), raised("DatabaseDown"), raised("DiskFull")])) == 2


def test_d30_no_flood_of_names_makes_more_than_so_many_of_one_group() -> None:
    flood = [raised(f"Noise{number}", instance=str(number)) for number in range(5000)]
    ids = {group.group_id for group in groups(flood)}
    assert 1 < len(ids) <= PARTS


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"groupKey": "{}:{alertname=other}"}, id="another group"),
        pytest.param({"tenant_id": "globex"}, id="another tenant"),
    ],
)
def test_a_group_is_known_by_tenant_and_key(changes: dict[str, str]) -> None:
    [here], [there] = groups([raised()]), groups([raised()], **changes)
    assert here.group_id != there.group_id


def test_the_order_in_a_body_makes_no_difference() -> None:
    alerts = [raised(f"N{number % 7}", instance=str(number)) for number in range(50)]
    shuffled = Random(7).sample(alerts, len(alerts))
    assert groups(alerts) == groups(shuffled)


def test_a21_a_large_group_comes_in_pieces_that_each_fit_into_a_message() -> None:
    alerts = [raised(instance=str(number)) for number in range(MOST_TOGETHER * 2 + 1)]
    pieces = groups(alerts)
    assert [len(piece.alerts) for piece in pieces] == [MOST_TOGETHER, MOST_TOGETHER, 1]
    assert len({piece.group_id for piece in pieces}) == 1


def test_a21_pieces_of_the_largest_alerts_fit_into_a_message_as_well() -> None:
    long = {f"a{number}": "\u20ac" * 5000 for number in range(40)}
    alerts = [
        raised(annotations=long, labels={**long, "alertname": "A", "severity": "high", "n": str(n)})
        for n in range(200)
    ]
    pieces = groups(alerts)
    sizes = [len(orjson.dumps(alert_received("acme", piece).subject)) for piece in pieces]
    assert len(pieces) > 1
    assert max(sizes) < PUBSUB_BYTES
    assert sum(len(piece.alerts) for piece in pieces) == 200
