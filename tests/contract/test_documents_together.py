"""What every store of documents promises to those who use it at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.contract.reading import OTHER, PATH, fields, read
from vigil.errors import PreconditionFailed, TransientError
from vigil.ports import Documents, Existence, Increment, OfVersion, Put

WRITERS = 8
# Few, because an emulator is slow at this; every lost race is somebody else's success.
ROUNDS = 5
ATTEMPTS = 10 * WRITERS * ROUNDS


def in_parallel(work: Callable[[int], bool]) -> list[bool]:
    """Run `work` for each writer at the same time; raise what any of them raised."""
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(work, range(WRITERS)))


def persistently(work: Callable[[], None]) -> None:
    """Do `work` again for as long as it fails in a way that a retry may mend."""
    for attempt in range(ATTEMPTS):
        try:
            return work()
        except TransientError:
            if attempt == ATTEMPTS - 1:
                raise
    return None


def test_b01_of_eight_writers_comparing_and_setting_none_is_lost(documents: Documents) -> None:
    documents.commit([Put(PATH, {"n": 0})])

    def add_one() -> None:
        seen = read(documents)
        count = seen.fields["n"]
        assert isinstance(count, int)
        documents.commit([Put(PATH, {"n": count + 1}, OfVersion(seen.version))])

    def add_some(_writer: int) -> bool:
        for _ in range(ROUNDS):
            persistently(add_one)
        return True

    in_parallel(add_some)

    assert fields(documents) == {"n": WRITERS * ROUNDS}


def test_of_eight_writers_counting_none_is_lost(documents: Documents) -> None:
    def count_some(writer: int) -> bool:
        for _ in range(ROUNDS):
            persistently(lambda: documents.commit([Increment(PATH, {"n": 1, f"w{writer}": 1})]))
        return True

    in_parallel(count_some)

    each = {f"w{writer}": ROUNDS for writer in range(WRITERS)}
    assert fields(documents) == {"n": WRITERS * ROUNDS, **each}


def test_of_eight_who_create_a_document_one_succeeds(documents: Documents) -> None:
    def create(writer: int) -> bool:
        try:
            documents.commit([Put(PATH, {"writer": writer}, Existence.ABSENT)])
        except PreconditionFailed:
            return False
        return True

    created = in_parallel(create)

    assert sum(created) == 1
    assert fields(documents) == {"writer": created.index(True)}


def test_documents_are_read_as_of_one_instant(documents: Documents) -> None:
    documents.commit([Put(PATH, {"n": 0}), Put(OTHER, {"n": 0})])

    def write_both() -> None:
        documents.commit([Increment(PATH, {"n": 1}), Increment(OTHER, {"n": 1})])

    def write_and_read(_worker: int) -> bool:
        alike = []
        for _ in range(ROUNDS):
            persistently(write_both)
            one, other = documents.get([PATH, OTHER])
            alike.append(one is not None and other is not None and one.fields == other.fields)
        return all(alike)

    assert all(in_parallel(write_and_read))
