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


# The groups of a value in VALUE (in double quotes, in single quotes, bare) and in PROSE.
_ASSIGNED = (1, 2, 3)
_ASSIGNED_BARE = 3
_TOLD_QUOTED, _TOLD_BARE = 2, 3
_SEPARATORS = b"=:>,\"'`]\\ \t\n\r\f\v"
_PHONE_DIGITS = range(8, 16)
_CARD_DIGITS = range(12, 20)
# Unbroken, 17 digits and more are far more often an id than a card.
_UNBROKEN_CARD_DIGITS = 16
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
            finding = _with_rest(text, position, match.end(group), quoted)
            yield finding
            position = finding.end


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


def numbers(text: bytes) -> Iterator[Finding]:
    """Find card numbers, US social security numbers and international phone numbers."""
    for match in patterns.DIGITS.finditer(text):
        start, end = match.start(1), match.end(1)
        if end < len(text) and (text[end : end + 1].isalnum() or text[end : end + 1] == b"_"):
            continue
        kind = _kind_of_number(match.group(1).decode(), text[start - 1 : start])
        if kind:
            yield Finding(start, end, kind)


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
    numbers,
    ibans,
    ip_addresses,
)


@lru_cache(maxsize=4096)
def _strength_of(written: bytes) -> int:
    return strength_of(written.rstrip(_SEPARATORS).decode())


def _assigned_in(text: bytes, value: Match, strength: int) -> Finding | None:
    group = next(group for group in _ASSIGNED if value.start(group) >= 0)
    if not is_secret_value(strength, True, value.group(group).decode()):
        return None
    return _with_rest(text, value.start(group), value.end(group), group != _ASSIGNED_BARE)


def _with_rest(text: bytes, start: int, end: int, quoted: bool) -> Finding:
    """Extend a value to where it ends; only so far is it looked at, whatever its length."""
    rest = (patterns.REST_OF_QUOTED if quoted else patterns.REST_OF_BARE).match(text, end)
    return Finding(start, rest.end() if rest else end, "SECRET")


def _kind_of_number(written: str, before: bytes) -> str:
    digits = "".join(c for c in written if c.isdigit())
    if len(digits) in _CARD_DIGITS and before != b"-" and not set(written) & set("./(+"):
        broken = len(digits) != len(written)
        if (broken or len(digits) <= _UNBROKEN_CARD_DIGITS) and is_card_number(digits):
            return "CARD"
    if [len(part) for part in written.split("-")] == [3, 2, 4] and written.replace(
        "-", ""
    ) == digits:
        return "SSN"
    return "PHONE" if written[0] == "+" and len(digits) in _PHONE_DIGITS else ""


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
