"""What joins anomalies to one incident, why each is in it, and what keeps troubles apart."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from tests.correlated_shop import (
    ATTACKED,
    CART,
    CHECKOUT,
    DROPPED,
    MAIL,
    PAYMENT,
    SILENT,
    WEB,
    groups,
    strayed,
    told,
    traces,
)
from vigil.model.anomaly import Anomaly, AnomalyType, Evidence
from vigil.model.change import Change, ChangeKind
from vigil.model.incident import Incident
from vigil.model.series import Series


def reason_of(last: Anomaly, incidents: Sequence[Incident]) -> str:
    [incident] = incidents
    return incident.reasons[last.anomaly_id]


SAME = traces(1, 2, 3)
WAITED = {"wait_ms": 900.0, "usual_wait_ms": 9.0}


def test_what_one_caller_waits_for_is_one_incident_that_blames_the_caller() -> None:
    callees = [strayed(each, metrics=WAITED) for each in (CART, PAYMENT)]
    caller = strayed(CHECKOUT, 2)
    [incident] = told([*callees, caller])
    assert incident.root_cause.service == "checkout"
    assert incident.reasons[caller.anomaly_id] == (
        "waits for GET /cart and others, which are as fast as usual"
    )


def test_two_that_are_waited_for_without_a_caller_that_strayed_stay_two() -> None:
    callees = [strayed(each, metrics=WAITED) for each in (CART, PAYMENT)]
    assert len(told(callees)) == 2


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        pytest.param(
            strayed(CART),
            strayed(CART, 1.5, anomaly_id="again"),
            "the same series strayed 30 s before",
            id="the same series",
        ),
        pytest.param(
            strayed(CART, trace_ids=SAME),
            strayed(MAIL, 2, trace_ids=traces(1, 2, 3)),
            "3 failing traces pass both it and GET /cart",
            id="shared traces",
        ),
        pytest.param(
            strayed(CART),
            strayed(CHECKOUT, 3),
            "calls GET /cart in 98% of its requests",
            id="a caller that strays minutes later",
        ),
        pytest.param(
            strayed(CHECKOUT),
            strayed(PAYMENT, 3),
            "is called by POST /checkout in 90% of its requests",
            id="the cause, found later",
        ),
        pytest.param(
            strayed(PAYMENT, trace_ids=SAME),
            strayed(CHECKOUT, 2, trace_ids=traces(2)),
            "calls POST /payment in 90% of its requests; 1 failing trace passes both",
            id="a call and a trace",
        ),
        pytest.param(
            strayed(PAYMENT, trace_ids=SAME),
            strayed(WEB, 2, trace_ids=SAME),
            "3 failing traces pass both it and POST /payment, which it calls through others",
            id="through a series that is well",
        ),
        pytest.param(
            strayed(CHECKOUT),
            strayed(CART, 3, metrics=DROPPED),
            "gets another number of requests, being called by POST /checkout, which strayed",
            id="fewer requests below what fails",
        ),
        pytest.param(
            strayed(CART),
            strayed(Series("cart", "POST /cart"), 1.5),
            "is of the same service cart, and strayed at the same time as GET /cart",
            id="the same service at once",
        ),
    ],
)
def test_each_member_of_an_incident_says_why_it_is_in_it(
    first: Anomaly, last: Anomaly, reason: str
) -> None:
    incidents = told([first, last], {} if last.series == MAIL else None)

    assert reason_of(first, incidents) == "it opened the incident"
    assert reason_of(last, incidents) == reason


def test_a_change_of_a_service_joins_what_strays_of_it_soon_after() -> None:
    one, other = strayed(CART), strayed(Series("cart", "POST /cart"), 4)
    revision = Change("c", "acme", ChangeKind.REVISION, "cart", "revision cart-00042", NOON)

    assert len(told([one, other])) == 2
    assert reason_of(other, told([one, other], changes=[revision])) == (
        "revision cart-00042 of cart came 10 s before it and GET /cart"
    )


def test_a_resource_that_both_name_joins_them() -> None:
    def full(series: Series) -> Anomaly:
        line = 'too many connections, host="orders-db"'
        seen = Evidence(line, line, 9, NOON, NOON)
        kind = AnomalyType.RESOURCE_EXHAUSTION
        return strayed(series, evidence=(seen,), anomaly_type=kind)

    [incident] = told([full(CART), full(MAIL)], {})

    assert set(incident.reasons.values()) == {
        "it opened the incident",
        "names the resource orders-db, as GET /cart does",
    }


@pytest.mark.parametrize(
    "anomalies",
    [
        pytest.param([strayed(CART), strayed(PAYMENT)], id="siblings below a caller that is well"),
        pytest.param(
            [
                strayed(CART, trace_ids=traces(1, 2), metrics={"error_rate": 0.5}),
                strayed(PAYMENT, trace_ids=traces(2, 3), metrics={"error_rate": 0.5}),
            ],
            id="siblings that share no more traces than by luck",
        ),
        pytest.param(
            [
                strayed(Series("cart"), trace_ids=traces(1, 2), metrics={"error_rate": 0.5}),
                strayed(PAYMENT, trace_ids=traces(2, 3), metrics={"error_rate": 0.5}),
            ],
            id="siblings, of which one logs it outside of requests",
        ),
        pytest.param([strayed(WEB), strayed(PAYMENT)], id="an edge through a series that is well"),
        pytest.param(
            [
                strayed(CHECKOUT, trace_ids=traces(*range(16))),
                strayed(CART, trace_ids=traces(*range(100, 116))),
            ],
            id="a call, but plenty of failing traces and none in common",
        ),
        pytest.param(
            [strayed(CART), strayed(Series("cart", "POST /cart"), 4)],
            id="one service, minutes apart, without a change",
        ),
        pytest.param(
            [
                strayed(CART),
                strayed(ATTACKED, 1.1, anomaly_type=AnomalyType.SECURITY_INCIDENT),
            ],
            id="an attack on a service that fails",
        ),
        pytest.param(
            [strayed(PAYMENT, metrics=DROPPED), strayed(WEB)], id="fewer requests far below"
        ),
    ],
)
def test_two_unrelated_troubles_stay_two(anomalies: list[Anomaly]) -> None:
    assert len(told(anomalies)) == 2
    assert groups(told(anomalies[::-1])) == groups(told(anomalies))


@pytest.mark.parametrize("minutes", [(1, 1, 1), (1, 2, 3), (3, 2, 1), (2, 1, 1), (1, 1, 2)])
def test_a_symptom_of_two_troubles_does_not_make_them_one(minutes: tuple[int, int, int]) -> None:
    cart = strayed(CART, minutes[0], trace_ids=traces(*range(8)))
    payment = strayed(PAYMENT, minutes[1], trace_ids=traces(*range(20, 30)))
    both = traces(*range(6), *range(20, 30))
    checkout = strayed(CHECKOUT, minutes[2], trace_ids=both)

    incidents = told([cart, payment, checkout])

    assert len(incidents) == 2
    apart = {cart.anomaly_id, payment.anomaly_id}
    assert all(len(apart & set(each.anomaly_ids)) == 1 for each in incidents)


def test_what_calls_two_troubles_goes_on_with_the_one_it_is_with() -> None:
    begin = [strayed(CART), strayed(CHECKOUT, trace_ids=SAME)]
    later = [strayed(PAYMENT, 8, trace_ids=SAME), strayed(CHECKOUT, 8, trace_ids=SAME)]

    incidents = told([*begin, *later])

    assert groups(incidents) == {
        frozenset({"cart-1", "checkout-1", "checkout-8"}),
        frozenset({"payment-8"}),
    }


def test_what_was_joined_by_mistake_leaves_a_young_incident_with_a_reason() -> None:
    home, search = Series("web", "GET /home"), Series("web", "GET /search")
    users, index = Series("users", "GET /user"), Series("index", "GET /index")
    shares = {(home, users): 1.0, (search, index): 1.0}
    first = [strayed(home, anomaly_id="home"), strayed(search, anomaly_id="search")]
    assert len(told(first, shares)) == 1

    incidents = told([*first, strayed(users, 2), strayed(index, 2)], shares)

    assert groups(incidents) == {
        frozenset({"home", "users-2"}),
        frozenset({"search", "index-2"}),
    }
    reasons = {reason for each in incidents for reason in each.reasons.values()}
    assert reasons == {
        "it opened the incident",
        "is called by GET /home in 100% of its requests",
        "is called by GET /search in 100% of its requests",
    }


def test_an_incident_that_is_no_longer_young_keeps_what_it_has() -> None:
    home, search = Series("web", "GET /home"), Series("web", "GET /search")
    users, index = Series("users", "GET /user"), Series("index", "GET /index")
    shares = {(home, users): 1.0, (search, index): 1.0}
    begin = [strayed(home, anomaly_id="home"), strayed(search, anomaly_id="search")]
    again = [strayed(each, 7) for each in (home, users, index)]

    assert {"home", "search"} <= set(told([*begin, *again], shares)[0].anomaly_ids)


def test_one_fault_with_symptoms_all_over_is_one_incident() -> None:
    incidents = told(
        [
            strayed(PAYMENT, 2, trace_ids=SAME),
            strayed(CHECKOUT, 1, trace_ids=SAME),
            strayed(WEB, 3, trace_ids=SAME),
            strayed(CART, 4, metrics=DROPPED),
            strayed(MAIL, 4, metrics=SILENT),
            strayed(Series("checkout"), 4),
        ]
    )

    assert len(incidents) == 1


def test_a_service_that_fell_silent_is_the_cause_of_all_its_callers() -> None:
    billing = Series("billing", "POST /bill")
    shares = {(CHECKOUT, PAYMENT): 0.9, (billing, PAYMENT): 1.0}

    assert len(told([strayed(CHECKOUT), strayed(billing), strayed(PAYMENT, 4)], shares)) == 1
    silent = strayed(PAYMENT, 4, metrics=SILENT)
    assert len(told([strayed(CHECKOUT), strayed(billing), silent], shares)) == 1


@given(st.lists(st.sampled_from([WEB, CHECKOUT, CART, PAYMENT, MAIL]), min_size=1, unique=True))
def test_a02_which_came_first_of_one_instant_does_not_matter(series: list[Series]) -> None:
    anomalies = [strayed(each, trace_ids=SAME) for each in series]

    assert told(anomalies) == told(sorted(anomalies, key=lambda each: each.anomaly_id))
