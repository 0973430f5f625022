"""Which services are suspected, and why."""

from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly
from vigil.incidents.suspects import rank_suspects
from vigil.model.change import Change, ChangeKind
from vigil.model.doings import Doings, Part, PartKind
from vigil.model.incident import RootCause
from vigil.model.suspect import Ground, Suspect
from vigil.model.trace_profile import TraceProfile

WEB, CART, STOCK, REDIS = (
    ("web", "GET /"),
    ("cart", "GET /cart"),
    ("stock", "GET /stock"),
    ("redis", "HGET"),
)
FAST, SLOW = 100, 160


def call(callee: tuple[str, str]) -> Part:
    """Return the part of calling another operation."""
    return Part(PartKind.CALL, *callee)


def failure(service: str) -> Part:
    """Return the part of failing."""
    return Part(PartKind.FAILURE, service, "")


def shop(
    runs: float = 100.0,
    *,
    redis_calls: float = 1.0,
    failing: dict[str, float] | None = None,
    slow: dict[str, float] | None = None,
    slow_links: dict[tuple[str, str], float] | None = None,
) -> TraceProfile:
    """Return a profile of web, which calls cart and stock; cart calls redis. Shares are 0..1."""
    calls = {WEB: [CART, STOCK], CART: [REDIS], STOCK: [], REDIS: []}
    profile = TraceProfile()
    for operation, callees in calls.items():
        service = operation[0]
        parts = {call(callee): runs * (redis_calls if callee == REDIS else 1) for callee in callees}
        broken = runs * (failing or {}).get(service, 0.0)
        if broken:
            parts[failure(service)] = broken
        own = sketch(runs, (slow or {}).get(service, 0.0))
        profile.operations[operation] = Doings(runs, parts, own)
        for callee in callees:
            pair = (service, callee[0])
            profile.gaps_us[pair] = sketch(runs, (slow_links or {}).get(pair, 0.0))
            profile.called[operation, callee] = [runs, 9.0 * runs, 5.0 * runs, 0.0, runs]
    return profile


def sketch(runs: float, slow_share: float) -> dict[int, float]:
    """Return durations of which a share is slow."""
    slow = runs * slow_share
    return {FAST: runs - slow, SLOW: slow} if slow else {FAST: runs}


def suspects(usual: TraceProfile, bad: TraceProfile) -> tuple[Suspect, ...]:
    """Return the suspects by their traces alone."""
    return rank_suspects(usual, bad, (), (), NOON)


@pytest.mark.parametrize(
    ("bad", "service", "ground"),
    [
        pytest.param(shop(40, redis_calls=0.4), "cart", Ground.CALLS, id="a call is missing"),
        pytest.param(shop(40, slow={"stock": 0.6}), "stock", Ground.SELF_TIME, id="slow itself"),
        pytest.param(
            shop(40, slow_links={("web", "cart"): 0.9, ("cart", "redis"): 0.9}),
            "cart",
            Ground.SLOW_LINKS,
            id="all links are slow",
        ),
        pytest.param(shop(40, failing={"stock": 0.5}), "stock", Ground.ERRORS, id="it fails"),
        pytest.param(
            shop(40, failing={"web": 0.55, "cart": 0.5}), "cart", Ground.ERRORS, id="a callee fails"
        ),
    ],
)
def test_the_service_that_changed_is_suspected_first(
    bad: TraceProfile, service: str, ground: Ground
) -> None:
    first = suspects(shop(), bad)[0]
    assert (first.service, first.proofs[0].ground) == (service, ground)
    assert first.confidence > 0.5


@pytest.mark.parametrize(
    ("usual", "bad"),
    [
        pytest.param(shop(), shop(40), id="nothing changed"),
        pytest.param(shop(), shop(40, redis_calls=0.95), id="hardly anything changed"),
        pytest.param(shop(), TraceProfile(), id="no traces since"),
        pytest.param(TraceProfile(), shop(40, failing={"web": 1.0}), id="no traces before"),
        pytest.param(shop(), shop(2, failing={"web": 1.0}), id="too few runs"),
    ],
)
def test_without_enough_evidence_nobody_is_suspected(
    usual: TraceProfile, bad: TraceProfile
) -> None:
    assert suspects(usual, bad) == ()


def test_a_proof_is_a_sentence_with_its_numbers() -> None:
    first = suspects(shop(), shop(40, redis_calls=0.4))[0]
    assert first.endpoint == "GET /cart"
    assert first.proofs[0].text == (
        "cart GET /cart calls redis HGET in 40% of its 40 runs, usually 100% (chance 1 in 10^11)"
    )


def test_slowness_says_how_many_runs_it_struck_and_how_much_of_the_time_it_is() -> None:
    first = suspects(shop(), shop(40, slow={"stock": 0.6}))[0]
    assert first.proofs[0].text == (
        "stock GET /stock takes, without its calls, more than 8.4 ms in 60% of 40 runs, usually "
        "0% (chance 1 in 10^11); 100% of all time that was added"
    )


def test_a_failing_line_of_a_callee_does_not_clear_the_caller_of_its_own_fault() -> None:
    bad = shop(40, redis_calls=0.0, slow={"redis": 0.2})
    assert [each.service for each in suspects(shop(), bad)] == ["cart", "redis"]


def test_a_service_is_suspected_a_little_if_who_calls_it_does_other_things() -> None:
    first, second = suspects(shop(), shop(40, redis_calls=0.4))
    assert second.service == "redis"
    assert second.confidence < first.confidence / 10
    assert [proof.text for proof in second.proofs] == [
        "cart GET /cart, which does other things than usual, calls redis"
    ]


def test_confidences_leave_room_for_none_of_them() -> None:
    found = suspects(shop(), shop(40, failing={"web": 0.5, "cart": 0.2, "stock": 0.3}))
    assert {each.service for each in found} == {"web", "cart", "stock", "redis"}
    assert 0.0 < sum([each.confidence for each in found]) < 1.0


def test_without_traces_anomalies_and_changes_are_what_counts() -> None:
    web = anomaly(service="web", anomaly_id="1", started_at=NOON + timedelta(seconds=30))
    cart = anomaly(service="cart", anomaly_id="2", started_at=NOON)
    found = rank_suspects(TraceProfile(), TraceProfile(), (web, cart), (), NOON)
    assert [each.service for each in found] == ["cart", "web"]
    assert [proof.text for proof in found[0].proofs] == [
        "POST /payment: 38 of 40 requests failed, usually 0 of 42",
        "cart strayed first (12:00:00), web 30 s later",
    ]


def change(service: str, minutes_before: float) -> Change:
    """Return a new revision of a service, so long before noon."""
    at = NOON - timedelta(minutes=minutes_before)
    return Change("c", "acme", ChangeKind.REVISION, service, f"revision {service}-2", at)


@pytest.mark.parametrize(
    ("made", "services"),
    [
        pytest.param(change("web", 5), ["web", "cart"], id="shortly before"),
        pytest.param(change("web", 45), ["cart", "web"], id="long before"),
        pytest.param(change("web", -1), ["cart", "web"], id="after the onset"),
        pytest.param(change("", 5), ["cart", "web"], id="of no single service"),
    ],
)
def test_a_change_shortly_before_speaks_for_its_service(made: Change, services: list[str]) -> None:
    both = (
        anomaly(service="web", anomaly_id="1", confidence=0.9),
        anomaly(service="cart", anomaly_id="2", confidence=1.0),
    )
    found = rank_suspects(TraceProfile(), TraceProfile(), both, (made,), NOON)
    assert [each.service for each in found] == services


def test_a_change_says_what_and_when() -> None:
    found = rank_suspects(TraceProfile(), TraceProfile(), (), (change("web", 5),), NOON)
    proof = found[0].proofs[0]
    assert (proof.ground, proof.text) == (
        Ground.CHANGE,
        "web was changed 5 min before: revision web-2",
    )


def test_what_the_others_follow_from_is_likely_the_cause_without_any_trace() -> None:
    cause = anomaly(service="cart", anomaly_id="1")
    caller = anomaly(service="web", anomaly_id="2")
    blamed = RootCause("1", "cart", "POST /payment", "", 1.0, "it is called by web")
    nothing = TraceProfile()
    found = rank_suspects(nothing, nothing, (cause, caller), (), NOON, blamed=blamed)
    assert [each.service for each in found] == ["cart", "web"]
    assert (found[0].proofs[0].ground, found[0].proofs[0].text) == (
        Ground.DEEPEST,
        "it is called by web",
    )
    assert 0.6 < found[0].confidence < 0.8


@pytest.mark.parametrize(
    ("strayed", "suspected"),
    [
        pytest.param("web", {"web", "cart", "stock", "redis"}, id="it calls all others"),
        pytest.param("cart", {"cart", "redis", "web"}, id="not what only its caller calls"),
        pytest.param("mail", {"mail"}, id="nobody calls it"),
    ],
)
def test_nobody_is_suspected_who_has_nothing_to_do_with_what_strayed(
    strayed: str, suspected: set[str]
) -> None:
    everybody = dict.fromkeys(["web", "cart", "stock", "redis"], 0.9)
    own = anomaly(service=strayed, anomaly_id="1")
    found = rank_suspects(shop(), shop(40, failing=everybody), (own,), (), NOON)
    assert {each.service for each in found} == suspected
