"""Firestore's own ways, beyond the contract that all stores keep."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Lock

import grpc
import pytest
from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.children import child, said
from tests.contract.declared_queries import NEWEST_FIRST, QUERIES
from tests.contract.reading import PATH, fields, read
from tests.firestore_faults import Faults, always
from vigil.adapters.document_limits import checked_size
from vigil.adapters.firestore_calls import open_channel
from vigil.adapters.firestore_documents import EMULATOR_COMMIT_LIMIT_BYTES, FirestoreDocuments
from vigil.adapters.firestore_messages import Database
from vigil.adapters.firestore_patience import Patience
from vigil.adapters.firestore_values import decode
from vigil.adapters.firestore_writes import commit_request, version_of
from vigil.errors import PermanentError, PreconditionFailed
from vigil.ports import Increment, OfVersion, Put

WRITERS = 8
ROUNDS = 10
# Begins a transaction, takes the document's lock by reading it, and says which transaction it is.
LOCKS = """
import sys, time
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
import grpc

address, database, document = sys.argv[1:]
client = FirestoreClient(transport=FirestoreGrpcTransport(channel=grpc.insecure_channel(address)))
transaction = client.begin_transaction(request={"database": database}).transaction
list(client.batch_get_documents(request={
    "database": database, "documents": [document], "transaction": transaction}))
print(transaction.hex(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def documents(
    firestore_channel: grpc.Channel, firestore_address: str, fresh_project: str
) -> Iterator[FirestoreDocuments]:
    with closing(
        FirestoreDocuments(
            fresh_project, QUERIES, emulator_host=firestore_address, channel=firestore_channel
        )
    ) as opened:
        yield opened


def test_b01_eight_instances_comparing_and_setting_lose_nothing_and_never_fail(
    firestore_address: str, fresh_project: str, documents: FirestoreDocuments
) -> None:
    documents.commit([Put(PATH, {"n": 0})])

    def add(instance: FirestoreDocuments) -> int:
        lost = 0
        for _ in range(ROUNDS):
            while not added_one(instance):
                lost += 1
        return lost

    with ExitStack() as closings, ThreadPoolExecutor(WRITERS) as pool:
        instances = [
            closings.enter_context(
                closing(FirestoreDocuments(fresh_project, QUERIES, emulator_host=firestore_address))
            )
            for _ in range(WRITERS)
        ]
        lost = sum(pool.map(add, instances))

    assert fields(documents) == {"n": WRITERS * ROUNDS}
    assert lost > 0, "they never met, so nothing was shown"


def added_one(documents: FirestoreDocuments) -> bool:
    seen = read(documents)
    count = seen.fields["n"]
    assert isinstance(count, int)
    try:
        documents.commit([Put(PATH, {"n": count + 1}, OfVersion(seen.version))])
    except PreconditionFailed:
        return False
    return True


def test_b05_writers_get_through_when_the_lock_of_a_killed_client_is_lifted(
    firestore_address: str, firestore_channel: grpc.Channel, fresh_project: str
) -> None:
    database = Database(fresh_project)
    with closing(FirestoreDocuments(fresh_project, QUERIES, channel=firestore_channel)) as first:
        first.commit([Put(PATH, {"n": 0})])
    with child(LOCKS, firestore_address, database.name, database.document(PATH)) as locker:
        transaction = bytes.fromhex(said(locker))
        locker.kill()
        locker.wait()

    lifted: list[float] = []
    lifting = Lock()

    def lift(seconds: float) -> None:
        with lifting:
            if not lifted:
                # Firestore does so itself, a minute after the last sign of life.
                roll_back(firestore_channel, database, transaction)
            lifted.append(seconds)

    def write(_writer: int) -> None:
        FirestoreDocuments(
            fresh_project, QUERIES, channel=firestore_channel, patience=Patience(sleep=lift)
        ).commit([Increment(PATH, {"n": 1})])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))

    assert fields(first) == {"n": WRITERS}
    assert lifted, "nobody met the lock, so nothing was shown"


def roll_back(channel: grpc.Channel, database: Database, transaction: bytes) -> None:
    call = channel.unary_unary(
        "/google.firestore.v1.Firestore/Rollback",
        types.RollbackRequest.serialize,
        bytes,
    )
    call(types.RollbackRequest(database=database.name, transaction=transaction))


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(5, id="one commit of five megabytes"),
        pytest.param(12, id="one that production refuses too"),
    ],
)
def test_a09_what_is_too_much_for_one_commit_is_refused_before_it_is_sent(
    firestore_channel: grpc.Channel, firestore_address: str, fresh_project: str, parts: int
) -> None:
    faults = Faults([])
    documents = FirestoreDocuments(
        fresh_project,
        QUERIES,
        emulator_host=firestore_address,
        channel=faults.on(firestore_channel),
    )

    with pytest.raises(PermanentError, match=f"{EMULATOR_COMMIT_LIMIT_BYTES} are the most"):
        documents.commit([Put(f"{PATH}-{n}", {"state": b"x" * 1_000_000}) for n in range(parts)])

    assert faults.calls == []


def test_a09_a_commit_just_below_the_limit_is_made(documents: FirestoreDocuments) -> None:
    puts = [Put(f"{PATH}-{n}", {"state": b"x" * 1_040_000}) for n in range(4)]

    documents.commit(puts)

    assert documents.get([puts[3].path])[0] is not None


def test_a09_a_document_that_counters_make_too_large_is_refused(
    documents: FirestoreDocuments,
) -> None:
    documents.commit([Put(PATH, {"state": b"x" * 1_000_000})])

    with pytest.raises(PermanentError):
        documents.commit([Increment(PATH, {"n": 1}, {"more": b"x" * 100_000})])

    assert "n" not in read(documents).fields


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
OBJECTS = st.recursive(
    st.dictionaries(TEXTS, SCALARS, max_size=4),
    lambda inner: st.dictionaries(TEXTS, inner | SCALARS | st.lists(inner | SCALARS), max_size=4),
    max_leaves=10,
)


@given(payload=OBJECTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a11_any_payload_that_a_document_may_hold_comes_back_with_its_own_keys(
    documents: FirestoreDocuments, payload: dict[str, object]
) -> None:
    kept = {"state": b"ours", "payload": payload}
    try:
        checked_size(PATH, kept)
    except PermanentError:
        with pytest.raises(PermanentError):
            documents.commit([Put(PATH, kept)])
        return
    documents.commit([Put(PATH, kept)])

    assert fields(documents) == kept


IDS = st.text(max_size=20) | st.sampled_from(["..", ".", "__x__", "a" * 1_500, "a/b", "ä", "a\x00"])


@given(segments=st.lists(IDS, min_size=1, max_size=5))
def test_d04_no_path_is_sent_but_of_checked_ids(segments: list[str]) -> None:
    path = "/".join(segments)
    is_path = len(path.split("/")) % 2 == 0 and all(
        re.fullmatch(r"(?!__.*__$)[A-Za-z0-9_-]{1,128}", each) for each in path.split("/")
    )
    faults = always(grpc.StatusCode.INVALID_ARGUMENT)
    with open_channel("127.0.0.1:1") as nowhere:
        documents = FirestoreDocuments("p", QUERIES, channel=faults.on(nowhere))
        for ask in (
            lambda: documents.get([path]),
            lambda: documents.commit([Put(path, {})]),
            lambda: documents.query(NEWEST_FIRST, parent=path or "/"),
        ):
            with pytest.raises(PermanentError):
                ask()

    assert len(faults.calls) == (3 if is_path else 0)


def test_a_version_is_the_exact_update_time() -> None:
    later = Timestamp(seconds=1_768_910_460, nanos=123_456_001)
    earlier = Timestamp(seconds=1_768_910_460, nanos=1)

    assert version_of(later) == "1768910460.123456001"
    assert version_of(earlier) == "1768910460.000000001"
    request = commit_request(Database("p"), [Put(PATH, {}, OfVersion(version_of(earlier)))])
    assert request.writes[0].current_document.update_time == earlier


def test_a_version_that_no_document_ever_had_is_no_version_now(
    documents: FirestoreDocuments,
) -> None:
    with pytest.raises(PreconditionFailed):
        documents.commit([Put(PATH, {}, OfVersion("yesterday"))])


def test_to_write_what_is_there_already_leaves_the_version(documents: FirestoreDocuments) -> None:
    documents.commit([Put(PATH, {"n": 1})])
    before = read(documents).version
    documents.commit([Put(PATH, {"n": 1})])

    assert read(documents).version == before


def test_what_vigil_never_writes_is_not_guessed_at() -> None:
    document = types.Document.pb()()
    document.fields["place"].geo_point_value.latitude = 1.0

    with pytest.raises(PermanentError, match="geo_point_value"):
        decode(document.fields)


def test_two_databases_of_a_project_know_nothing_of_each_other(
    firestore_channel: grpc.Channel, fresh_project: str, documents: FirestoreDocuments
) -> None:
    other = FirestoreDocuments(
        fresh_project, QUERIES, database_id="other", channel=firestore_channel
    )
    other.commit([Put(PATH, {"n": 1})])

    assert fields(documents) is None
    assert fields(other) == {"n": 1}
