"""Whom failures hit is told with an incident, as a pseudonym and never as he is called."""

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

import pytest
from rich.console import Console

from tests.builders import NOON, raw_entry
from tests.vigil_in_memory import VigilInMemory
from vigil.incidents.incident_json import incident_as_json
from vigil.local.incident_view import show_story
from vigil.logs.source import pseudonym_of
from vigil.model.incident import Incident
from vigil.model.request_traffic import CUSTOMER
from vigil.stores.incident_story import incident_story
from vigil.stores.queries import INCIDENTS
from vigil.stores.traffic_records import TrafficRecords

_MINUTE = timedelta(minutes=1)
_RATE = 300
_CUSTOMERS = 3000
HIT = "customer-of-tea"

Fails = Callable[[int, str], bool]


@pytest.fixture
def vigil() -> Iterator[VigilInMemory]:
    with VigilInMemory() as opened:
        yield opened


def minutes(vigil: VigilInMemory, count: int, fails: Fails) -> None:
    """Let thousands of customers pay for some minutes; one of fifty payments is by HIT."""
    random = Random("customers")
    for _ in range(count):
        began_at = vigil.clock.now
        for part in range(6):
            entries = []
            for number in range(_RATE // 6):
                at = began_at + (part * _RATE // 6 + number) * _MINUTE / _RATE
                user = HIT if number % 50 == 7 else f"customer-{random.randrange(_CUSTOMERS)}"
                entries.append(payment(at, user, failed=fails(number, user)))
            vigil.clock.now = began_at + (part + 1) * _MINUTE / 6
            vigil.receive(entries)
            vigil.deliver()
        vigil.tick()


def payment(at: datetime, user: str, *, failed: bool) -> dict[str, object]:
    status = 500 if failed else 200
    return raw_entry(
        insertId=f"p{at.timestamp()}",
        timestamp=at.isoformat(),
        receiveTimestamp=at.isoformat(),
        httpRequest={"requestMethod": "POST", "requestUrl": "/pay", "status": status},
        jsonPayload={"message": "paid", "customer_id": user},
        severity="ERROR" if failed else "INFO",
    )


def only_incident(vigil: VigilInMemory) -> Incident:
    (stored,) = vigil.store.incidents.query(INCIDENTS)
    return stored.value


def test_the_customer_who_is_hit_is_told_in_json_and_on_the_page(vigil: VigilInMemory) -> None:
    minutes(vigil, 20, lambda number, user: False)
    minutes(vigil, 4, lambda number, user: user == HIT or number % 25 == 3)

    incident = only_incident(vigil)
    (found,) = [each for each in incident.differences if each.field == "customer"]
    assert (found.service, found.value) == ("cart", pseudonym_of(HIT, "shop", NOON))
    shown = json.dumps(incident_as_json(incident))
    assert f"failures are of customer {found.value}, who makes " in shown
    console = Console(file=io.StringIO(), record=True, width=300, color_system=None)
    story = incident_story(vigil.store, incident.incident_id)
    assert story is not None
    console.print(show_story("acme", story))
    assert f"cart: {found.text}" in console.export_text()


def test_nobody_is_named_where_all_customers_are_hit(vigil: VigilInMemory) -> None:
    minutes(vigil, 20, lambda number, user: False)
    minutes(vigil, 4, lambda number, user: number % 5 == 2)

    assert [
        each.field for each in only_incident(vigil).differences if each.field == "customer"
    ] == []


def test_of_a_customer_a_pseudonym_is_kept_and_no_name(vigil: VigilInMemory) -> None:
    minutes(vigil, 1, lambda number, user: user == HIT)

    records = TrafficRecords(vigil.database, vigil.store.root, window_seconds=60)
    samples = [
        each.observed.traffic.samples["cart", CUSTOMER]
        for each in records.since(NOON - _MINUTE, 9999)
    ]
    users = {user for each in samples for _, user in (*each.failed, *each.well)}
    assert len(users) > 100
    assert all(re.fullmatch("[0-9a-f]{6}", user) for user in users)
