"""The picture of who calls the root cause."""

from collections.abc import Iterator

from tests.builders import NOON, anomaly
from vigil.incidents.call_tree import MOST_NODES, CallNode, call_tree
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.anomaly import Anomaly
from vigil.model.call import Call
from vigil.model.series import Series

WEB, MOBILE = Series("web", "POST /checkout"), Series("mobile", "GET /m")
SHOP, BANK = Series("shop", "POST /payment"), Series("bank", "POST /pay")


def strayed(series: Series, *callers: Series) -> Anomaly:
    return anomaly(service=series.service, endpoint=series.endpoint, callers=callers)


def drawn(node: CallNode, depth: int = 0) -> Iterator[str]:
    share = "" if node.request_share is None else f" {node.request_share:.0%}"
    yield f"{'  ' * depth}{'x' if node.is_affected else '-'} {node.series}{share}"
    for caller in node.callers:
        yield from drawn(caller, depth + 1)


def test_callers_that_failed_and_those_that_did_not_lead_to_the_cause() -> None:
    tree = call_tree(
        BANK, [BANK, SHOP, WEB], [strayed(BANK, MOBILE, SHOP), strayed(SHOP, WEB), strayed(WEB)]
    )
    assert list(drawn(tree)) == [
        "x POST /pay",
        "  x POST /payment",
        "    x POST /checkout",
        "  - GET /m",
    ]


def test_what_was_learned_before_completes_what_the_anomalies_saw() -> None:
    graph = ServiceGraph()
    graph.learn([Call(SHOP, BANK, 98, 1, 1), Call(WEB, SHOP, 10, 1, 1)], NOON)
    graph.learn_requests({SHOP: 100, WEB: 40}, NOON)
    tree = call_tree(BANK, [BANK, SHOP], [strayed(BANK), strayed(SHOP)], graph)
    assert list(drawn(tree)) == ["x POST /pay", "  x POST /payment 98%", "    - POST /checkout 25%"]


def test_a_service_that_fails_outside_of_requests_is_called_by_who_calls_its_endpoints() -> None:
    graph = ServiceGraph()
    graph.learn([Call(SHOP, BANK, 98, 1, 1)], NOON)
    tree = call_tree(Series("bank"), [Series("bank")], [], graph)
    assert list(drawn(tree)) == ["x bank", "  - POST /payment"]


def test_a_cause_that_nobody_calls_stands_alone() -> None:
    assert list(drawn(call_tree(BANK, [BANK], []))) == ["x POST /pay"]


def test_those_that_call_each_other_are_drawn_once() -> None:
    tree = call_tree(BANK, [BANK, SHOP], [strayed(BANK, SHOP), strayed(SHOP, BANK, SHOP)])
    assert list(drawn(tree)) == ["x POST /pay", "  x POST /payment"]


def test_the_picture_stays_small_and_shows_failures_first() -> None:
    many = [Series(f"s{number:02}") for number in range(60)]
    failed = many[-5:]
    lines = list(drawn(call_tree(BANK, failed, [strayed(BANK, *many)])))
    assert len(lines) == MOST_NODES
    assert lines[1:6] == [f"  x {series}" for series in failed]
