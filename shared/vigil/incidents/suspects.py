"""Which services may be the cause of an incident, by what traces, anomalies and changes show."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from vigil.incidents.grounds.luck import chance_words
from vigil.incidents.grounds.share_shift import ShareShift, share_shifts
from vigil.incidents.grounds.slow_down import SlowService, slow_services
from vigil.model.anomaly import Anomaly
from vigil.model.change import Change
from vigil.model.doings import PartKind
from vigil.model.suspect import Ground, Proof, Suspect
from vigil.model.trace_profile import TraceProfile

_LEAST_DEVIATIONS = 2.5
_LEAST_SHIFT = 0.2


def rank_suspects(
    usual: TraceProfile,
    bad: TraceProfile,
    anomalies: Sequence[Anomaly],
    changes: Sequence[Change],
    onset: datetime,
) -> tuple[Suspect, ...]:
    """Return the services that may be the cause, the likeliest first; none if nothing stands out.

    `usual` is what traces showed before `onset`, `bad` since then.
    """
    proofs: defaultdict[str, list[Proof]] = defaultdict(list)
    for shift in share_shifts(usual, bad):
        if shift.deviations >= _LEAST_DEVIATIONS and shift.size >= _LEAST_SHIFT:
            proofs[shift.operation[0]].append(_proof_of_shift(shift))
    for service, slow in slow_services(usual, bad).items():
        proofs[service].append(_proof_of_slowness(slow))
    ranked = [_suspect(service, found) for service, found in proofs.items()]
    return tuple(sorted(ranked, key=lambda each: (-each.proofs[0].weight, each.service)))


def _suspect(service: str, proofs: list[Proof]) -> Suspect:
    heaviest = sorted(proofs, key=lambda proof: (-proof.weight, proof.text))
    return Suspect(service, "", 0.5, tuple(heaviest))


def _proof_of_shift(shift: ShareShift) -> Proof:
    logs = shift.part.kind in (PartKind.LOG, PartKind.COMPLAINT)
    ground = Ground.LOGS if logs else Ground.CALLS
    verb = "logs" if logs else "calls"
    text = (
        f"{shift.operation[1]} {verb} {shift.part.name} in {shift.share:.0%} of its runs, "
        f"usually {shift.usual_share:.0%} ({chance_words(shift.deviations)})"
    )
    return Proof(ground, text, shift.deviations * (0.3 + shift.size))


def _proof_of_slowness(slow: SlowService) -> Proof:
    surest = slow.all[0]
    ground = Ground.SELF_TIME if surest in slow.operations else Ground.SLOW_LINKS
    text = (
        f"{surest.name} takes {surest.us / 1000:.0f} ms, usually {surest.usual_us / 1000:.0f} ms"
        f" ({chance_words(surest.deviations)}); {slow.share:.0%} of all added time"
    )
    return Proof(ground, text, surest.deviations * (0.1 + 1.2 * slow.share))
