"""The answer that a model is asked for, and how one is read."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field, ValidationError

from vigil.incidents.checked_answer import StatedAnswer
from vigil.incidents.claim_check import StatedClaim
from vigil.incidents.evidence_pack import EvidencePack, Redact
from vigil.model.explanation import ClaimKind

# Some models put a fence around JSON, whatever they are told.
_FENCE = "```"
# Several times what is asked for, and what a document holds in any alphabet.
_MOST_CHARACTERS = 100_000


class ClaimAnswer(BaseModel):
    """One claim. In a request the three lists of ids and the service are enumerated."""

    kind: Literal["cause", "effect", "check"]
    statement: str
    service: str
    evidence_ids: list[str]
    quotes: list[str]
    leads_to: list[str] = []


class Answer(BaseModel):
    """What a model is to answer about an incident."""

    verdict: Literal["explained", "inconclusive"]
    claims: list[ClaimAnswer] = []
    step_ids: list[str] = []
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

    def as_stated(self) -> StatedAnswer:
        """Return the answer in the words of the rules."""
        return StatedAnswer(
            is_conclusive=self.verdict == "explained",
            claims=tuple(_stated(claim) for claim in self.claims),
            step_ids=tuple(self.step_ids),
            confidence=self.confidence,
        )


def read_answer(text: str) -> Answer | None:
    """Return the answer that `text` holds, None if it holds none of the agreed form and size.

    >>> read_answer('{"verdict": "inconclusive", "confidence": 0}').verdict
    'inconclusive'
    >>> read_answer("[]"), read_answer('{"verdict": "expl')
    (None, None)
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        return Answer.model_validate_json(_unfenced(text))
    except ValidationError:
        return None


def _unfenced(text: str) -> str:
    """Return what is in a fence; by no pattern, since what is between may be spaces without end."""
    bare = text.strip()
    if not bare.startswith(_FENCE) or not bare.endswith(_FENCE):
        return bare
    return bare.removeprefix(_FENCE).removesuffix(_FENCE).removeprefix("json")


def answer_as_kept(answer: Answer, redact: Redact) -> str:
    """Return an answer as it is kept to be used again: each text in it redacted."""
    return orjson.dumps(_redacted(answer.model_dump(), redact)).decode()


def answer_schema(pack: EvidencePack | None = None) -> dict[str, Any]:
    """Return the JSON schema of an Answer; with a `pack`, only its ids and services fit."""
    schema: dict[str, Any] = _without_noise(Answer.model_json_schema())
    if pack is not None:
        claim = schema["$defs"]["ClaimAnswer"]["properties"]
        ids = [item.evidence_id for item in pack.items]
        claim["service"]["enum"] = list(pack.services)
        claim["evidence_ids"]["items"]["enum"] = claim["leads_to"]["items"]["enum"] = ids
        # An enumeration of nothing is no schema.
        if pack.steps:
            schema["properties"]["step_ids"]["items"]["enum"] = list(pack.step_ids)
    return schema


def _stated(claim: ClaimAnswer) -> StatedClaim:
    return StatedClaim(
        kind=ClaimKind(claim.kind),
        statement=claim.statement,
        service=claim.service,
        evidence_ids=tuple(claim.evidence_ids),
        quotes=tuple(claim.quotes),
        leads_to=tuple(claim.leads_to),
    )


def _redacted(value: Any, redact: Redact) -> Any:
    if isinstance(value, dict):
        return {name: _redacted(item, redact) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, redact) for item in value]
    return redact(value) if isinstance(value, str) else value


def _without_noise(schema: Any) -> Any:
    """Return a schema without titles and defaults, of which a model makes nothing."""
    if isinstance(schema, list):
        return [_without_noise(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = ("title", "default")
    return {name: _without_noise(value) for name, value in schema.items() if name not in dropped}
