"""An explanation out of what is left of a model's answer, or out of the statistics alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigil.incidents.analyst import MAX_STEPS
from vigil.incidents.claim_check import StatedClaim, verified_claims
from vigil.incidents.evidence_pack import EvidencePack, Item, Redact
from vigil.model.explanation import AI_LABEL, Claim, ClaimKind, Degraded, Explanation
from vigil.model.identity import content_id

_MAX_SUMMARY = 700
# One series alone may be a coincidence, or a line that somebody planted (FAULTS D23).
_OF_ONE_SERIES = 0.5
_FOR_EACH_MORE = 0.15
_CEILING = 0.9
_WITHOUT = {
    Degraded.DISABLED: "the model is switched off here",
    Degraded.NO_EVIDENCE: "no evidence is kept that a model could read",
    Degraded.OVER_BUDGET: "the day's budget for the model is spent",
    Degraded.TIMEOUT: "the model did not answer in time",
    Degraded.RATE_LIMITED: "the model takes no more requests at the moment",
    Degraded.UNAVAILABLE: "the model could not be reached",
    Degraded.REFUSED: "the model refused the request",
    Degraded.BLOCKED: "the model's answer was blocked",
    Degraded.TRUNCATED: "the model's answer broke off",
    Degraded.EMPTY: "the model's answer was empty",
    Degraded.UNPARSEABLE: "the model's answer could not be read",
    Degraded.INCONCLUSIVE: "the model found no cause in the evidence",
    Degraded.UNVERIFIED: "the evidence does not bear out the model's answer",
    Degraded.INTERRUPTED: "asking the model was interrupted twice",
}


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """A model's answer as it made it, nothing of it checked."""

    is_conclusive: bool
    claims: tuple[StatedClaim, ...]
    step_ids: tuple[str, ...]
    confidence: float


def without_model(usual: Explanation, reason: Degraded) -> Explanation:
    """Return the statistics' explanation, and that and why no model speaks in it."""
    return replace(usual, degraded=reason, label=f"From statistics alone, {_WITHOUT[reason]}")


def explain_by_answer(
    answer: StatedAnswer,
    pack: EvidencePack,
    usual: Explanation,
    *,
    author: str,
    redact: Redact,
) -> Explanation | Degraded:
    """Return what the evidence bears out of `answer`, or why nothing of it is told.

    Without a cause that holds there is nothing to tell; of several the best founded is told. Steps
    are those that people have written, in the order that the model advises, then the `usual` ones.
    The confidence is never more than the evidence carries.
    """
    if not answer.is_conclusive:
        return Degraded.INCONCLUSIVE
    found = verified_claims(answer.claims, pack, redact=redact)
    causes = [(claim, items) for claim, items in found if claim.kind is ClaimKind.CAUSE]
    if not causes:
        return Degraded.UNVERIFIED
    cause, grounds = max(causes, key=lambda found: _weight(found[0], found[1], pack))
    claims = (cause, *(claim for claim, _ in found if claim.kind is not ClaimKind.CAUSE))
    return replace(
        usual,
        fingerprint=content_id(author, usual.fingerprint),
        author=author,
        summary=_summary(claims),
        cause=cause.statement,
        confidence=round(min(answer.confidence, confidence_ceiling(grounds, pack)), 2),
        evidence_ids=tuple(dict.fromkeys(e for claim in claims for e in claim.evidence_ids)),
        steps=_steps(answer.step_ids, pack, usual),
        label=AI_LABEL,
        claims=claims,
    )


def confidence_ceiling(grounds: Sequence[Item], pack: EvidencePack) -> float:
    """Return how sure a cause that rests on `grounds` can be at most, 0..0.9.

    More series raise it, as far as their anomalies are sure themselves; a cause that is not the one
    that the statistics blame stays at what one series carries, and so does each where they have not
    enough evidence.
    """
    steps = _breadth(grounds) - 1 if pack.is_sure and _agrees(grounds, pack) else 0
    carried = _OF_ONE_SERIES + _FOR_EACH_MORE * steps
    surest = max((item.confidence for item in grounds), default=0.0)
    return min(_CEILING, carried, surest)


def _weight(claim: Claim, grounds: Sequence[Item], pack: EvidencePack) -> tuple[bool, bool, int]:
    """Return by what to choose a cause: a line that somebody planted weighs least (FAULTS D23)."""
    return _agrees(grounds, pack), not claim.from_logs, _breadth(grounds)


def _agrees(grounds: Sequence[Item], pack: EvidencePack) -> bool:
    """Whether they hold what the statistics blame."""
    return pack.blamed in {item.evidence_id for item in grounds}


def _breadth(grounds: Sequence[Item]) -> int:
    return len({(item.service, item.endpoint) for item in grounds})


def _summary(claims: Sequence[Claim]) -> str:
    said = [claim.statement for claim in claims if claim.kind is not ClaimKind.CHECK]
    text = " ".join(s if s.endswith((".", "!", "?", "…")) else f"{s}." for s in said)
    return text if len(text) <= _MAX_SUMMARY else f"{text[: _MAX_SUMMARY - 1]}…"


def _steps(step_ids: Sequence[str], pack: EvidencePack, usual: Explanation) -> tuple[str, ...]:
    known = pack.step_ids
    chosen = [known[step_id] for step_id in step_ids if step_id in known]
    return tuple(dict.fromkeys([*chosen, *usual.steps]))[:MAX_STEPS]
