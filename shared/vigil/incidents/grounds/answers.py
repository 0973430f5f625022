"""Services whose answers may be why a caller does other things than usual."""

from collections.abc import Mapping, Sequence

from vigil.incidents.grounds.callees import called_services
from vigil.incidents.grounds.evidence import Evidence
from vigil.incidents.grounds.share_shift import ShareShift
from vigil.model.doings import Operation
from vigil.model.suspect import Ground, Proof
from vigil.model.trace_profile import TraceProfile

# A wrong answer shows in nothing that the service does, only in what its caller does then; but it
# is one of several callees, and the caller itself is the likelier cause.
_PART = 0.2


def answer_proofs(
    evidence: Mapping[str, Sequence[Evidence]], bad: TraceProfile
) -> Mapping[str, Proof]:
    """Return what speaks for services that are called by operations that have changed the most."""
    changed: dict[Operation, float] = {
        each[0].of.operation: each[0].weight
        for each in evidence.values()
        if each and isinstance(each[0].of, ShareShift)
    }
    found: dict[str, Proof] = {}
    for operation, services in called_services(changed, bad).items():
        for service in services:
            proof = _proof(service, operation, changed[operation])
            if service not in found or proof.weight > found[service].weight:
                found[service] = proof
    return found


def _proof(service: str, operation: Operation, weight: float) -> Proof:
    text = f"{' '.join(operation)}, which does other things than usual, calls {service}"
    return Proof(Ground.CALLS, text, round(_PART * weight, 3))
