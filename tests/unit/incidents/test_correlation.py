"""Anomalies become incidents: the same ones, whatever the order and the number of calls."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.correlated_tenant import (
    REOPENING,
    SERIES,
    THRESHOLDS,
    Tenant,
    at,
    grouped,
    settled,
    strayed,
)
from vigil.incidents.correlation import Correlation, correlate, resolve_quiet
from vigil.incidents.incident_from_anomalies import NAMED_ANOMALIES
from vigil.model.anomaly import Anomaly
from vigil.model.incident import IncidentStatus
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


@st.composite
def anomalies_of_a_day(draw: st.DrawFn) -> list[Anomaly]:
    number = draw(st.integers(1, 14))
    return [
        strayed(
            f"a{index}",
            draw(st.integers(0, 60)) * 60,
            draw(st.sampled_from(SERIES)),
            severity=draw(st.sampled_from(list(Severity))),
            trace_ids=tuple(draw(st.sets(st.sampled_from("pqrstu"), max_size=2))),
            callers=tuple(draw(st.sets(st.sampled_from(SERIES), max_size=2))),
        )
        for index in range(number)
    ]


@given(anomalies_of_a_day(), st.data())
def test_a02_any_order_of_the_same_anomalies_gives_the_same_incidents(
    anomalies: list[Anomaly], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(anomalies))

    assert settled(shuffled).incidents == settled(anomalies).incidents


@given(
    anomalies_of_a_day(),
    st.lists(st.integers(0, 5000), max_size=6),
    st.sampled_from([THRESHOLDS, REOPENING]),
    st.data(),
)
def test_a02_many_calls_give_the_same_incidents_as_one(
    anomalies: list[Anomaly], ticks: list[int], thresholds: Thresholds, data: st.DataObject
) -> None:
    in_steps = Tenant(thresholds=thresholds)
    for seconds in sorted(ticks):
        due = [each for each in anomalies if each.detected_at <= at(seconds)]
        early = [each for each in anomalies if each.detected_at > at(seconds)]
        in_steps.tick(data.draw(st.permutations([*due, *early])), at(seconds))
    in_steps.tick(anomalies, at(100_000))

    at_once = settled(anomalies, thresholds=thresholds)
    assert in_steps.incidents == at_once.incidents
    assert in_steps.assigned == at_once.assigned


@given(anomalies_of_a_day(), st.booleans())
def test_every_anomaly_is_in_exactly_one_incident_with_all_that_cannot_be_apart(
    anomalies: list[Anomaly], calls_are_known: bool
) -> None:
    if not calls_are_known:
        anomalies = [replace(each, callers=()) for each in anomalies]
    tenant = settled(anomalies)

    assert sorted(each for group in grouped(tenant) for each in group) == sorted(tenant.assigned)
    assert set(tenant.assigned) == {each.anomaly_id for each in anomalies}
    for one, other in combinations(anomalies, 2):
        if inseparable(one, other, calls_are_known=calls_are_known):
            assert tenant.assigned[one.anomaly_id] == tenant.assigned[other.anomaly_id]


def inseparable(one: Anomaly, other: Anomaly, *, calls_are_known: bool) -> bool:
    near = abs(one.detected_at - other.detected_at) <= timedelta(seconds=300)
    # A symptom of two causes shares traces with both, and makes them one only if nobody knows that.
    shared = not calls_are_known and bool(set(one.trace_ids) & set(other.trace_ids))
    return near and (one.series == other.series or shared)


@given(anomalies_of_a_day(), st.data())
def test_a01_a02_each_member_has_one_reason_whatever_the_order(
    anomalies: list[Anomaly], data: st.DataObject
) -> None:
    tenant = settled(data.draw(st.permutations([*anomalies, *anomalies])))

    for incident in tenant.incidents.values():
        assert set(incident.reasons) == set(incident.anomaly_ids)
        assert all(incident.reasons.values())


A, B, C, *_ = SERIES


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        pytest.param({}, {"seconds": 120}, True, id="same series"),
        pytest.param({}, {"series": B}, False, id="nothing in common"),
        pytest.param({}, {"seconds": 901}, True, id="same series, its incident still open"),
        pytest.param({}, {"seconds": 961}, False, id="same series, its incident over"),
        pytest.param(
            {"trace_ids": ("t", "u")},
            {"series": B, "seconds": 360, "trace_ids": ("u",)},
            True,
            id="a trace in common, just within the window",
        ),
        pytest.param(
            {"trace_ids": ("t",)},
            {"series": B, "seconds": 361, "trace_ids": ("t",)},
            False,
            id="a trace in common, beyond the window",
        ),
        pytest.param({}, {"series": B, "callers": (A,)}, True, id="the caller strayed before"),
        pytest.param({"callers": (B,)}, {"series": B}, True, id="the callee strayed before"),
        pytest.param(
            {"callers": (B,)}, {"series": B, "seconds": 361}, False, id="a caller, but too late"
        ),
        pytest.param(
            {"callers": (C,)},
            {"series": B, "callers": (C,)},
            False,
            id="one caller, but it is well",
        ),
    ],
)
def test_what_belongs_together(
    first: dict[str, object], second: dict[str, object], together: bool
) -> None:
    one = strayed("one", 60, **first)  # type: ignore[arg-type]  # the table names real fields
    other = strayed("other", **({"seconds": 60} | second))  # type: ignore[arg-type]  # as above

    assert len(grouped(settled([one, other]))) == (1 if together else 2)


def test_a_new_anomaly_between_two_incidents_merges_them_into_the_earliest() -> None:
    tenant = Tenant()
    tenant.tick([strayed("a", 60, A), strayed("b", 90, B), strayed("d", 120, A)], at(120))
    first, second = (tenant.assigned[each] for each in "ab")
    tenant.incidents[second] = replace(tenant.incidents[second], alert_id="v1-alert")

    correlation = tenant.tick([strayed("c", 180, C, callers=(A, B))], at(180))

    assert tenant.incidents[second].status is IncidentStatus.MERGED
    assert tenant.incidents[second].merged_into == first
    assert correlation.assigned == {"b": first, "c": first}
    assert set(correlation.members) == {first}
    assert tenant.incidents[first].anomaly_ids == ("a", "d", "b", "c")
    assert tenant.incidents[first].alert_id == "v1-alert", "nobody is paged again"


def test_anomalies_that_are_not_settled_stay_pending() -> None:
    late = strayed("late", 121)

    correlation = correlate([late], [], {}, settled_until=at(120), thresholds=THRESHOLDS)

    assert correlation == Correlation()


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.MEDIUM])
def test_an_incident_that_pages_nobody_is_an_incident_too(severity: Severity) -> None:
    tenant = settled([strayed("a", 60, severity=severity)], until=60)

    assert [incident.severity for incident in tenant.open()] == [severity]


def test_an_anomaly_found_again_goes_back_to_where_it_was_and_changes_nothing() -> None:
    again = strayed("a", 60)
    tenant = settled([again], until=60)

    repeated = correlate(
        [again, replace(again, incident_id="INC-1-abcdef")],
        tenant.open(),
        {each.incident_id: [again] for each in tenant.open()},
        settled_until=at(120),
        thresholds=THRESHOLDS,
    )

    assert repeated == Correlation(assigned={"a": tenant.assigned["a"]})


@pytest.mark.parametrize(
    ("asked_at", "over"),
    [
        pytest.param(960, False, id="just quiet long enough"),
        pytest.param(961, True, id="a second later"),
        pytest.param(90_000, True, id="a day later"),
    ],
)
def test_a_quiet_incident_is_over_as_of_the_end_of_its_quiet_time(
    asked_at: float, over: bool
) -> None:
    incidents = settled([strayed("a", 60)], until=60).open()

    resolved = resolve_quiet(incidents, settled_until=at(asked_at), thresholds=THRESHOLDS)

    assert [incident.resolved_at for incident in resolved] == ([at(960)] if over else [])


def test_a_new_onset_after_the_time_in_which_it_would_reopen_is_a_new_incident() -> None:
    tenant = settled([strayed("a", 60), strayed("b", 1000)], until=1000)

    assert [incident.anomaly_ids for incident in tenant.open()] == [("b",)]
    assert tenant.incidents[tenant.assigned["a"]].resolved_at == at(960)


def test_correlating_resolves_what_has_become_quiet_without_another_anomaly() -> None:
    tenant = settled([strayed("a", 60)], until=60)

    (over,) = tenant.tick([], at(5000)).incidents

    assert (over.status, over.resolved_at) == (IncidentStatus.RESOLVED, at(960))


def test_what_is_no_longer_kept_of_an_incident_is_not_forgotten() -> None:
    tenant = settled([strayed("a", 60, B, severity=Severity.CRITICAL)], until=60)
    (before,) = tenant.open()
    new = strayed("b", 120, A, callers=(B,))
    kept = strayed("c", 120, B)

    (after,) = correlate(
        [new, kept], [before], {}, settled_until=at(120), thresholds=THRESHOLDS
    ).incidents

    assert after.incident_id == before.incident_id
    assert after.severity is Severity.CRITICAL
    assert (after.anomaly_ids, after.affected) == (("a", "b", "c"), (A, B))
    assert (after.started_at, after.first_detected_at) == (at(0), at(60))


def test_an_incident_that_goes_on_for_long_counts_all_and_names_the_first() -> None:
    tenant = Tenant()
    for minute in range(NAMED_ANOMALIES + 50):
        tenant.tick([strayed(f"a{minute:03d}", 60 * minute)], at(60 * minute))
    [incident] = tenant.open()
    assert incident.anomaly_count == NAMED_ANOMALIES + 50
    assert len(incident.anomaly_ids) == NAMED_ANOMALIES
    assert (incident.anomaly_ids[0], incident.anomaly_ids[-1]) == ("a000", "a199")
