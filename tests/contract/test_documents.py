"""What every store of documents promises of reading and writing, be it Firestore or SQLite."""

from collections.abc import Mapping

import pytest

from tests.contract.reading import OTHER, PATH, fields, read
from vigil.errors import PreconditionFailed
from vigil.ports import Delete, Documents, Existence, Increment, OfVersion, Put, Write


def test_documents_come_in_the_order_asked_for(documents: Documents) -> None:
    documents.commit([Put(PATH, {"n": 1}), Put(OTHER, {"n": 2})])

    found = documents.get([OTHER, "tenants/acme/incidents/none", PATH, OTHER])

    assert [one and one.path for one in found] == [OTHER, None, PATH, OTHER]
    assert [one and dict(one.fields) for one in found] == [{"n": 2}, None, {"n": 1}, {"n": 2}]


def test_to_ask_for_nothing_and_to_write_nothing_is_no_error(documents: Documents) -> None:
    documents.commit([])
    assert documents.get([]) == []


def test_a_put_replaces_the_whole_document(documents: Documents) -> None:
    documents.commit([Put(PATH, {"old": 1, "kept": 1})])
    documents.commit([Put(PATH, {"kept": 2})])

    assert fields(documents) == {"kept": 2}


def test_a_version_changes_with_writing_and_not_with_reading(documents: Documents) -> None:
    seen = []
    for count in range(3):
        documents.commit([Put(PATH, {"n": count})])
        assert read(documents).version == read(documents).version
        seen.append(read(documents).version)

    assert len(set(seen)) == len(seen)


def test_the_version_of_a_deleted_document_never_comes_back(documents: Documents) -> None:
    documents.commit([Put(PATH, {"n": 1})])
    first = read(documents).version
    documents.commit([Delete(PATH)])
    documents.commit([Put(PATH, {"n": 1})])

    with pytest.raises(PreconditionFailed):
        documents.commit([Put(PATH, {"n": 2}, OfVersion(first))])


def test_deleting_leaves_what_lies_below(documents: Documents) -> None:
    below = f"{PATH}/events/e1"
    documents.commit([Put(PATH, {}), Put(below, {"n": 1})])
    documents.commit([Delete(PATH)])

    assert fields(documents) is None
    assert fields(documents, below) == {"n": 1}


def test_deleting_what_is_not_there_is_no_error(documents: Documents) -> None:
    documents.commit([Delete(PATH), Put(OTHER, {})])
    assert fields(documents, OTHER) == {}


@pytest.mark.parametrize("kind", [Put, Delete])
@pytest.mark.parametrize(
    ("when", "present", "holds"),
    [
        pytest.param(Existence.ABSENT, False, True, id="absent as it should be"),
        pytest.param(Existence.ABSENT, True, False, id="present, should be absent"),
        pytest.param(Existence.PRESENT, True, True, id="present as it should be"),
        pytest.param(Existence.PRESENT, False, False, id="absent, should be present"),
        pytest.param("as read", True, True, id="as it was read"),
        pytest.param("as read before", True, False, id="changed since it was read"),
        pytest.param("as read before", False, False, id="deleted since it was read"),
    ],
)
def test_a_commit_is_made_only_if_its_precondition_holds(
    documents: Documents, kind: type[Put | Delete], when: str, present: bool, holds: bool
) -> None:
    documents.commit([Put(PATH, {"n": 0})])
    before = read(documents).version
    documents.commit([Put(PATH, {"n": 1})])
    versions = {"as read": read(documents).version, "as read before": before}
    if not present:
        documents.commit([Delete(PATH)])
    precondition = OfVersion(versions[when]) if when in versions else Existence(when)
    write: Write = Put(PATH, {"n": 2}, precondition) if kind is Put else Delete(PATH, precondition)

    if holds:
        documents.commit([write])
        assert fields(documents) == ({"n": 2} if kind is Put else None)
    else:
        with pytest.raises(PreconditionFailed):
            documents.commit([write])
        assert fields(documents) == ({"n": 1} if present else None)


def test_a_failed_precondition_writes_nothing_of_its_commit(documents: Documents) -> None:
    documents.commit([Put(OTHER, {"n": 1})])
    doomed: list[Write] = [
        Put(PATH, {"n": 1}),
        Increment("tenants/acme/usage/today", {"entries": 1}),
        Delete(OTHER),
        Put("tenants/acme/incidents/i3", {}, Existence.PRESENT),
        Put("tenants/acme/incidents/i4", {}),
    ]

    with pytest.raises(PreconditionFailed):
        documents.commit(doomed)

    kept = documents.get([write.path for write in doomed])
    assert [one and dict(one.fields) for one in kept] == [None, None, {"n": 1}, None, None]


def test_writes_on_one_document_are_made_in_their_order(documents: Documents) -> None:
    documents.commit(
        [
            Put(PATH, {"n": 1}, Existence.ABSENT),
            Increment(PATH, {"n": 2}),
            Increment(PATH, {"n": 4}, {"seen": True}),
            Put(OTHER, {"n": 1}),
            Delete(OTHER, Existence.PRESENT),
        ]
    )

    assert fields(documents) == {"n": 7, "seen": True}
    assert fields(documents, OTHER) is None


@pytest.mark.parametrize(
    ("before", "increment", "after"),
    [
        pytest.param(None, Increment(PATH, {"n": 2}), {"n": 2}, id="makes the document"),
        pytest.param({"a": 1}, Increment(PATH, {"n": 2}), {"a": 1, "n": 2}, id="makes the field"),
        pytest.param({"n": 3}, Increment(PATH, {"n": -5}), {"n": -2}, id="takes away"),
        pytest.param({"n": 0.5}, Increment(PATH, {"n": 1}), {"n": 1.5}, id="adds to a float"),
        pytest.param(
            {"n": "x"}, Increment(PATH, {"n": 1}), {"n": 1}, id="takes a text for nothing"
        ),
        pytest.param(
            {"n": 2**63 - 2}, Increment(PATH, {"n": 5}), {"n": 2**63 - 1}, id="stops at 64 bits"
        ),
        pytest.param(
            {"n": 1, "at": "old", "kept": b"state"},
            Increment(PATH, {"n": 1, "m": 1}, {"at": "new"}),
            {"n": 2, "m": 1, "at": "new", "kept": b"state"},
            id="sets the other fields",
        ),
        pytest.param(
            {"a": {"b": 1}, "a.b": 1},
            Increment(PATH, {"a.b": 1, "k8s.io/app": 1}, {"`c.d`": {"e.f": 1}}),
            {"a": {"b": 1}, "a.b": 2, "k8s.io/app": 1, "`c.d`": {"e.f": 1}},
            id="a11 never takes a name for a path",
        ),
    ],
)
def test_an_increment(
    documents: Documents,
    before: Mapping[str, object] | None,
    increment: Increment,
    after: Mapping[str, object],
) -> None:
    if before is not None:
        documents.commit([Put(PATH, before)])
    documents.commit([increment])
    assert fields(documents) == after
