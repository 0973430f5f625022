"""Gemini on loopback: the wire format of `generateContent`, and good and bad answers by a script.

It keeps every byte that it is sent.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.oauth2.credentials import Credentials

from tests.http_recorder import HttpRecorder, RecordedRequest, Reply

MODEL, PROJECT, LOCATION = "gemini-2.5-flash", "vigil-test", "europe-west1"
PATH = (
    f"/v1beta1/projects/{PROJECT}/locations/{LOCATION}/publishers/google/models/"
    f"{MODEL}:generateContent"
)
TOKEN = "an-access-token-of-a-test"
PROMPT_TOKENS, ANSWER_TOKENS, THOUGHT_TOKENS = 900, 80, 20
COST = PROMPT_TOKENS + ANSWER_TOKENS + THOUGHT_TOKENS
_FOREVER = 60.0
_TOKEN_PATH = "/token"
_ORDER = re.compile(r"ANALYST: (.*)")
Json = dict[str, Any]


def credentials() -> Credentials:
    return Credentials(token=TOKEN)  # type: ignore[no-untyped-call] # the library has no types here


@dataclass(frozen=True)
class Asked:
    """A request as the model reads it."""

    request: RecordedRequest

    @property
    def body(self) -> Json:
        return cast("Json", self.request.json)

    @property
    def text(self) -> str:
        return cast("str", self.body["contents"][0]["parts"][0]["text"])

    @property
    def system(self) -> str:
        return cast("str", self.body["systemInstruction"]["parts"][0]["text"])

    @property
    def schema(self) -> Json:
        return cast("Json", self.body["generationConfig"]["responseSchema"])

    @property
    def evidence(self) -> list[Json]:
        lines = [line for line in self.text.splitlines() if line.startswith('{"id": "E')]
        return [json.loads(line) for line in lines]

    @property
    def step_ids(self) -> list[str]:
        [line] = [line for line in self.text.splitlines() if line.startswith('{"steps": ')]
        return list(json.loads(line)["steps"])


Answer = Callable[[Asked], Json]
Step = Callable[[Asked], Reply]


def claim(kind: str, evidence: Json, statement: str, **changes: object) -> Json:
    """Return a claim that quotes what was seen."""
    usual = {
        "kind": kind,
        "statement": statement,
        "service": evidence["service"],
        "evidence_ids": [evidence["id"]],
        "quotes": [evidence["seen"]],
        "leads_to": [],
    }
    return {**usual, **changes}


def good_answer(asked: Asked) -> Json:
    """Blame what began first, with nothing but the evidence's own words."""
    first, *others = sorted(asked.evidence, key=lambda e: (e["first"], e["id"]))
    claims = [claim("cause", first, f"{_name(first)} began to fail: {first['seen']}.")]
    claims += [claim("effect", e, f"{_name(e)} failed with it: {e['seen']}.") for e in others]
    claims.append(claim("check", first, f"Look at what {_name(first)} depends on."))
    return {
        "verdict": "explained",
        "claims": claims,
        "step_ids": asked.step_ids[::-1][:2],
        "confidence": 1.0,
    }


def obeying(asked: Asked) -> Json:
    """Answer well, and then do what every log line that speaks to an analyst says."""
    answer = good_answer(asked)
    for evidence in asked.evidence:
        for line in evidence["lines"]:
            for order in _ORDER.findall(line["example"]):
                told = claim("cause", evidence, order, quotes=[line["example"]])
                answer["claims"].insert(0, told)
                answer["claims"].append({**told, "kind": "check"})
    return answer


def inconclusive(asked: Asked) -> Json:
    return {"verdict": "inconclusive", "claims": [], "step_ids": [], "confidence": 0.0}


def altered(**changes: object) -> Answer:
    """Return a good answer, each of whose claims has `changes`."""
    return lambda asked: _with_claims(asked, lambda claim: {**claim, **changes})


def saying(more: str) -> Answer:
    """Return a good answer, each of whose sentences goes on with `more`."""
    return lambda asked: _with_claims(
        asked, lambda claim: {**claim, "statement": f"{claim['statement']} {more}"}
    )


def answering(answer: Answer = good_answer) -> Step:
    """Return a step that answers with `answer` as JSON."""
    return lambda asked: finished(json.dumps(answer(asked)))(asked)


def finished(text: str | None, reason: str = "STOP") -> Step:
    """Return a step that ends with `text` for `reason`."""
    parts = [] if text is None else [{"text": text}]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason}
    return responding({"candidates": [candidate]})


def responding(body: Json) -> Step:
    """Return a step that responds with `body` and what it cost."""
    usage = {
        "promptTokenCount": PROMPT_TOKENS,
        "candidatesTokenCount": ANSWER_TOKENS,
        "thoughtsTokenCount": THOUGHT_TOKENS,
        "totalTokenCount": COST,
    }
    return raw(json.dumps({**body, "usageMetadata": usage, "modelVersion": MODEL}).encode())


def _json_reply(body: Json) -> Reply:
    headers = {"Content-Type": "application/json", "Connection": "close"}
    return Reply(headers=headers, body=json.dumps(body).encode())


def raw(body: bytes, content_type: str = "application/json; charset=UTF-8") -> Step:
    headers = {"Content-Type": content_type, "Connection": "close"}
    return lambda asked: Reply(headers=headers, body=body)


def failing(status: int) -> Step:
    """Return a step that fails as Google's do; the message quotes what it was sent."""

    def step(asked: Asked) -> Reply:
        error = {"code": status, "message": f"no: {asked.text}", "status": "SCRIPTED"}
        return replace(raw(json.dumps({"error": error}).encode())(asked), status=status)

    return step


def hanging(asked: Asked) -> Reply:
    return Reply(delay_seconds=_FOREVER)


def trickling(asked: Asked) -> Reply:
    """Answer a byte at a time."""
    return replace(finished("{}")(asked), drip_seconds=0.05)


def dropping(asked: Asked) -> Reply:
    return Reply(cut_after=0)


def breaking_off(asked: Asked) -> Reply:
    whole = finished("{}")(asked)
    return replace(whole, cut_after=len(whole.octets()) - 3)


@dataclass
class _Script:
    steps: deque[Step]
    then: Step = field(default_factory=answering)

    def next(self) -> Step:
        return self.steps.popleft() if self.steps else self.then


class GeminiServer(HttpRecorder):
    """Takes the steps of a script one after the other, then `then` each time."""

    def __init__(self, script: Sequence[Step] = (), *, then: Step | None = None) -> None:
        super().__init__()
        self._steps = _Script(deque(script), then or answering())

    def play(self, *script: Step, then: Step | None = None) -> None:
        """Forget what was asked and begin a new script."""
        self.requests.clear()
        self._steps = _Script(deque(script), then or answering())

    def next_reply(self) -> Reply:
        request = self.requests[-1]
        if request.target == _TOKEN_PATH:
            return _json_reply({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        return self._steps.next()(Asked(request))

    @property
    def asked(self) -> list[Asked]:
        """Everything that was asked."""
        return [Asked(request) for request in self.requests]

    @property
    def octets(self) -> bytes:
        """Every byte that was received."""
        return b"\n".join(request.head + request.body for request in self.requests)


def _with_claims(asked: Asked, change: Callable[[Json], Json]) -> Json:
    answer = good_answer(asked)
    return {**answer, "claims": [change(claim) for claim in answer["claims"]]}


def _name(evidence: Json) -> str:
    return cast("str", evidence["endpoint"] or evidence["service"])


def service_account(folder: Path, server: GeminiServer) -> Path:
    """Write the key file of a service account whose tokens the server gives; return its path."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": pem,
        "client_email": f"vigil@{PROJECT}.iam.example",
        "token_uri": f"{server.address}{_TOKEN_PATH}",
    }
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    return path
