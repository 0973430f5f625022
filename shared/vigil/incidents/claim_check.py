"""What a model claims of an incident, held against the evidence that it was shown."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vigil.incidents.bare_text import bare
from vigil.incidents.evidence_pack import EvidencePack, Item, Redact
from vigil.incidents.stated_numbers import Known, unknown_numbers
from vigil.model.explanation import Claim, ClaimKind

MAX_STATEMENT = 300
MAX_CLAIMS = 8
_MAX_QUOTES = 4
_SHORTEST_QUOTE = 4
# Room for a quote of a whole text, which is bounded where it is packed.
_MAX_QUOTED = 400
_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")
# How bad it is, whom to tell and when it is over is for the statistics and for people to say.
_VERDICT = re.compile(
    r"\b(?:severity|priority|p[0-4]|sev-?\d|benign|harmless|false[ -](?:alarm|positive)s?|"
    r"no (?:action|impact|incident|need)|not (?:a|an) (?:real )?(?:incident|issue|problem|outage)|"
    r"do not|don'?t|ignore|be ignored|dismiss\w*|silenc\w+|mute[ds]?|suppress\w*|downgrad\w+|"
    r"escalat\w+|(?:acknowledge|resolve|close) (?:it|this|the)|"
    r"(?:incident|alert|issue) (?:is|was|has been|can be|should be|may be)|"
    r"page (?:nobody|no one|someone|the)|maintenance|expected behaviou?r)\b",
    re.IGNORECASE,
)
# What could be pasted into a shell or a console is nobody's to suggest but a person's.
_COMMAND = re.compile(
    r"\b(?:sudo|curl|wget|kubectl|gcloud|gsutil|docker|helm|terraform|bash|sh -c|chmod|chown|"
    r"rm -|pip install|npm install|drop (?:table|database)|delete from|truncate table|"
    r"powershell|systemctl|base64 -)|[$]\(|&&|\|\s*(?:ba)?sh\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StatedClaim:
    """A claim as the model made it; `leads_to` is the evidence of what followed."""

    kind: ClaimKind
    statement: str
    service: str
    evidence_ids: tuple[str, ...]
    quotes: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()


class Fault(StrEnum):
    """Why a claim is not told."""

    EMPTY = "says nothing"
    EVIDENCE = "names evidence that is not there"
    SERVICE = "is about another service than its evidence"
    QUOTE = "quotes what its evidence does not say"
    NUMBER = "holds a number that its evidence does not give"
    ORDER = "has the cause after its effect"
    VERDICT = "says what is not a model's to say"
    COMMAND = "holds a command"


@dataclass(frozen=True, slots=True)
class _Case:
    claim: StatedClaim
    cited: tuple[Item, ...]
    pack: EvidencePack


def verified_claims(
    stated: Iterable[StatedClaim], pack: EvidencePack, *, redact: Redact
) -> list[tuple[Claim, tuple[Item, ...]]]:
    """Return the claims that `pack` bears out, once each, with the items that they rest on.

    Their texts are redacted again and bare. What is returned depends neither on the order of the
    evidence nor on what else is claimed.
    """
    kept: dict[tuple[str, str], tuple[Claim, tuple[Item, ...]]] = {}
    for claim in list(stated)[:MAX_CLAIMS]:
        clean = _cleaned(claim, redact)
        if fault_of(clean, pack) is None:
            cited = _named(clean.evidence_ids, pack)
            kept.setdefault((clean.kind, clean.statement), (_as_claim(clean, cited), cited))
    return list(kept.values())


def fault_of(claim: StatedClaim, pack: EvidencePack) -> Fault | None:
    """Return the first reason not to tell a claim, None if `pack` bears it out."""
    case = _Case(claim, _named(claim.evidence_ids, pack), pack)
    return next((fault for fault, holds in _CHECKS if not holds(case)), None)


def _cleaned(claim: StatedClaim, redact: Redact) -> StatedClaim:
    return replace(
        claim,
        statement=bare(redact(claim.statement), MAX_STATEMENT),
        quotes=tuple(bare(redact(quote), _MAX_QUOTED) for quote in claim.quotes[:_MAX_QUOTES]),
    )


def _named(evidence_ids: Sequence[str], pack: EvidencePack) -> tuple[Item, ...]:
    return tuple(item for item in pack.items if item.evidence_id in evidence_ids)


def _as_claim(claim: StatedClaim, cited: Sequence[Item]) -> Claim:
    logged = [bare(text, _MAX_QUOTED) for item in cited for text in item.logged]
    return Claim(
        kind=claim.kind,
        statement=claim.statement,
        service=claim.service,
        evidence_ids=tuple(item.anomaly_id for item in cited),
        quotes=claim.quotes,
        from_logs=any(quote in text for quote in claim.quotes for text in logged),
    )


def _says_something(case: _Case) -> bool:
    return any(character.isalpha() for character in case.claim.statement)


def _names_evidence(case: _Case) -> bool:
    known = {item.evidence_id for item in case.pack.items}
    named = {*case.claim.evidence_ids, *case.claim.leads_to}
    return bool(case.cited) and named <= known


def _is_about_its_service(case: _Case) -> bool:
    return case.claim.service in {item.service for item in case.cited}


def _quotes_its_evidence(case: _Case) -> bool:
    """Whether it quotes, and each quote, within its sentence too, is in a text that it names."""
    texts = [bare(text, _MAX_QUOTED) for item in case.cited for text in item.texts]
    within = _QUOTED.findall(case.claim.statement)
    are_long = all(len(quote) >= _SHORTEST_QUOTE for quote in case.claim.quotes)
    return (
        bool(case.claim.quotes)
        and are_long
        and all(any(q in text for text in texts) for q in [*case.claim.quotes, *within])
    )


def _counts_right(case: _Case) -> bool:
    ids = {item.evidence_id for item in case.pack.items}
    # "E1" in a sentence is a reference, no number.
    words = " ".join(w for w in case.claim.statement.split(" ") if w.strip("().,;:") not in ids)
    followers = _named(case.claim.leads_to, case.pack)
    return not unknown_numbers(words, Known.of((*case.cited, *followers)))


def _comes_first(case: _Case) -> bool:
    """Whether what is blamed began no later than what is said, or meant, to follow from it."""
    if case.claim.kind is not ClaimKind.CAUSE:
        return True
    followers = [
        item
        for item in case.pack.items
        if item not in case.cited
        and (not case.claim.leads_to or item.evidence_id in case.claim.leads_to)
    ]
    began = min(item.started_at for item in case.cited)
    return all(began <= item.started_at for item in followers)


def _leaves_the_verdict(case: _Case) -> bool:
    return not _VERDICT.search(case.claim.statement)


def _commands_nothing(case: _Case) -> bool:
    return not _COMMAND.search(case.claim.statement)


_CHECKS: tuple[tuple[Fault, Callable[[_Case], bool]], ...] = (
    (Fault.EMPTY, _says_something),
    (Fault.EVIDENCE, _names_evidence),
    (Fault.SERVICE, _is_about_its_service),
    (Fault.QUOTE, _quotes_its_evidence),
    (Fault.NUMBER, _counts_right),
    (Fault.ORDER, _comes_first),
    (Fault.VERDICT, _leaves_the_verdict),
    (Fault.COMMAND, _commands_nothing),
)
