"""What traces say for a service, in sentences."""

from vigil.incidents.grounds.evidence import Evidence
from vigil.incidents.grounds.luck import chance_words, share_distance
from vigil.incidents.grounds.share_shift import ShareShift
from vigil.incidents.grounds.slow_services import Slow, SlowService
from vigil.model.doings import PartKind
from vigil.model.percent import percent
from vigil.model.suspect import Ground, Proof

_MS = 1000.0

_GROUNDS = {
    PartKind.CALL: Ground.CALLS,
    PartKind.LOG: Ground.LOGS,
    PartKind.COMPLAINT: Ground.LOGS,
    PartKind.FAILURE: Ground.ERRORS,
}


def proof_of(evidence: Evidence) -> Proof:
    """Return the evidence as a sentence with its numbers."""
    if isinstance(evidence.of, ShareShift):
        ground, text = _GROUNDS[evidence.of.part.kind], _shift_words(evidence.of)
    else:
        slowest = evidence.of.slowest
        is_link = slowest in evidence.of.links
        ground = Ground.SLOW_LINKS if is_link else Ground.SELF_TIME
        text = _slow_words(evidence.service, slowest, evidence.of)
    return Proof(ground, text, round(evidence.weight, 3))


def _shift_words(shift: ShareShift) -> str:
    service, name = shift.operation
    return (
        f"{service} {name} {_doing_words(shift)} in {percent(shift.share)} of its "
        f"{shift.runs:.0f} runs, usually {percent(shift.usual_share)} "
        f"({chance_words(shift.deviations)})"
    )


def _doing_words(shift: ShareShift) -> str:
    part = shift.part
    if part.kind is PartKind.FAILURE:
        return "fails"
    if part.kind is PartKind.CALL:
        return f"calls {part.service} {part.name}" if part.service else f"calls {part.name}"
    return f'logs "{part.name}"'


def _slow_words(service: str, slowest: Slow, slow: SlowService) -> str:
    runs = slowest.runs
    if slowest in slow.links:
        what = f"what lies between {service} and {slowest.name} takes"
        others = len(slow.slow_links)
        extent = f"; {others} of its {len(slow.links)} links are slow" if others > 1 else ""
    else:
        what = f"{service} {slowest.name} takes, without its calls,"
        extent = ""
    (slow_0, all_0), (slow_1, all_1) = runs.usual, runs.now
    return (
        f"{what} more than {runs.limit_us / _MS:.3g} ms in {percent(slow_1 / all_1)} of "
        f"{all_1:.0f} runs, usually {percent(slow_0 / all_0)} "
        f"({chance_words(share_distance(runs.usual, runs.now))}){extent}; "
        f"{percent(min(slow.share, 1.0))} of all time that was added"
    )
