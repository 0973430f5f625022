"""What becomes of a call when Firestore is in trouble: tried again in one place, and bounded."""

import socket
import time
from collections.abc import Callable, Sequence

import grpc
import pytest

from tests.contract.declared_queries import NEWEST_FIRST, QUERIES
from tests.contract.reading import OTHER, PATH, fields, read
from tests.firestore_faults import SECRET, Fault, Faults, always
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.firestore_patience import Patience
from vigil.errors import (
    PermanentError,
    PreconditionFailed,
    TransientError,
    UndeclaredQuery,
    VigilError,
)
from vigil.ports import Delete, Documents, Existence, Increment, OfVersion, Put, Write

Code = grpc.StatusCode
LEDGER = "tenants/acme/ledger/k1"
Ask = Callable[[Documents], object]
Disturbed = Callable[[Faults], FirestoreDocuments]
ASKING: dict[str, Ask] = {
    "get": lambda documents: documents.get([PATH]),
    "query": lambda documents: documents.query(NEWEST_FIRST, parent="tenants/acme"),
    "commit": lambda documents: documents.commit([Put(PATH, {"n": 1})]),
}


@pytest.fixture
def disturbed(firestore_channel: grpc.Channel, fresh_project: str) -> Disturbed:
    """Gives the documents of one project, disturbed by faults; nothing sleeps."""

    def opened(faults: Faults) -> FirestoreDocuments:
        channel = faults.on(firestore_channel)
        return FirestoreDocuments(
            fresh_project, QUERIES, channel=channel, patience=Patience(sleep=lambda _seconds: None)
        )

    return opened


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize(
    "code",
    [
        Code.ABORTED,
        Code.DEADLINE_EXCEEDED,
        Code.INTERNAL,
        Code.RESOURCE_EXHAUSTED,
        Code.UNAVAILABLE,
    ],
)
def test_b01_b04_a_call_that_fails_now_and_then_is_made(
    disturbed: Disturbed, ask: Ask, code: Code
) -> None:
    faults = Faults([Fault(code), Fault(code)])

    ask(disturbed(faults))

    assert len(faults.calls) == 3


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize("code", [Code.ABORTED, Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE])
def test_b01_b04_a_call_that_always_fails_is_given_up_for_now(
    disturbed: Disturbed, ask: Ask, code: Code
) -> None:
    faults = always(code)

    with pytest.raises(TransientError, match=f"{code.name} at attempt 6") as given_up:
        ask(disturbed(faults))

    assert not isinstance(given_up.value, PreconditionFailed)
    assert len(faults.calls) == 6


@pytest.mark.parametrize(
    ("code", "wholes"),
    [
        pytest.param(Code.ABORTED, [0.05, 0.1, 0.2, 0.4, 0.8], id="a lost race"),
        pytest.param(Code.RESOURCE_EXHAUSTED, [0.5, 1.0, 2.0, 4.0, 4.0], id="a quota"),
    ],
)
def test_b01_b04_pauses_grow_and_differ_by_chance(
    firestore_channel: grpc.Channel, fresh_project: str, code: Code, wholes: Sequence[float]
) -> None:
    pauses: list[float] = []
    for _ in range(20):
        documents = FirestoreDocuments(
            fresh_project,
            QUERIES,
            channel=always(code).on(firestore_channel),
            patience=Patience(sleep=pauses.append),
        )
        with pytest.raises(TransientError):
            documents.commit([Put(PATH, {})])

    for number, whole in enumerate(wholes):
        slept = pauses[number :: len(wholes)]
        assert all(whole / 2 <= pause <= whole for pause in slept)
        assert len(set(slept)) > 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(Code.PERMISSION_DENIED, "grant roles/datastore.user", id="a role"),
        pytest.param(Code.NOT_FOUND, "no such database", id="a database"),
        pytest.param(Code.UNAUTHENTICATED, "the credentials", id="credentials"),
    ],
)
def test_what_somebody_has_to_mend_is_said_to_whoever_calls_a_command(
    disturbed: Disturbed, code: Code, said: str
) -> None:
    with pytest.raises(TransientError, match=f"{code.name}, .*{said}"):
        ASKING["get"](disturbed(always(code)))


@pytest.mark.parametrize(
    ("code", "ask", "expected"),
    [
        pytest.param(Code.INVALID_ARGUMENT, "get", PermanentError, id="a mistake of ours"),
        pytest.param(Code.INVALID_ARGUMENT, "commit", PermanentError, id="a write it refuses"),
        pytest.param(Code.FAILED_PRECONDITION, "query", UndeclaredQuery, id="no index"),
        pytest.param(Code.PERMISSION_DENIED, "commit", TransientError, id="a role taken away"),
        pytest.param(Code.NOT_FOUND, "commit", TransientError, id="no such database"),
    ],
)
def test_what_trying_again_cannot_mend_is_told_at_once_and_quotes_nothing(
    disturbed: Disturbed, code: Code, ask: str, expected: type[VigilError]
) -> None:
    faults = always(code)

    with pytest.raises(expected) as refusal:
        ASKING[ask](disturbed(faults))

    assert not isinstance(refusal.value, PreconditionFailed)
    assert len(faults.calls) == 1
    error: BaseException | None = refusal.value
    while error is not None:
        assert SECRET not in f"{error!r}"
        error = error.__cause__ or error.__context__


DONE = Put(LEDGER, {"done": True}, Existence.ABSENT)
COUNT = Increment(PATH, {"n": 1})


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED])
@pytest.mark.parametrize("applied", [True, False])
def test_b03_work_under_a_ledger_key_is_counted_once(
    disturbed: Disturbed, code: Code, applied: bool
) -> None:
    documents = disturbed(Faults([None, Fault(code, applied=applied)]))

    def work() -> str:
        if documents.get([LEDGER])[0] is not None:
            return "done before"
        documents.commit([DONE, COUNT])
        return "done"

    if applied:
        with pytest.raises(PreconditionFailed):
            work()
        assert work() == "done before"
    else:
        assert work() == "done"
    assert fields(documents) == {"n": 1}
    assert fields(documents, LEDGER) == {"done": True}


@pytest.mark.parametrize(
    ("writes", "outcome"),
    [
        pytest.param([Put(PATH, {"n": 1})], None, id="to put is to put"),
        pytest.param([Delete(OTHER)], None, id="to delete is to delete"),
        pytest.param([COUNT], TransientError, id="a counter is never added to twice"),
        pytest.param(
            [COUNT, Put(OTHER, {"n": 0}, Existence.PRESENT)], TransientError, id="nor beside a put"
        ),
        pytest.param([COUNT, DONE], PreconditionFailed, id="a key that can be made once"),
        pytest.param(
            [COUNT, Delete(OTHER, Existence.PRESENT)], PreconditionFailed, id="or taken once"
        ),
        pytest.param(
            [COUNT, Put(OTHER, {"n": 0}, OfVersion("as read"))],
            TransientError,
            id="what was read may be as it was after the put",
        ),
    ],
)
def test_b03_a_lost_answer_makes_nothing_happen_twice(
    disturbed: Disturbed, writes: Sequence[Write], outcome: type[VigilError] | None
) -> None:
    disturbed(Faults([])).commit([Put(PATH, {"n": 0}), Put(OTHER, {"n": 0})])
    as_read = read(disturbed(Faults([])), OTHER).version
    writes = [
        Put(write.path, write.fields, OfVersion(as_read))
        if isinstance(write, Put) and isinstance(write.when, OfVersion)
        else write
        for write in writes
    ]
    documents = disturbed(Faults([Fault(Code.UNAVAILABLE, applied=True)]))

    if outcome is None:
        documents.commit(writes)
    else:
        with pytest.raises(outcome) as failure:
            documents.commit(writes)
        assert isinstance(failure.value, PreconditionFailed) == (outcome is PreconditionFailed)

    assert fields(documents) == {"n": int(writes != [Delete(OTHER)])}


def test_a_server_that_never_answers_is_waited_for_within_bounds() -> None:
    patience = Patience(deadline_seconds=0.1, give_up_after_seconds=0.25, first_pause_seconds=0.01)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        documents = FirestoreDocuments("p", QUERIES, emulator_host=host, patience=patience)
        begun_at = time.monotonic()
        with pytest.raises(TransientError, match="DEADLINE_EXCEEDED"):
            documents.get([PATH])
        documents.close()

    assert time.monotonic() - begun_at < 2.0


def test_nobody_listening_is_trouble_that_may_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    documents = FirestoreDocuments(
        "p", QUERIES, emulator_host=host, patience=Patience(attempts=2, first_pause_seconds=0.01)
    )
    with pytest.raises(TransientError, match="UNAVAILABLE"):
        documents.commit([Put(PATH, {})])
    documents.close()
