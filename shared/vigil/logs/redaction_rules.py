"""The rules by which secrets and personal data are found: a pattern, and often a second look."""

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from vigil.logs import redaction_patterns as patterns
from vigil.logs.checksums import is_card_number, is_iban, looks_random
from vigil.logs.redaction_patterns import Match
from vigil.logs.secret_keys import is_secret_value, strength_of


class Finding(NamedTuple):
    """From where to where in the bytes, and what it is."""

    start: int
    end: int
    kind: str


# The group of a bare value in VALUE, and of a quoted and a bare one in PROSE.
_BARE = 4
_TOLD_QUOTED, _TOLD_BARE = 2, 3
_SEPARATORS = b"=:>,\"'`]\\ \t\n\r\f\v"
_IBAN_TAIL = 6
_SHORTEST_IPV6 = 5


def assigned_secrets(text: bytes) -> Iterator[Finding]:
    """Find what is assigned to keys that hold secrets: `password=...`, `"api_key": "..."`."""
    position = 0
    while match := patterns.ASSIGNMENT.search(text, position):
        # What is no secret's value may itself be the key of one: author=token=...
        position = match.end()
        strength = _strength_of(match.group())
        value = patterns.VALUE.match(text, position) if strength else None
        finding = _assigned_in(text, value, strength) if value else None
        if finding:
            yield finding
            position = finding.end


def told_secrets(text: bytes) -> Iterator[Finding]:
    """Find secrets that prose tells: `password "..."`, `token is ...`."""
    position = 0
    while match := patterns.PROSE.search(text, position):
        quoted = match.start(_TOLD_BARE) < 0
        group = _TOLD_QUOTED if quoted else _TOLD_BARE
        position = match.start(group)
        value = match.group(group).decode()
        if is_secret_value(_strength_of(match.group(1)), quoted, value):
            rest = patterns.REST_OF_TOLD if quoted else patterns.RESTS[_BARE]
            finding = _extended(text, position, match.end(group), rest)
            yield finding
            position = finding.end


def held_secrets(text: bytes) -> Iterator[Finding]:
    """Find what elements of XML hold whose names say secret: `<password>...</password>`."""
    if b"</" not in text:
        return
    for match in patterns.ELEMENT.finditer(text):
        if is_secret_value(_strength_of(match.group(1)), True, match.group(2).decode()):
            yield _extended(text, match.start(2), match.end(2), patterns.REST_OF_ELEMENT)


def authorizations(text: bytes) -> Iterator[Finding]:
    """Find what follows Bearer, Basic and the like, unless it is plain words."""
    for match in patterns.AUTHORIZATION.finditer(text):
        if not match.group(1).isalpha() or len(match.group(1)) >= 20:  # noqa: PLR2004 - no word is that long
            yield Finding(match.start(1), match.end(1), "SECRET")


def random_keys(text: bytes) -> Iterator[Finding]:
    """Find long words of mixed case with digits that are as irregular as random ones."""
    for match in patterns.RANDOM.finditer(text):
        if looks_random(match.group().decode()):
            yield Finding(match.start(), match.end(), "SECRET")


def cards(text: bytes) -> Iterator[Finding]:
    """Find card numbers, unbroken or in their groups, whatever digits stand before or after."""
    position = 0
    while match := patterns.CARD.search(text, position):
        start, position = match.start(1), match.end(1)
        if is_card_number(match.group(1).replace(b" ", b"").replace(b"-", b"").decode()):
            yield Finding(start, position, "CARD")
        else:
            # The first group may be another number: 2024 4111 ...
            position = start + 1


def ibans(text: bytes) -> Iterator[Finding]:
    """Find bank account numbers, without the word that happens to follow one."""
    for match in patterns.IBAN.finditer(text):
        written = match.group().decode()
        for excess in range(_IBAN_TAIL):
            if is_iban(written[: len(written) - excess]):
                yield Finding(match.start(), match.end() - excess, "IBAN")
                break


def ip_addresses(text: bytes) -> Iterator[Finding]:
    """Find IPv4 and IPv6 addresses; five numbers with dots are none, and neither is 12:34:56."""
    for match in patterns.IPV4.finditer(text):
        after = text[match.end(1) : match.end(1) + 2]
        if not after[:1].isdigit() and not (after[:1] == b"." and after[1:].isdigit()):
            yield Finding(match.start(1), match.end(1), "IP")
    for match in patterns.IPV6.finditer(text):
        if _is_ipv6(match.group(1), text[match.end(1) : match.end(1) + 1]):
            yield Finding(match.start(1), match.end(1), "IP")


@dataclass(frozen=True, slots=True)
class Shape:
    """Whatever matches `pattern` is of that `kind`; the finding is its `group`.

    A match holds one of `needs`.
    """

    pattern: patterns.Pattern
    kind: str
    group: int = 0
    needs: tuple[bytes, ...] = (b"",)

    def __call__(self, text: bytes) -> Iterator[Finding]:
        """Find all that match, without a search in a text that lacks what every match has."""
        if not any(needed in text for needed in self.needs):
            return
        for match in self.pattern.finditer(text):
            yield Finding(match.start(self.group), match.end(self.group), self.kind)


Rule = Callable[[bytes], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    assigned_secrets,
    told_secrets,
    held_secrets,
    authorizations,
    Shape(patterns.URL_CREDENTIALS, "SECRET", 1, (b"://",)),
    Shape(patterns.JWT, "SECRET", needs=(b"eyJ",)),
    Shape(patterns.PEM, "SECRET", needs=(b"-----BEGIN",)),
    Shape(patterns.PREFIXED, "SECRET"),
    Shape(patterns.HOOK, "SECRET", needs=(b"://",)),
    random_keys,
    Shape(patterns.EMAIL, "EMAIL", needs=(b"@", b"%40", b"\\u0040")),
    Shape(patterns.KEYED_PHONE, "PHONE", 1),
    Shape(patterns.KEYED_SSN, "SSN", 1),
    cards,
    Shape(patterns.SSN, "SSN", 1),
    Shape(patterns.PHONE, "PHONE", 1, (b"+",)),
    ibans,
    ip_addresses,
)


@lru_cache(maxsize=4096)
def _strength_of(written: bytes) -> int:
    return strength_of(written.rstrip(_SEPARATORS).decode())


def _assigned_in(text: bytes, value: Match, strength: int) -> Finding | None:
    group = next(group for group in patterns.RESTS if value.start(group) >= 0)
    if not is_secret_value(strength, True, value.group(group).decode()):
        return None
    return _extended(text, value.start(group), value.end(group), patterns.RESTS[group])


def _extended(text: bytes, start: int, end: int, rest: patterns.Pattern) -> Finding:
    """Extend a value to where it ends; only so far is it looked at, whatever its length."""
    tail = rest.match(text, end)
    return Finding(start, tail.end() if tail else end, "SECRET")


def _is_ipv6(written: bytes, after: bytes) -> bool:
    # Most of what matches is a time of day, and asking the library costs an exception each.
    shortened = b"::" in written
    if after.isalnum() or not (shortened or written.count(b":") == 7):  # noqa: PLR2004 - eight groups
        return False
    if shortened and (len(written) < _SHORTEST_IPV6 or not any(chr(c).isdigit() for c in written)):
        return False
    try:
        ipaddress.IPv6Address(written.decode())
    except ValueError:
        return False
    return True
