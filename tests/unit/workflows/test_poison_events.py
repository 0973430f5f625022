"""A06: events that cannot be read are never tried again, and change nothing."""

import json

import pytest

from tests.builders import incident
from tests.vigil_in_memory import VigilInMemory
from vigil.errors import PermanentError
from vigil.model.event import EventType

ASKED, DONE = EventType.ANALYSIS_REQUESTED, EventType.ANALYSIS_COMPLETED
POISON = [
    pytest.param({}, b"{}", id="no tenant"),
    pytest.param({"tenant_id": ""}, b"{}", id="a tenant without a name"),
    pytest.param({"tenant_id": "../globex"}, b"{}", id="no name of a tenant"),
    pytest.param({"tenant_id": "globex"}, b"{}", id="an unknown tenant"),
    pytest.param({"tenant_id": "acme"}, b"", id="nothing"),
    pytest.param({"tenant_id": "acme"}, b"\xff\xfe", id="bytes"),
    pytest.param({"tenant_id": "acme"}, b"[]", id="a list"),
    pytest.param({"tenant_id": "acme"}, b'{"analysis": 5, "incident": 5}', id="no subject"),
    pytest.param(
        {"tenant_id": "acme"},
        b'{"analysis": {"incident_id": 5}, "incident": {"id": [1]}}',
        id="ids that are no text",
    ),
    pytest.param(
        {"tenant_id": "acme"},
        b'{"analysis": {"incident_id": "a/b", "fingerprint": "f"}, "incident": {"id": "a/b"}}',
        id="ids that no document has",
    ),
]


@pytest.mark.parametrize(("attributes", "data"), POISON)
def test_a06_an_event_that_cannot_be_read_is_for_nobody(
    attributes: dict[str, str], data: bytes
) -> None:
    with VigilInMemory() as vigil:
        for event_type, door in (
            (ASKED, vigil.workflows.analyze_incidents),
            (DONE, vigil.workflows.manage_alerts),
        ):
            with pytest.raises(PermanentError):
                door.handle({"event_type": event_type, **attributes}, data)
        assert vigil.documents.commits == []


def test_what_is_known_no_more_is_no_trouble() -> None:
    with VigilInMemory() as vigil:
        gone = {"incident": {"id": incident().incident_id}}
        told = {"analysis": {"incident_id": incident().incident_id, "fingerprint": "v1-x"}}
        of_acme = {"tenant_id": "acme"}
        vigil.workflows.analyze_incidents.handle(
            {"event_type": ASKED, **of_acme}, json.dumps(gone).encode()
        )
        vigil.workflows.manage_alerts.handle(
            {"event_type": DONE, **of_acme}, json.dumps(told).encode()
        )
        assert vigil.documents.commits == []
