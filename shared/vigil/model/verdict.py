"""Whether there is enough evidence to name who caused an incident, and who that is."""

from enum import StrEnum

from vigil.model.incident import Incident
from vigil.model.percent import percent
from vigil.model.suspect import Suspect

# Below it, it is likelier somebody else, or nobody who is suspected.
SURE_ENOUGH = 0.5


class Verdict(StrEnum):
    """What is to be made of the root cause that an incident names.

    `likely`: the evidence speaks for it. `another_likelier`: the evidence speaks for the first
    suspect, which is another service; what is named is where it shows first. `reported`: whoever
    raised the alert said so, and Vigil itself has found nothing. `not_enough_evidence`: what is
    named is where to look first, and no more.
    """

    LIKELY = "likely"
    ANOTHER_LIKELIER = "another_likelier"
    REPORTED = "reported"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


def verdict_on(incident: Incident) -> Verdict:
    """Return whether the evidence bears out the root cause of an incident."""
    if incident.source is not None:
        return Verdict.REPORTED
    likeliest = _sure_suspect(incident)
    if likeliest is None:
        return Verdict.NOT_ENOUGH_EVIDENCE
    if likeliest.service == incident.root_cause.service:
        return Verdict.LIKELY
    return Verdict.ANOTHER_LIKELIER


def cause_confidence(incident: Incident) -> float:
    """Return how often (0..1) a root cause for which so much speaks is the right one.

    It is that of the suspect of its service, 0 if it is not suspected. What was only reported is as
    sure as its sender.
    """
    cause = incident.root_cause
    if incident.source is not None:
        return cause.confidence
    return next((s.confidence for s in incident.suspects if s.service == cause.service), 0.0)


def cause_in_words(incident: Incident) -> str:
    """Return why the root cause was named, and before that if it is not to be relied on."""
    reason = incident.root_cause.reason
    caution = cause_caution(incident)
    return f"{caution}; {reason}" if caution else reason


def cause_caution(incident: Incident) -> str:
    """Return why the root cause is not to be relied on, "" if it may be."""
    verdict = verdict_on(incident)
    if verdict is Verdict.NOT_ENOUGH_EVIDENCE:
        return "Not enough evidence to name one"
    likeliest = _sure_suspect(incident)
    if verdict is Verdict.ANOTHER_LIKELIER and likeliest is not None:
        where = f"{likeliest.endpoint} of " if likeliest.endpoint else ""
        sure = percent(likeliest.confidence)
        return f"{where}{likeliest.service} is likelier ({sure})"
    return ""


def _sure_suspect(incident: Incident) -> Suspect | None:
    first = next(iter(incident.suspects), None)
    return first if first is not None and first.confidence >= SURE_ENOUGH else None
