"""The one body that the API takes: what of it is refused, and that nothing of it is repeated."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api_installation import ASKED, Installation
from vigil.workflows.api.answers import ErrorAnswer
from vigil.workflows.api.guard import MAX_BODY_BYTES
from vigil.workflows.api.stream_answers import StreamStartedAnswer

CANARY = "canary-of-the-body"


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    """An installation in which nothing that is refused leaves anything."""
    with Installation() as installation:
        yield installation


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"batch_size": 9}, "batch_size: Input should be greater than or equal to 10", id="small"
        ),
        pytest.param(
            {"batch_size": 1001}, "batch_size: Input should be less than or equal to 1000", id="big"
        ),
        pytest.param(
            {"batch_timeout_seconds": 59},
            "batch_timeout_seconds: Input should be greater than or equal to 60",
            id="short",
        ),
        pytest.param(
            {"batch_timeout_seconds": 3601},
            "batch_timeout_seconds: Input should be less than or equal to 3600",
            id="long",
        ),
        pytest.param(
            {"project_id": f"../{CANARY}"},
            "project_id: String should match pattern '^[A-Za-z0-9_-]{1,128}$'",
            id="D04 path",
        ),
        pytest.param({"services": CANARY}, "services: Input should be a valid list", id="no list"),
        pytest.param(
            {"services": ["s"] * 101},
            "services: List should have at most 100 items after validation, not 101",
            id="D28 many services",
        ),
        pytest.param(
            {"services": [f'{CANARY}" OR severity>="DEFAULT']},
            "services: a name has 1 to 200 printable characters, none of them a quotation mark or "
            "a backslash, and no space at its ends",
            id="injection",
        ),
        pytest.param(
            {"severity_filter": [CANARY]},
            "severity_filter: has one or more of DEFAULT, DEBUG, INFO, NOTICE, WARNING, ERROR, "
            "CRITICAL, ALERT, EMERGENCY",
            id="no severity",
        ),
        pytest.param(
            {"severity_filter": []},
            "severity_filter: List should have at least 1 item after validation, not 0",
            id="none",
        ),
    ],
)
def test_d36_what_cannot_be_is_refused_and_not_repeated(
    shared: Installation, changes: dict[str, object], message: str
) -> None:
    answer = shared.start_stream(ASKED | changes)

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    assert CANARY not in answer.text
    assert shared.project.steps == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="none"),
        pytest.param(b"canary-of-the-body", id="no JSON"),
        pytest.param(b'"canary-of-the-body"', id="no object"),
        pytest.param(b"[" * 60_000, id="A07 deep"),
        pytest.param(b'{"project_id": ' + b'{"a":' * 9_000, id="A07 deep and broken"),
        pytest.param(b'{"project_id": "canary-of-the-body\xff"}', id="no UTF-8"),
        pytest.param(b'{"project_id": NaN}', id="no number"),
        pytest.param(b'{"batch_size": ' + b"9" * 6_000 + b"}", id="A07 long number"),
    ],
)
def test_d36_a_body_that_cannot_be_read_is_refused_in_the_one_shape(
    shared: Installation, body: bytes
) -> None:
    answer = shared.start_stream(body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert CANARY not in answer.text


def test_d27_a_body_has_a_limit(here: Installation) -> None:
    fits = json.dumps(ASKED).encode().ljust(MAX_BODY_BYTES)

    assert here.start_stream(fits).status_code == 200
    assert here.start_stream(fits + b" ").status_code == 413


def test_a_body_of_unknown_length_is_read_as_any_other(here: Installation) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        content = json.dumps(ASKED).encode()
        for at in range(0, len(content), 50):
            yield content[at : at + 50]

    sent = {"X-API-Key": here.key(), "Content-Type": "application/json"}
    answer = here.ask("POST", "/start-log-streaming", headers=sent, content=pieces())

    assert answer.json()["config"] == ASKED


a_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.one_of(a_json, st.dictionaries(st.sampled_from(list(ASKED)), a_json)))
@settings(max_examples=60)
def test_d36_whatever_is_posted_is_answered_in_one_of_two_shapes(
    shared: Installation, body: object
) -> None:
    answer = shared.start_stream(body)

    assert answer.status_code in (200, 400, 404)
    shape = StreamStartedAnswer if answer.status_code == 200 else ErrorAnswer
    shape.model_validate_json(answer.content)
