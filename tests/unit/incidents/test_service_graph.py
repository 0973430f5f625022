"""What is learned of who calls whom."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from vigil.errors import PermanentError
from vigil.incidents.edge import Edge
from vigil.incidents.service_graph import FORGOTTEN_AFTER, HALF_LIFE, MOST_EDGES, ServiceGraph
from vigil.model.call import Call
from vigil.model.doings import Doings
from vigil.model.series import Series
from vigil.model.trace_profile import TraceProfile

WEB, CART, BANK = Series("web", "GET /"), Series("cart", "GET /cart"), Series("bank", "POST /pay")
DAY = timedelta(days=1)
Learned = tuple[Call, datetime]


def call(caller: Series = WEB, callee: Series = CART, count: int = 10, *, nested: int = 0) -> Call:
    return Call(caller, callee, count, count * 1000, count * 250, nested=nested)


def learned(*parts: Learned) -> ServiceGraph:
    graph = ServiceGraph()
    for each, at in parts:
        graph.learn([each], at)
        graph.learn_requests({each.caller: each.count}, at)
    return graph


def only_edge(graph: ServiceGraph, now: datetime | None = None) -> Edge:
    (edge,) = graph.edges(now=now)
    return edge


def test_an_edge_tells_how_often_it_is_used_and_what_part_of_the_time_it_takes() -> None:
    graph = learned((call(count=98), NOON))
    graph.learn_requests({WEB: 2}, NOON)
    edge = only_edge(graph)
    assert (edge.caller, edge.callee, edge.calls) == (WEB, CART, 98)
    assert (edge.request_share, edge.time_share) == (0.98, 0.25)


def test_requests_that_call_several_times_count_once() -> None:
    graph = ServiceGraph()
    graph.learn([Call(WEB, CART, 30, 1000, 900, calling=10)], NOON)
    graph.learn_requests({WEB: 20}, NOON)
    assert only_edge(graph).request_share == 0.5


def test_what_was_not_counted_has_no_share() -> None:
    graph = ServiceGraph()
    graph.learn([Call(WEB, CART, 3, 0, 0)], NOON)
    assert (only_edge(graph).request_share, only_edge(graph).time_share) == (None, None)


def test_first_and_last_use_are_remembered_in_any_order() -> None:
    graph = learned((call(), NOON), (call(), NOON - DAY), (call(), NOON - DAY / 2))
    edge = only_edge(graph)
    assert (edge.first_seen_at, edge.last_seen_at) == (NOON - DAY, NOON)


def test_a_half_life_later_calls_count_by_half() -> None:
    graph = learned((call(count=100), NOON), (call(BANK, CART, 1), NOON + HALF_LIFE))
    first = graph.edge(WEB, CART)
    assert first is not None
    assert first.calls == 50
    assert (first.request_share, first.time_share) == (1.0, 0.25)


def test_nothing_calls_itself_and_no_call_is_no_edge() -> None:
    assert learned((call(WEB, WEB), NOON), (call(count=0), NOON)).edges() == []


def test_an_edge_that_was_not_seen_for_long_is_forgotten() -> None:
    graph = learned((call(), NOON), (call(BANK, CART), NOON + FORGOTTEN_AFTER + DAY))
    assert graph.edge(WEB, CART) is None
    assert list(graph.requests()) == [BANK]


@pytest.mark.parametrize(
    ("surer", "less_sure"),
    [
        pytest.param(call(count=50), call(count=2), id="more calls"),
        pytest.param(call(count=5), call(count=5, nested=5), id="named as parent"),
        pytest.param(call(count=3), call(count=1000, nested=1000), id="one call that is told"),
        pytest.param(call(nested=9), call(nested=10), id="some of them are told"),
    ],
)
def test_an_edge_is_the_surer_the_better_it_is_proved(surer: Call, less_sure: Call) -> None:
    sure, unsure = only_edge(learned((surer, NOON))), only_edge(learned((less_sure, NOON)))
    assert 0 < unsure.confidence < sure.confidence < 1


def test_an_edge_that_is_used_no_more_is_less_sure_with_time() -> None:
    graph = learned((call(count=1000), NOON))
    at = [only_edge(graph, now=NOON + days * DAY).confidence for days in (0, 1, 7, 30)]
    assert at == sorted(at, reverse=True)
    assert at[0] > 0.99
    assert at[2] == pytest.approx(at[0] / 2)


def test_services_have_the_calls_of_all_their_endpoints() -> None:
    other = Series("web", "GET /offers")
    graph = learned(
        (call(count=60), NOON), (call(other, CART, 40), NOON), (call(WEB, other, 5), NOON)
    )
    (edge,) = graph.service_edges()
    assert (edge.caller, edge.callee) == (Series("web"), Series("cart"))
    assert edge.calls == 100
    # 105 requests of web were counted.
    assert edge.request_share == pytest.approx(100 / 105)
    assert edge.time_share == 0.25


def test_a_request_that_calls_two_endpoints_of_a_service_counts_once() -> None:
    graph = ServiceGraph()
    graph.learn([Call(WEB, Series("cart", p), 10, 1000, 400) for p in ("GET /a", "GET /b")], NOON)
    graph.learn_requests({WEB: 20}, NOON)
    (edge,) = graph.service_edges()
    assert (edge.calls, edge.request_share, edge.time_share) == (20, 0.5, 0.8)


def test_callers_are_told_by_callee() -> None:
    graph = learned((call(WEB, CART), NOON), (call(BANK, CART), NOON))
    assert graph.callers() == {CART: {WEB, BANK}}


def test_a_profile_of_traces_teaches_calls_and_the_requests_of_who_calls() -> None:
    profile = TraceProfile()
    profile.operations[WEB.service, WEB.endpoint] = Doings(count=50)
    profile.operations[CART.service, CART.endpoint] = Doings(count=60)
    between = (WEB.service, WEB.endpoint), (CART.service, CART.endpoint)
    profile.called[between] = [60, 10_000, 4_000, 6, 49]
    graph = ServiceGraph()
    graph.learn_profile(profile, NOON)
    edge = only_edge(graph)
    assert (edge.calls, edge.request_share, edge.time_share) == (60, 0.98, 0.4)
    assert list(graph.requests()) == [WEB]
    # A minute in which nothing calls it counts too.
    quiet = TraceProfile()
    quiet.operations[WEB.service, WEB.endpoint] = Doings(count=48)
    graph.learn_profile(quiet, NOON + timedelta(minutes=1))
    assert only_edge(graph).request_share == 0.5


_SERIES = st.builds(Series, st.sampled_from("abc"), st.sampled_from(("", "GET /x")))
_CALLS = st.builds(
    Call,
    _SERIES,
    _SERIES,
    st.integers(0, 10**6),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
_DAYS = int(FORGOTTEN_AFTER / DAY) - 1
_LEARNED = st.lists(
    st.tuples(_CALLS, st.integers(0, _DAYS * 24).map(lambda hours: NOON + hours * DAY / 24)),
    max_size=8,
)


@given(_LEARNED, st.randoms(use_true_random=False))
def test_the_order_in_which_calls_come_does_not_matter(
    parts: list[Learned], random: Random
) -> None:
    shuffled = random.sample(parts, len(parts))
    assert learned(*shuffled) == learned(*parts)


@given(_LEARNED, _LEARNED)
def test_graphs_merge_to_what_one_would_have_learned(
    parts: list[Learned], more: list[Learned]
) -> None:
    graph, other = learned(*parts), learned(*more)
    graph.merge(other)
    assert graph == learned(*parts, *more)
    other.merge(learned(*parts))
    assert graph == other


@given(_LEARNED)
def test_a_stored_graph_reads_back(parts: list[Learned]) -> None:
    graph = learned(*parts)
    assert ServiceGraph.from_bytes(graph.to_bytes()) == graph


def test_an_empty_graph_reads_back() -> None:
    assert ServiceGraph.from_bytes(ServiceGraph().to_bytes()) == ServiceGraph()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00", id="not compressed"),
        pytest.param(zlib.compress(b"[1"), id="not JSON"),
        pytest.param(zlib.compress(b"[1, [], [[5]], []]"), id="too few columns"),
        pytest.param(zlib.compress(b"{}"), id="another thing"),
        pytest.param(zlib.compress(b"[1, [], [], [[3], [0], [1]]]"), id="a name that is not there"),
    ],
)
def test_a_damaged_graph_is_refused(damaged: bytes) -> None:
    with pytest.raises(PermanentError):
        ServiceGraph.from_bytes(damaged)


def many_calls(services: int, called: int, endpoints: int) -> list[Call]:
    """Return the calls of a made-up company in which nothing is regular."""
    random = Random(5)
    calls = []
    for service in range(services):
        callees = random.sample([s for s in range(services) if s != service], called)
        for endpoint in range(endpoints):
            for callee in callees:
                count = random.randrange(1, 10**6)
                calls.append(
                    Call(
                        _series(service, endpoint),
                        _series(callee, random.randrange(endpoints)),
                        count,
                        count * random.randrange(10**3, 10**6),
                        count * random.randrange(10**3, 10**5),
                        nested=random.randrange(count),
                        calling=random.randrange(count) + 1,
                    )
                )
    return calls


def _series(service: int, endpoint: int) -> Series:
    return Series(f"{service}-service", f"POST /api/v1/{service}/resources/{{id}}/{endpoint}")


def _learn_over_days(calls: Sequence[Call]) -> ServiceGraph:
    random, graph = Random(6), ServiceGraph()
    for day in range(30):
        at = NOON + day * DAY
        drawn = random.sample(calls, len(calls) // 2)
        graph.learn(drawn, at + timedelta(seconds=random.randrange(80_000)))
        graph.learn_requests({each.caller: each.count for each in drawn}, at)
    return graph


@pytest.mark.slow
def test_two_hundred_services_with_ten_edges_each_fit_into_two_hundred_kilobytes() -> None:
    graph = _learn_over_days(many_calls(services=200, called=10, endpoints=2))
    assert len(graph) == MOST_EDGES
    assert len(graph.service_edges()) == 200 * 10
    assert len(graph.to_bytes()) < 200_000


@pytest.mark.slow
def test_of_too_many_edges_the_least_used_and_oldest_go() -> None:
    graph = ServiceGraph()
    rare = [Call(_series(1, i), CART, 1, 1, 1) for i in range(300)]
    graph.learn(rare[:150], NOON)
    graph.learn(rare[150:], NOON + timedelta(hours=1))
    graph.learn([Call(_series(2, i), CART, 2, 1, 1) for i in range(MOST_EDGES - 150)], NOON)
    kept = {edge.caller for edge in graph.edges()}
    assert len(kept) == MOST_EDGES
    assert {each.caller for each in rare} & kept == {each.caller for each in rare[150:]}
