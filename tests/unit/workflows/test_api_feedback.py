"""What people say of an anomaly, as the API takes and shows it."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api_installation import Installation
from tests.builders import anomaly
from vigil.model.api_key import Role
from vigil.model.feedback import MOST_OPINIONS
from vigil.workflows.api.answers import ErrorAnswer
from vigil.workflows.api.trust_answers import FeedbackAnswer

CANARY = "canary-of-the-body"


def say(
    here: Installation, verdict: object, about: str = "v1-acme", *, by: str = "ann", **more: object
) -> tuple[int, dict[str, object]]:
    body = json.dumps({"verdict": verdict, **more}).encode()
    headers = {
        "X-API-Key": here.key(Role.RESPONDER),
        "X-User-ID": by,
        "Content-Type": "application/json",
    }
    answer = here.ask("POST", f"/anomalies/{about}/feedback", headers=headers, content=body)
    return answer.status_code, answer.json()


def rate(here: Installation) -> object:
    return here.ask("GET", "/metrics").json()["metrics"]["false_positive_rate"]


def test_what_was_said_is_answered_and_listed_beside_its_anomaly(here: Installation) -> None:
    store = here.store()
    here.database.commit([store.anomalies.put("v1-other", anomaly(anomaly_id="v1-other"))])
    opinion = {
        "verdict": "noise",
        "given_by": "ci:ann",
        "given_at": "2026-01-20T12:31:00Z",
        "note": None,
    }

    assert say(here, "noise") == (
        200,
        {"status": "success", "anomaly_id": "v1-acme", "feedback": opinion},
    )
    listed = {
        each["anomaly_id"]: each for each in here.ask("GET", "/anomalies").json()["anomalies"]
    }
    assert listed["v1-acme"]["verdict"] == "noise"
    assert listed["v1-acme"]["feedback"] == [opinion]
    assert listed["v1-acme"]["endpoint"] == "POST /payment"
    assert (listed["v1-other"]["verdict"], listed["v1-other"]["feedback"]) == (None, [])


def test_the_same_again_is_the_same_answer_and_the_last_word_counts(here: Installation) -> None:
    first = say(here, "noise", note="a load test")
    here.now += timedelta(minutes=1)
    assert say(here, "noise", note="a load test") == first

    say(here, "useful", by="bob")
    here.now += timedelta(minutes=1)
    say(here, "useful")
    [shown] = here.ask("GET", "/anomalies").json()["anomalies"]
    assert [(o["given_by"], o["verdict"]) for o in shown["feedback"]] == [
        ("ci:bob", "useful"),
        ("ci:ann", "useful"),
    ]


def test_d25_a_note_is_kept_redacted(here: Installation) -> None:
    _, answer = say(here, "noise", note="jo@example.com tests with password=hunter2")

    assert "hunter2" not in json.dumps(answer)
    assert "[EMAIL] tests with password=[SECRET]" in json.dumps(answer)
    assert "hunter2" not in here.ask("GET", "/anomalies").text


def test_the_rate_of_false_positives_is_that_of_the_last_thirty_days(here: Installation) -> None:
    assert rate(here) is None
    for number, verdict in enumerate(["noise", "useful", "useful"]):
        say(here, verdict, by=f"p{number}")
    assert rate(here) == 0.3333
    say(here, "noise", by="p2")
    assert rate(here) == 0.6667
    assert (
        here.ask("GET", "/metrics", headers={"X-API-Key": here.key(tenant_id="globex")}).json()[
            "metrics"
        ]["false_positive_rate"]
        is None
    )

    here.now += timedelta(days=31)
    assert rate(here) is None
    say(here, "noise", by="p3")
    assert rate(here) == 1.0


def test_d28_one_opinion_too_many_is_a_conflict(here: Installation) -> None:
    for number in range(MOST_OPINIONS):
        assert say(here, "noise", by=f"p{number}")[0] == 200
    status, answer = say(here, "noise", by="one too many")

    assert status == 409
    assert answer["error"] == {
        "code": "conflict",
        "message": "20 people have said what they think of it already",
    }


def test_what_was_said_is_deleted_with_what_it_was_said_of(here: Installation) -> None:
    say(here, "noise", note="nobody needs to know")
    here.now += timedelta(days=2)
    here.ask("POST", "/cleanup?retention_days=1")

    assert here.store().anomalies.get("v1-acme") is None
    assert here.store().feedback.get("v1-acme") is None


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    """An installation in which what is taken does no harm to the next."""
    with Installation() as installation:
        yield installation


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({}, "verdict: Field required", id="no verdict"),
        pytest.param(
            {"verdict": CANARY},
            "verdict: Input should be 'useful' or 'noise'",
            id="no verdict of ours",
        ),
        pytest.param(
            {"verdict": "noise", "note": CANARY * 100},
            "note: String should have at most 1000 characters",
            id="D28 a long note",
        ),
        pytest.param(
            {"verdict": "noise", "note": [CANARY]},
            "note: Input should be a valid string",
            id="list",
        ),
        pytest.param([CANARY], None, id="no object"),
    ],
)
def test_d36_what_cannot_be_is_refused_and_not_repeated(
    shared: Installation, body: object, message: str | None
) -> None:
    headers = {"X-API-Key": shared.key(), "Content-Type": "application/json"}
    content = json.dumps(body).encode()
    answer = shared.ask("POST", "/anomalies/v1-acme/feedback", headers=headers, content=content)

    assert answer.status_code == 400
    assert message in (None, answer.json()["error"]["message"])
    assert CANARY not in answer.text
    assert shared.store().feedback.get("v1-acme") is None


a_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
a_body = st.fixed_dictionaries(
    {"verdict": a_json | st.sampled_from(["useful", "noise"])}, optional={"note": a_json}
)


@given(a_json | a_body)
@settings(max_examples=60)
def test_d36_whatever_is_posted_is_answered_in_one_of_two_shapes(
    shared: Installation, body: object
) -> None:
    headers = {"X-API-Key": shared.key(), "Content-Type": "application/json"}
    content = json.dumps(body).encode()
    answer = shared.ask("POST", "/anomalies/v1-globex/feedback", headers=headers, content=content)

    assert answer.status_code in (400, 404)
    ErrorAnswer.model_validate_json(answer.content)
    own = shared.ask("POST", "/anomalies/v1-acme/feedback", headers=headers, content=content)
    assert own.status_code in (200, 400)
    shape = FeedbackAnswer if own.status_code == 200 else ErrorAnswer
    shape.model_validate_json(own.content)
