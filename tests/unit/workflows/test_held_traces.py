"""What is observed is held in memory within bounds, each entry once."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.builders import log_entry
from tests.vigil_in_memory import ACME
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Tenant
from vigil.workflows import held_traces
from vigil.workflows.held_traces import HeldTraces

OTHER = replace(ACME, tenant_id="other")


def requests(count: int, name: str = "a") -> list[LogEntry]:
    return [
        log_entry(digest=f"{name}{number}", trace_id=f"t{name}{number}", latency_us=1000)
        for number in range(count)
    ]


def seen(held: HeldTraces, tenant: Tenant, entries: Sequence[LogEntry]) -> float:
    """Return how many of `entries` count."""
    observed = held.take_in(tenant, entries)
    return sum(
        counted.requests for _, each in observed for counted in each.traffic.endpoints.values()
    )


def test_an_entry_counts_once_in_a_batch_and_in_several() -> None:
    held, entries = HeldTraces(), requests(3)

    assert seen(held, ACME, [*entries, *entries]) == 3
    assert seen(held, ACME, entries) == 0


def test_tenants_do_not_know_of_each_other() -> None:
    held, entries = HeldTraces(), requests(3)

    assert (seen(held, ACME, entries), seen(held, OTHER, entries)) == (3, 3)


def test_what_could_not_be_taken_in_counts_when_it_comes_again() -> None:
    held, entries = HeldTraces(), requests(3)
    seen(held, ACME, entries)

    held.forget(ACME, entries)

    assert seen(held, ACME, entries) == 3


def test_of_entries_that_come_again_only_the_latest_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held_traces, "SEEN", 4)
    held, entries = HeldTraces(), requests(6)
    seen(held, ACME, entries)

    assert seen(held, ACME, entries[2:]) == 0
    assert seen(held, ACME, entries[:2]) == 2


@pytest.mark.parametrize(("limit", "value"), [("TENANTS", 1), ("WAITING", 4)])
def test_the_tenant_that_was_used_longest_ago_makes_room(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(held_traces, limit, value)
    held = HeldTraces()
    seen(held, ACME, requests(3))

    seen(held, OTHER, requests(3))

    assert seen(held, OTHER, requests(3)) == 0
    assert seen(held, ACME, requests(3)) == 3
