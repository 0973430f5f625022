"""An incident as the API shows it whole."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api_installation import Installation
from tests.builders import NOON, told_incident
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.api_key import Role
from vigil.model.call import Call
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.series import Series
from vigil.stores.service_graphs import ServiceGraphs
from vigil.workflows.api.answers import IncidentStoryAnswer


@pytest.fixture
def here() -> Iterator[Installation]:
    with Installation() as installation:
        store = installation.store()
        own = told_incident(incident_id="v1-acme", alert_id="v1-acme", anomaly_ids=("v1-acme",))
        at = NOON + timedelta(seconds=61)
        told = Notification(
            "v1-key",
            "acme",
            "v1-acme",
            "slack",
            Transition.OPENED,
            NotificationStatus.SENT,
            at,
            at,
            sent_at=at,
        )
        installation.database.commit(
            [store.incidents.put("v1-acme", own), store.notifications.put("v1-key", told)]
        )
        yield installation


def test_the_whole_story_keeps_the_promised_shape(here: Installation) -> None:
    answer = here.ask("GET", "/incidents/v1-acme", role=Role.VIEWER)
    IncidentStoryAnswer.model_validate_json(answer.content)


def test_the_timeline_goes_from_the_change_to_who_was_told(here: Installation) -> None:
    here.ask("POST", "/alerts/v1-acme/acknowledge", role=Role.RESPONDER)
    moments = here.ask("GET", "/incidents/v1-acme").json()["timeline"]
    assert [moment["kind"] for moment in moments] == [
        "change",
        "onset",
        "detected",
        "told",
        "reopened",
        "alert",
    ]
    assert moments[0] == {
        "at": "2026-01-20T11:56:00Z",
        "kind": "change",
        "text": "Changed: revision bank-00042 of bank, 4 min 3 s before it began",
        "subject": "v1-change",
    }
    assert moments[3]["text"] == "slack was told that it is opened"
    assert moments[-1]["text"] == "The alert was acknowledged by ci"


def test_links_lead_to_the_tenants_own_project(here: Installation) -> None:
    links = here.ask("GET", "/incidents/v1-acme").json()["links"]
    assert {link["project_id"] for link in links} == {"acme-prod"}
    assert {link["title"] for link in links} == {
        "The failing trace",
        "Its log entries",
        "What shop logged",
    }


def test_an_incident_that_woke_nobody_has_a_story_too(here: Installation) -> None:
    quiet = told_incident(incident_id="v1-quiet", alert_id=None, anomaly_ids=())
    here.database.commit([here.store().incidents.put("v1-quiet", quiet)])
    answer = here.ask("GET", "/incidents/v1-quiet").json()
    assert (answer["anomalies"], answer["timeline"][0]["kind"]) == ([], "change")


def test_the_root_cause_is_shown_with_who_calls_it(here: Installation) -> None:
    graph, store = ServiceGraph(), here.store()
    shop = Series("shop", "POST /payment")
    graph.learn([Call(Series("web", "POST /checkout"), shop, 98, 1, 1)], NOON)
    graph.learn_requests({Series("web", "POST /checkout"): 100}, NOON)
    kept = ServiceGraphs(here.database, store.root).put(graph, learned_at=NOON)
    here.database.commit([kept])
    assert here.ask("GET", "/incidents/v1-acme").json()["calls"] == {
        "service": "shop",
        "endpoint": "POST /payment",
        "affected": True,
        "request_share": None,
        "callers": [
            {
                "service": "web",
                "endpoint": "POST /checkout",
                "affected": False,
                "request_share": 0.98,
                "callers": [],
            }
        ],
    }
