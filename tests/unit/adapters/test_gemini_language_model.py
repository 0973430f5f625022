"""Gemini through google-genai, over the wire: what is sent, and what is made of each answer."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.gemini import PATIENCE, Gemini, gemini, language_model
from tests.repository.tree import ROOT
from tests.servers.gemini_server import (
    COST,
    MODEL,
    PATH,
    TOKEN,
    GeminiServer,
    Step,
    answering,
    breaking_off,
    dropping,
    failing,
    finished,
    hanging,
    raw,
    responding,
    trickling,
)
from vigil.model.explanation import Degraded
from vigil.ports import Question

QUESTION = Question(
    system="Explain.",
    request='Data:\n{"id": "E1"}',
    schema={"type": "object", "properties": {"x": {"type": "string", "enum": ["E1"]}}},
    max_output_tokens=256,
)


@pytest.fixture(scope="module")
def here() -> Iterator[Gemini]:
    with gemini() as opened:
        yield opened


def test_a_question_is_sent_as_vertex_ai_takes_it(here: Gemini) -> None:
    here.server.play(then=finished("{}"))
    reply = here.model.ask(QUESTION)

    [asked] = here.server.asked
    assert (reply.text, reply.trouble, reply.tokens) == ("{}", None, COST)
    assert asked.request.target == PATH
    assert asked.request.headers["authorization"] == f"Bearer {TOKEN}"
    assert (asked.system, asked.text) == (QUESTION.system, QUESTION.request)
    assert asked.schema["properties"]["x"]["enum"] == ["E1"]
    settings = asked.body["generationConfig"]
    assert settings["maxOutputTokens"] == 256
    assert settings["responseMimeType"] == "application/json"
    assert "tools" not in asked.body


@pytest.mark.parametrize(
    ("step", "trouble", "tokens"),
    [
        pytest.param(failing(400), Degraded.REFUSED, 0, id="400"),
        pytest.param(failing(403), Degraded.REFUSED, 0, id="403"),
        pytest.param(failing(404), Degraded.REFUSED, 0, id="404"),
        pytest.param(failing(408), Degraded.TIMEOUT, 0, id="408"),
        pytest.param(failing(429), Degraded.RATE_LIMITED, 0, id="429"),
        pytest.param(failing(500), Degraded.UNAVAILABLE, 0, id="500"),
        pytest.param(failing(503), Degraded.UNAVAILABLE, 0, id="503"),
        pytest.param(failing(504), Degraded.TIMEOUT, 0, id="504"),
        pytest.param(hanging, Degraded.TIMEOUT, None, id="a hanging model"),
        pytest.param(trickling, Degraded.TIMEOUT, None, id="an answer that trickles in"),
        pytest.param(dropping, Degraded.UNAVAILABLE, None, id="a dropped connection"),
        pytest.param(breaking_off, Degraded.UNAVAILABLE, None, id="half an answer"),
        pytest.param(raw(b"<html>", "text/html"), Degraded.UNAVAILABLE, None, id="a page"),
        pytest.param(raw(b""), Degraded.EMPTY, None, id="an empty body"),
        pytest.param(raw(b"[]"), Degraded.EMPTY, None, id="a list for a body"),
        pytest.param(responding({"candidates": []}), Degraded.EMPTY, COST, id="no candidate"),
        pytest.param(finished(None), Degraded.EMPTY, COST, id="a candidate without a text"),
        pytest.param(finished(""), Degraded.EMPTY, COST, id="an empty text"),
        pytest.param(finished('{"a', "MAX_TOKENS"), Degraded.TRUNCATED, COST, id="MAX_TOKENS"),
        pytest.param(finished("{}", "SAFETY"), Degraded.BLOCKED, COST, id="SAFETY"),
        pytest.param(finished("{}", "RECITATION"), Degraded.BLOCKED, COST, id="RECITATION"),
        pytest.param(
            responding({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
            Degraded.BLOCKED,
            COST,
            id="a blocked prompt",
        ),
    ],
)
def test_b11_b12_trouble_is_typed_and_one_question_is_one_call(
    here: Gemini, step: Step, trouble: Degraded, tokens: int | None
) -> None:
    here.server.play(then=step)
    begun = time.monotonic()

    reply = here.model_for(step).ask(QUESTION)

    assert (reply.trouble, reply.tokens, reply.text) == (trouble, tokens, "")
    assert len(here.server.requests) == 1, "the library tries nothing again"
    assert time.monotonic() - begun < PATIENCE / timedelta(seconds=1)


def test_b11_a_model_that_nobody_serves_is_unavailable_and_costs_nothing() -> None:
    with GeminiServer() as server:
        address = server
    with language_model(address, PATIENCE) as model:
        reply = model.ask(QUESTION)

    assert (reply.trouble, reply.tokens) == (Degraded.UNAVAILABLE, 0)


def test_g4_what_google_quotes_in_an_error_is_not_logged(
    here: Gemini, caplog: pytest.LogCaptureFixture
) -> None:
    here.server.play(then=failing(400))
    here.model.ask(QUESTION)

    assert "a call of the model failed" in caplog.text
    assert "E1" not in caplog.text + str([vars(record) for record in caplog.records])


@pytest.mark.parametrize("figure", [-1, -(10**9), 2**31, 2**70])
def test_g6_what_no_call_can_cost_is_not_believed(here: Gemini, figure: int) -> None:
    candidate = {"content": {"role": "model", "parts": [{"text": "{}"}]}, "finishReason": "STOP"}
    body = {"candidates": [candidate], "usageMetadata": {"totalTokenCount": figure}}
    here.server.play(then=raw(json.dumps(body).encode()))

    reply = here.model.ask(QUESTION)

    assert (reply.text, reply.tokens) == ("{}", None)


def test_thoughts_are_no_part_of_an_answer(here: Gemini) -> None:
    parts = [{"text": "let me see", "thought": True}, {"text": '{"a": '}, {"text": "1}"}]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    here.server.play(then=responding({"candidates": [candidate]}))

    assert json.loads(here.model.ask(QUESTION).text) == {"a": 1}


def test_the_model_says_its_name(here: Gemini) -> None:
    here.server.play(then=answering(lambda asked: {}))

    assert here.model.name == MODEL


def test_the_library_is_loaded_by_nobody_but_who_asks() -> None:
    command = (
        "import sys, vigil.adapters.gemini_language_model, vigil.doors.model_analyst\n"
        "sys.exit('google.genai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT / "shared", check=False)

    assert done.returncode == 0
