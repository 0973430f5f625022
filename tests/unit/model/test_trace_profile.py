"""What is kept of traces."""

import zlib

import pytest

from vigil.errors import PermanentError
from vigil.model import trace_profile_bytes as bytes_module
from vigil.model.doings import Doings, Part, PartKind
from vigil.model.trace_profile import TraceProfile

CART = ("cart", "GET /cart")
STOCK = Part(PartKind.CALL, "stock", "GET /stock")


def profile(count: float = 4.0, name: str = "GET /cart") -> TraceProfile:
    """Return the profile of a cart that calls the stock in half of its requests."""
    return TraceProfile(
        operations={("cart", name): Doings(count, {STOCK: count / 2}, {80: count})},
        gaps_us={("cart", "stock"): {64: count}},
        called={(("cart", name), ("stock", "GET /stock")): [count, 9.0, 5.0, 0.0, count]},
    )


def big(services: int, operations: int, parts: int) -> TraceProfile:
    """Return a profile of so many services, with so many operations and parts of each."""
    whole = TraceProfile()
    for service in range(services):
        for place in range(operations):
            own = {70 + 3 * place + bucket: 7.0 * bucket + 1 for bucket in range(12)}
            steps = {
                Part(PartKind.LOG, f"service-{service}", f"step {part} of {place} done"): 5.0 * part
                for part in range(parts)
            }
            name = f"GET /api/v1/service-{service}/resource-{place}"
            whole.operations[f"service-{service}", name] = Doings(100.0 + place, steps, own)
        for other in range(4):
            pair = (f"service-{service}", f"service-{(service * 7 + other) % services}")
            whole.gaps_us[pair] = {70 + bucket: 9.0 * bucket for bucket in range(12)}
    return whole


def test_profiles_merge_in_any_order() -> None:
    one, other = profile(), profile(6.0, "GET /basket")
    there, back = TraceProfile(), TraceProfile()
    for left, right in ((one, other), (other, one)):
        target = there if left is one else back
        target.merge(left)
        target.merge(right)
    assert there == back
    assert there.gaps_us == {("cart", "stock"): {64: 10.0}}
    assert there.operations[CART] == Doings(4.0, {STOCK: 2.0}, {80: 4.0})


def test_merging_leaves_the_other_as_it_was() -> None:
    whole, other = TraceProfile(), profile()
    whole.merge(other)
    whole.merge(other)
    assert other == profile()


def test_a_faded_profile_counts_less() -> None:
    assert profile(4.0).decayed(0.5).operations == profile(2.0).operations


def test_bytes_give_the_same_profile_back() -> None:
    assert TraceProfile.from_bytes(profile().to_bytes()) == profile()


def test_equal_profiles_give_equal_bytes() -> None:
    one, other = profile(), profile(6.0, "GET /basket")
    one.merge(profile(6.0, "GET /basket"))
    other.merge(profile())
    assert one.to_bytes() == other.to_bytes()


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(zlib.compress(b"{}"), id="another shape"),
        pytest.param(zlib.compress(b'[["a"],[[0,5,1,[]]],[],[]]'), id="a name that is missing"),
        pytest.param(profile().to_bytes()[:-4], id="cut off"),
    ],
)
def test_damaged_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(PermanentError, match="damaged"):
        TraceProfile.from_bytes(packed)


def test_what_was_seen_least_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytes_module, "MOST_OPERATIONS", 1)
    whole = profile()
    whole.merge(profile(6.0, "GET /basket"))
    assert set(TraceProfile.from_bytes(whole.to_bytes()).operations) == {("cart", "GET /basket")}


def test_two_hundred_services_fit_into_a_document() -> None:
    assert len(big(services=200, operations=8, parts=6).to_bytes()) < 200_000


def test_what_a_document_cannot_hold_makes_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytes_module, "MOST_OPERATIONS", 100)
    monkeypatch.setattr(bytes_module, "MOST_BYTES", 4_000)
    whole = big(services=10, operations=10, parts=20)

    packed = whole.to_bytes()

    kept = TraceProfile.from_bytes(packed).operations
    assert 2_000 < len(packed) <= 4_000
    assert {doings.count for doings in kept.values()} >= {109.0}
    assert 0 < len(kept) < 100


def test_an_operation_that_has_faded_is_forgotten() -> None:
    assert profile(4.0).decayed(0.001).operations == {}
