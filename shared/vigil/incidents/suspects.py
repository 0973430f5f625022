"""Which services may be the cause of an incident, by what traces, anomalies and changes show."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from vigil.incidents.grounds.answers import answer_proofs
from vigil.incidents.grounds.circumstances import circumstances
from vigil.incidents.grounds.evidence import Evidence
from vigil.incidents.grounds.near import near
from vigil.incidents.grounds.serving import serving_endpoint
from vigil.incidents.grounds.trace_evidence import trace_evidence
from vigil.incidents.grounds.trace_proofs import proof_of
from vigil.incidents.grounds.trust import confidences
from vigil.model.anomaly import Anomaly
from vigil.model.change import Change
from vigil.model.incident import RootCause
from vigil.model.suspect import Proof, Suspect
from vigil.model.trace_profile import TraceProfile

MOST_SUSPECTS = 10
_MOST_PROOFS = 5
# Lighter evidence comes about by luck in healthy minutes.
ENOUGH = 0.8
# What weighs less is luck, and is not told.
_TOLD = 0.1


def rank_suspects(  # noqa: PLR0913 - what there is to go by
    usual: TraceProfile,
    bad: TraceProfile,
    anomalies: Sequence[Anomaly],
    changes: Sequence[Change],
    onset: datetime,
    *,
    blamed: RootCause | None = None,
) -> tuple[Suspect, ...]:
    """Return the services that may be the cause, the likeliest first; none without enough evidence.

    `usual` is what traces showed before `onset`, `bad` since then. `anomalies` and `changes` of a
    service add to what its traces say; they count alone, too, where there are no traces. `blamed`
    is the anomaly from which the others follow by who calls whom. Where there are anomalies,
    whoever has nothing to do with their services is not suspected, whatever its traces show.
    """
    evidence = trace_evidence(usual, bad)
    beside = _beside(evidence, bad, circumstances(anomalies, changes, onset, blamed))
    weights = {
        service: _weight(evidence.get(service, ()), beside.get(service, ()))
        for service in _may_be(usual, bad, anomalies, {*evidence, *beside})
    }
    if max(weights.values(), default=0.0) < ENOUGH:
        return ()
    sure = confidences(weights)
    ranked = sorted(weights, key=lambda service: (-weights[service], service))[:MOST_SUSPECTS]
    return tuple(
        Suspect(
            service,
            _endpoint(evidence.get(service, ()), usual, bad),
            round(sure[service], 3),
            _proofs(evidence.get(service, ()), beside.get(service, ())),
        )
        for service in ranked
    )


def _may_be(
    usual: TraceProfile, bad: TraceProfile, anomalies: Sequence[Anomaly], services: set[str]
) -> set[str]:
    strayed = {anomaly.service for anomaly in anomalies}
    return services & near(strayed, usual, bad) if strayed else services


def _beside(
    evidence: Mapping[str, Sequence[Evidence]],
    bad: TraceProfile,
    circumstances: Mapping[str, Sequence[Proof]],
) -> Mapping[str, Sequence[Proof]]:
    """Return what speaks for services beside what their own operations did."""
    answers = answer_proofs(evidence, bad)
    return {
        service: [*([answers[service]] if service in answers else []), *of_service]
        for service in {*answers, *circumstances}
        for of_service in [circumstances.get(service, ())]
    }


def _weight(evidence: Sequence[Evidence], beside: Sequence[Proof]) -> float:
    heaviest = evidence[0].weight if evidence else 0.0
    return heaviest + sum([proof.weight for proof in beside])


def _proofs(evidence: Sequence[Evidence], beside: Sequence[Proof]) -> tuple[Proof, ...]:
    """Return the heaviest proofs; of what is told of one operation the heaviest alone."""
    firsts: dict[object, Evidence] = {}
    for each in evidence:
        firsts.setdefault(each.operation, each)
    proofs = [proof_of(each) for each in list(firsts.values())[:_MOST_PROOFS]]
    told = [proof for proof in (*proofs, *beside) if proof.weight >= _TOLD]
    heaviest = sorted(told, key=lambda proof: (-proof.weight, proof.text))
    return tuple(heaviest[:_MOST_PROOFS])


def _endpoint(evidence: Sequence[Evidence], usual: TraceProfile, bad: TraceProfile) -> str:
    """Return the endpoint that the heaviest evidence is about, "" if it is about none."""
    operation = evidence[0].operation if evidence else None
    return serving_endpoint(operation, bad) or serving_endpoint(operation, usual)
