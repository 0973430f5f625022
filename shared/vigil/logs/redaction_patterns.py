"""The linear-time patterns by which redaction looks, and how they are applied.

Texts are UTF-8 bytes here, so that a search can go on from any place without being measured anew.
Every pattern is bounded, and none matches the bytes 0x00 to 0x07, which stand for markers.
"""

from collections.abc import Iterator
from typing import Protocol

import re2


class Match(Protocol):
    """What the pattern engine gives."""

    def start(self, group: int = 0) -> int:
        """Return where a group starts, -1 if it took no part."""

    def end(self, group: int = 0) -> int:
        """Return where a group ends."""

    def group(self, group: int = 0) -> bytes:
        """Return what a group matched."""


class Pattern(Protocol):
    """A compiled pattern, applied to bytes."""

    def search(self, text: bytes, pos: int | None = None) -> Match | None:
        """Return the first match from `pos` on."""

    def match(self, text: bytes, pos: int | None = None) -> Match | None:
        """Return the match that starts at `pos`."""

    def finditer(self, text: bytes) -> Iterator[Match]:
        """Return the matches that do not overlap."""


def compiled(pattern: str) -> Pattern:
    """Return the pattern, to be applied to UTF-8 bytes; time is linear in their length."""
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    compiled: Pattern = re2.compile(pattern, options)
    return compiled


_MARKS = r"\x00-\x07"
_END_OF_VALUE = rf"\s\"'`,;&<>(){{}}\[\]\\|{_MARKS}"
_KEY = (
    r"(?:pass|pwd|secret|token|jwt|key|credential|auth|sess|cookie|csrf|xsrf|otp|cvv|cvc|sig|dsn"
    r"|bearer|webhook[_\-. ]?url|connection[_\-. ]?string|\bpin\b)"
)
_KEY_NAME = (
    r"[\w.\-]{0,40}(?:\b(?:api|access|private|secret|client|session) )?" + _KEY + r"[\w.\-]{0,20}"
)
_SCHEME = r"(?:(?:bearer|basic|token|digest)\s{1,8})?"
# Each time that JSON is put into JSON its quotes get more of these.
_ESCAPES = r"\\{0,7}"
# A key and the sign that assigns its value; without groups, since those cost half as much again.
# The sign may be encoded, as in an address within an address.
ASSIGNMENT = compiled(
    rf"(?i){_KEY_NAME}(?:(?:{_ESCAPES}[\"'`\]]){{1,2}}\s?,\s?"
    rf"|(?:{_ESCAPES}[\"'`\]]){{0,2}}\s{{0,3}}(?:=>|:=|==|=|:|%3D)\s{{0,3}})"
)
# What stands after it, by group: in quotes that are escaped themselves, in double or in single
# quotes (where a backslash escapes), or bare. A value is matched this far and then extended.
VALUE = compiled(
    rf"(?i)(?:[({{\[]){{0,2}}{_SCHEME}(?:\\{{1,7}}\"([^\"\\\n{_MARKS}]{{1,128}})"
    rf"|\"((?:[^\"\\\n{_MARKS}]|\\[^\n{_MARKS}]){{1,128}})"
    rf"|'((?:[^'\\\n{_MARKS}]|\\[^\n{_MARKS}]){{1,128}})|([^{_END_OF_VALUE}]{{3,128}}))"
)
RESTS = {
    1: compiled(rf"[^\"\\\n{_MARKS}]*"),
    2: compiled(rf"(?:[^\"\\\n{_MARKS}]|\\[^\n{_MARKS}])*"),
    3: compiled(rf"(?:[^'\\\n{_MARKS}]|\\[^\n{_MARKS}])*"),
    4: compiled(rf"[^{_END_OF_VALUE}]*"),
}
# A key and a value in prose: in quotes, or bare and long.
PROSE = compiled(
    rf"(?i)({_KEY_NAME})\s{{1,3}}(?:is\s{{1,3}})?{_SCHEME}"
    rf"(?:\\?[\"']([^\"'\\\n{_MARKS}]{{1,128}})|([^{_END_OF_VALUE}]{{8,128}}))"
)
# A name and what it holds, in XML.
ELEMENT = compiled(rf"<([\w.:\-]{{1,80}})(?:\s[^<>{_MARKS}]{{0,256}})?>([^<{_MARKS}]{{1,128}})")
REST_OF_ELEMENT = compiled(rf"[^<{_MARKS}]*")
REST_OF_TOLD = compiled(rf"[^\"'\\\n{_MARKS}]*")

AUTHORIZATION = compiled(r"(?i)\b(?:bearer|basic|digest|negotiate)\s{1,8}([A-Za-z0-9+/=._~\-]{8,})")
URL_CREDENTIALS = compiled(
    rf"(?i)\b[a-z][a-z0-9+.\-]{{1,20}}://([^\s/:@\"'<>{_MARKS}]{{0,256}}:[^\s/\"'<>{_MARKS}]{{1,512}})@"
)
JWT = compiled(r"\beyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{6,}(?:\.[A-Za-z0-9_\-]*){0,3}")
PEM = compiled(
    r"-----BEGIN[ A-Z0-9]{0,40}(?:PRIVATE KEY|CERTIFICATE)[ A-Z]{0,10}-----"
    rf"[^{_MARKS}]*?(?:-----END[ A-Z0-9]{{0,40}}-----|[{_MARKS}]|\z)"
)
PREFIXED = compiled(
    r"\b(?:(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,20}"
    r"|AIza[0-9A-Za-z_\-]{30,40}|ya29\.[0-9A-Za-z_\-]{20,}|GOCSPX-[0-9A-Za-z_\-]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_\-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9\-]{10,}|xapp-[A-Za-z0-9\-]{10,}"
    r"|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9+/]{16,}|sk-[A-Za-z0-9_\-]{20,}"
    r"|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{50,}"
    r"|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|hv[sb]\.[A-Za-z0-9_\-]{20,}"
    r"|[0-9a-f]{32}-us[0-9]{1,2}|key-[0-9a-z]{32}|[0-9]{8,10}:AA[A-Za-z0-9_\-]{32,35}"
    r"|sq0[a-z]{3}-[A-Za-z0-9_\-]{22,}|EAA[A-Za-z0-9]{30,}|dapi[0-9a-f]{32}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{58}|vk1\.[A-Za-z0-9_\-]{1,128}\.[A-Za-z0-9_\-]{43})"
)
HOOK = compiled(
    r"(?i)https?://(?:hooks\.slack\.com|discord(?:app)?\.com/api/webhooks"
    rf"|[a-z0-9.\-]{{1,100}}\.webhook\.office\.com)/[^\s\"'<>{_MARKS}]{{8,}}"
)
RANDOM = compiled(r"[A-Za-z0-9+/_\-]{20,512}={0,2}")

# Beyond ASCII any character counts as a letter: the class of letters makes a huge program.
_LETTER = r"a-z0-9\x{80}-\x{10ffff}"
EMAIL = compiled(
    rf"(?i)[{_LETTER}._%+'\-]{{1,64}}(?:@|%40|\\u0040)"
    rf"[{_LETTER}](?:[{_LETTER}.\-]{{0,120}}[{_LETTER}])?\.[a-z\x{{80}}-\x{{10ffff}}]{{2,24}}"
)
_BEFORE_NUMBER = r"(?:^|[^0-9A-Za-z_.\-])"
CARD = compiled(
    rf"{_BEFORE_NUMBER}([0-9]{{12,16}}|[0-9]{{4}}[ \-][0-9]{{6}}[ \-][0-9]{{4,5}}"
    r"|[0-9]{4}[ \-][0-9]{4}[ \-][0-9]{4}[ \-][0-9]{1,4}(?:[ \-][0-9]{1,3})?)\b"
)
SSN = compiled(rf"{_BEFORE_NUMBER}([0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}})\b")
# With a 0 it would be an offset from UTC.
PHONE = compiled(r"(?:^|[^0-9A-Za-z_.])(\+[1-9](?:[ ()./\-]{0,3}[0-9]){7,14})\b")
KEYED_PHONE = compiled(
    r"(?i)(?:phone|mobile|msisdn|whatsapp|\btel|\bcell|\bfax|\bsms"
    r"|\b(?:call|reach|contact)(?: me)? (?:at|on))"
    r"[\w ]{0,12}\\?[\"']?\s{0,2}(?:=|:|,|\bis\b|\s)\s{0,2}\\?[\"']?"
    r"(\+?[(0-9][0-9 ()./\-]{5,24}[0-9])"
)
KEYED_SSN = compiled(
    r"(?i)(?:ssn|social[ _\-]?security|national[ _]?id|tax[ _]?id|nino)"
    rf"[^0-9\n{_MARKS}]{{0,24}}([0-9]{{3}}[ \-]?[0-9]{{2}}[ \-]?[0-9]{{4}})\b"
)
IBAN = compiled(r"\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = compiled(rf"(?:^|[^0-9.\w])({_OCTET}(?:\.{_OCTET}){{3}})")
IPV6 = compiled(r"(?i)(?:^|[^0-9a-z:.])((?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})")

# Whatever a rule can find holds one of these; a short clean line is told by this search alone.
SUSPICIOUS = compiled(
    r"(?i)@|%40|\\u0040|::|://"
    r"|pass|pwd|secret|token|jwt|key|credential|auth|sess|cookie|csrf|xsrf|otp|cvv|cvc|sig|dsn"
    r"|\bpin\b|bearer|basic|digest|negotiate|webhook|connection"
    r"|phone|mobile|msisdn|whatsapp|\btel|\bcell|\bfax|\bsms|call|reach|contact"
    r"|ssn|social|national|tax|nino"
    r"|-----BEGIN|eyJ|xox|xapp|LTAI|whsec|[rsp]k_|[A-Z0-9+/_\-]{20}"
    r"|[0-9](?:[ ()./\-]{0,3}[0-9]){7}"
    r"|[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"
    r"|[0-9a-f]:[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f]"
    r"|[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}"
)
