"""Redaction: secrets and personal data give way to markers, and the text stays readable."""

from collections.abc import Iterator
from functools import lru_cache

from vigil.logs.fields import NAME_LIMIT
from vigil.logs.redaction_patterns import SUSPICIOUS
from vigil.logs.redaction_rules import RULES, Finding

KINDS = ("SECRET", "EMAIL", "CARD", "PHONE", "SSN", "IBAN", "IP")
# While rules are at work one byte stands for each marker, so that no rule reads what is in it.
_BYTES = {kind: bytes((number,)) for number, kind in enumerate(KINDS, start=1)}
_MARKERS = {kind: f"[{kind}]".encode() for kind in KINDS}
_RESERVED = bytes(range(8))
_ROUNDS = 6
# How far beyond a limit is read. It holds a whole e-mail address, card number or short key.
MARGIN = 200


def redact(text: str) -> str:
    """Return `text` with `[KIND]` in the place of every secret and personal datum that is found.

    Kinds are KINDS: keyed secrets, tokens, keys and credentials in addresses (SECRET), e-mail
    addresses, card, phone and US social security numbers, IBANs and IP addresses. Time is linear
    in the length. Redacting twice changes nothing more. A text in which ever more turns up, round
    after round, is hostile and becomes one `[SECRET]`.

    It knows shapes, not meanings: a name, a street or a secret without key and prefix stays.

    >>> redact("user jo@example.com from 203.0.113.9, password=hunter2")
    'user [EMAIL] from [IP], password=[SECRET]'
    >>> redact("GET /orders 200 in 12 ms")
    'GET /orders 200 in 12 ms'
    """
    content = text.encode("utf-8", "replace")
    if not SUSPICIOUS.search(content):
        return text
    covered = _shield(content)
    for _ in range(_ROUNDS):
        # What is left beside a marker can be a finding now that its neighbour is gone.
        findings = sorted(finding for rule in RULES for finding in rule(covered))
        if not findings:
            return _reveal(covered).decode("utf-8", "replace")
        covered = _cover(covered, findings)
    return "[SECRET]"


def redact_start(text: str, limit: int) -> str:
    """Return at most the first `limit` characters of `text`, redacted before they are cut.

    No part of a secret that straddles the limit is left: MARGIN characters more are read, and
    where that is not all of the text, the last MARGIN of them are shown to nobody.

    >>> redact_start("paid by jo@example.com", 12), redact_start("x" * 900, 3)
    ('paid by [EMA', 'xxx')
    """
    if len(text) <= limit + MARGIN:
        return redact(text)[:limit]
    redacted = redact(text[: limit + MARGIN])
    # Markers are shorter than what they stand for, so the end of what was read can come into view.
    # Up to the last marker everything has been judged whole.
    judged = max(len(redacted) - MARGIN, *[_end_of_last(kind, redacted) for kind in KINDS])
    return redacted[: min(limit, judged)]


def _end_of_last(kind: str, redacted: str) -> int:
    marker = f"[{kind}]"
    position = redacted.rfind(marker)
    return position + len(marker) if position >= 0 else 0


def _shield(content: bytes) -> bytes:
    content = content.translate(None, _RESERVED)
    for kind, marker in _MARKERS.items():
        content = content.replace(marker, _BYTES[kind])
    return content


def _reveal(covered: bytes) -> bytes:
    for kind, byte in _BYTES.items():
        covered = covered.replace(byte, _MARKERS[kind])
    return covered


def _cover(content: bytes, findings: list[Finding]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for start, end, kind in _merged(findings):
        pieces += (content[position:start], _BYTES[kind])
        position = end
    return b"".join((*pieces, content[position:]))


def _merged(findings: list[Finding]) -> Iterator[Finding]:
    """Join findings that overlap; the longest one says what they are."""
    current = findings[0]
    widest = current
    for finding in findings[1:]:
        if finding.start >= current.end:
            yield current
            current = widest = finding
            continue
        if finding.end - finding.start > widest.end - widest.start:
            widest = finding
        current = Finding(current.start, max(current.end, finding.end), widest.kind)
    yield current


# Names repeat all the time and are kept and shown: one that somebody put an address or a key into
# is redacted as well.
@lru_cache(maxsize=4096)
def redact_name(name: str) -> str:
    """Return at most the first NAME_LIMIT characters of `name`, redacted."""
    return redact_start(name, NAME_LIMIT)
