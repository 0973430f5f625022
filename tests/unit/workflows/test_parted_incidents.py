"""Two troubles that looked like one at first become two incidents, each with its own alert."""

from datetime import timedelta

from tests.builders import NOON
from tests.cascades import alerts, incidents, later, strayed
from tests.vigil_in_memory import VigilInMemory
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.anomaly import Anomaly
from vigil.model.call import Call
from vigil.model.change import Change, ChangeKind
from vigil.model.incident import Incident
from vigil.model.series import Series
from vigil.stores.service_graphs import ServiceGraphs

HOME, SEARCH = Series("web", "GET /home"), Series("web", "GET /search")
USERS, INDEX = Series("users", "GET /user"), Series("index", "GET /index")


def knows_calls(vigil: VigilInMemory) -> None:
    graph = ServiceGraph()
    graph.learn([Call(HOME, USERS, 50, 1, 1), Call(SEARCH, INDEX, 50, 1, 1)], NOON)
    put = ServiceGraphs(vigil.database, vigil.store.root).put(graph, learned_at=NOON)
    vigil.database.commit([put])


def failing(series: Series, minute: int = 0) -> Anomaly:
    name = f"{series.endpoint[5:]}-{minute}"
    return strayed(name, minute, service=series.service, endpoint=series.endpoint)


def services(incident: Incident) -> set[str]:
    return {str(series) for series in incident.affected}


def test_what_leaves_an_incident_pages_for_itself() -> None:
    with VigilInMemory() as vigil:
        knows_calls(vigil)
        later(vigil, failing(HOME), failing(SEARCH))
        [before] = incidents(vigil)
        later(vigil, failing(USERS, 1), failing(INDEX, 1))

        both = incidents(vigil)
        assert before.incident_id in {each.incident_id for each in both}
        assert sorted(map(sorted, map(services, both))) == [
            ["GET /home", "GET /user"],
            ["GET /index", "GET /search"],
        ]
        assert [each.anomaly_count for each in both] == [2, 2]
        assert {each.incident_id for each in alerts(vigil)} == {each.incident_id for each in both}
        assert vigil.notifier.told() == [("pager", "opened")] * 2


def test_each_anomaly_names_the_incident_that_names_it() -> None:
    with VigilInMemory() as vigil:
        knows_calls(vigil)
        later(vigil, failing(HOME), failing(SEARCH))
        later(vigil, failing(USERS, 1), failing(INDEX, 1))

        for incident in incidents(vigil):
            kept = vigil.store.anomalies.get_all(incident.anomaly_ids)
            assert {each.value.incident_id for each in kept if each} == {incident.incident_id}
            assert set(incident.reasons) == set(incident.anomaly_ids)


def test_one_by_one_or_after_an_outage_the_same_two_stand_in_the_end() -> None:
    anomalies = [failing(HOME), failing(SEARCH), failing(USERS, 1), failing(INDEX, 1)]
    with VigilInMemory() as at_once, VigilInMemory() as in_turn:
        for vigil in (at_once, in_turn):
            knows_calls(vigil)
        later(at_once, *anomalies)
        later(in_turn, *anomalies[:2])
        later(in_turn, *anomalies[2:])

        assert incidents(at_once) == incidents(in_turn)


def test_a_revision_joins_what_strays_of_its_service_minutes_apart() -> None:
    at = NOON - timedelta(minutes=2)
    revision = Change("v1-c", "acme", ChangeKind.REVISION, "web", "revision web-00042", at)
    with VigilInMemory() as changed, VigilInMemory() as unchanged:
        changed.database.commit([changed.store.changes.put(revision.change_id, revision)])
        for vigil in (changed, unchanged):
            later(vigil, failing(HOME))
            later(vigil, failing(SEARCH, 3))

        assert len(incidents(unchanged)) == 2
        [incident] = incidents(changed)
        assert "revision web-00042 of web came 2 min 3 s before it and GET /home" in set(
            incident.reasons.values()
        )
