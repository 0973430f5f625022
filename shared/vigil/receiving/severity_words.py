"""How bad a received alert is, from the words that senders use for it."""

from collections.abc import Iterable

from vigil.model.severity import Severity

_WORDS = {
    Severity.CRITICAL: "critical crit fatal emergency emerg disaster page p0 p1 sev0 sev1",
    Severity.HIGH: "high error err major urgent p2 sev2",
    Severity.MEDIUM: "medium moderate warning warn average minor p3 sev3",
    Severity.LOW: "low info information informational notice debug none ok p4 p5 sev4 sev5",
}
_BY_WORD = {word: severity for severity, words in _WORDS.items() for word in words.split()}
# Nobody sends on what may be overlooked, and whoever said nothing did not say that it may wait.
DEFAULT = Severity.HIGH


def severity_of(words: Iterable[str]) -> Severity:
    """Return the severity of the first word that is known, in any case, or DEFAULT.

    >>> severity_of(["Sev-1"]), severity_of(["No severity", "warning"]), severity_of([])
    (<Severity.CRITICAL: 'critical'>, <Severity.MEDIUM: 'medium'>, <Severity.HIGH: 'high'>)
    """
    for word in words:
        known = _BY_WORD.get(word.strip().lower().replace("-", ""))
        if known is not None:
            return known
    return DEFAULT
