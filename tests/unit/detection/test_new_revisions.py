"""A revision is a change when it serves for the first time, and only then."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.new_revisions import (
    MOST_AT_ONCE,
    MOST_KNOWN,
    MOST_SERVICES,
    KnownRevisions,
    new_revisions,
    with_revisions,
)
from vigil.logs.log_entry import LogEntry
from vigil.model.change import ChangeKind

OLD = {"cart": {"revision cart-00041": int(NOON.timestamp())}}


def entry(revision: str, seconds: int = 0, *, name: str = "revision") -> LogEntry:
    at = NOON + timedelta(seconds=seconds)
    return log_entry(service="cart", occurred_at=at, traits=((name, revision),))


def test_a_revision_that_serves_for_the_first_time_is_a_change_since_its_first_entry() -> None:
    entries = [entry("cart-00042", 9), entry("cart-00041", 1), entry("cart-00042", 5)]

    (change,) = new_revisions(OLD, entries, "acme")

    assert (change.kind, change.service, change.what) == (
        ChangeKind.REVISION,
        "cart",
        "revision cart-00042",
    )
    assert change.at == NOON + timedelta(seconds=5)
    assert new_revisions(OLD, [entry("cart-00042", 60)], "acme")[0].change_id == change.change_id


@pytest.mark.parametrize(
    ("known", "entries"),
    [
        pytest.param(OLD, [entry("cart-00041")], id="it is known"),
        pytest.param({}, [entry("cart-00041"), entry("cart-00042")], id="nothing was known before"),
        pytest.param(OLD, [log_entry(service="cart")], id="no revision is named"),
        pytest.param(
            OLD, [entry(f"r{number}") for number in range(MOST_AT_ONCE + 1)], id="all are new"
        ),
        pytest.param(OLD, [entry("cart", name="audit_method")], id="an administrator's call"),
    ],
)
def test_what_else_entries_name_is_no_change(
    known: KnownRevisions, entries: list[LogEntry]
) -> None:
    assert new_revisions(known, entries, "acme") == []


def test_a_version_stands_for_a_revision_where_there_is_none() -> None:
    known = with_revisions({}, [entry("1.4", name="version")])

    (change,) = new_revisions(known, [entry("1.5", name="version")], "acme")

    assert change.what == "version 1.5"


def test_what_is_known_does_not_depend_on_order() -> None:
    batches = [[entry("a", 1), entry("b", 7000)], [entry("a", 4000)], [entry("c", 2)]]

    found = []
    for order in permutations(batches):
        known: KnownRevisions = {}
        for batch in order:
            known = with_revisions(known, batch)
        found.append(known)

    assert all(known == found[0] for known in found)
    assert set(found[0]["cart"]) == {"revision a", "revision b", "revision c"}


def test_known_revisions_are_only_written_when_they_are_news() -> None:
    assert with_revisions(OLD, [entry("cart-00041", 60)]) is OLD
    assert with_revisions(OLD, [entry("cart-00041", 3600)]) is not OLD
    assert with_revisions(OLD, [log_entry(service="cart")]) is OLD


def test_the_revisions_that_were_seen_last_are_kept() -> None:
    known = with_revisions({}, [entry(f"r{number}", number) for number in range(MOST_KNOWN + 5)])

    assert set(known["cart"]) == {f"revision r{number}" for number in range(5, MOST_KNOWN + 5)}


def test_the_services_that_were_seen_last_are_kept() -> None:
    entries = [
        log_entry(
            service=f"s{number}",
            occurred_at=NOON + timedelta(seconds=number),
            traits=(("revision", "a"),),
        )
        for number in range(MOST_SERVICES + 5)
    ]

    assert set(with_revisions({}, entries)) == {
        f"s{number}" for number in range(5, MOST_SERVICES + 5)
    }


def test_a_service_for_which_there_is_no_room_is_not_written_down_each_time() -> None:
    services = [f"s{number}" for number in range(MOST_SERVICES)]
    full = {service: {"revision a": int(NOON.timestamp())} for service in services}

    assert with_revisions(full, [entry("cart-00041", 60)]) is full
    assert "cart" in with_revisions(
        full, [entry("cart-00041", 60), replace(entry("b", 60), service="s0")]
    )
