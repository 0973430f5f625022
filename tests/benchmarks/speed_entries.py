"""Entries for measuring speed: short ones of requests, and long lines of applications."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from vigil.logs.log_entry import LogEntry

SERVICES = ("shop-web", "shop-cart", "shop-checkout", "shop-payment", "shop-mail")
BATCH = 500
_NOUNS = ("products", "carts", "orders", "payments", "addresses", "coupons", "reviews", "users")
_METHODS = ("GET", "POST", "PUT", "DELETE")
_FAILED = 0.02
_BEGIN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_TRACE_SHARED = 3
_TEMPLATES = 50
_SEVERITIES = ("INFO",) * 16 + ("DEBUG", "WARNING", "WARNING", "ERROR")
_SYLLABLES = tuple(first + vowel for first in "bdfghklmnprstvwz" for vowel in "aeiou")


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries that come at an even rate, from so many endpoints of each service."""

    endpoints: int = 20
    per_second: int = 500
    services: Sequence[str] = SERVICES

    def requests(self, minutes: int, *, since: int = 0, seed: str = "r") -> Iterator[bytes]:
        """Yield entries of about 300 bytes: requests with status, latency and trace.

        A request to the first service makes one to each of two others, one inside of the other.
        """
        chosen = random.Random(f"{seed} {since}")
        trace, which, latency = "", 0, 0.0
        for number in range(minutes * 60 * self.per_second):
            depth = number % _TRACE_SHARED
            if depth == 0:
                trace = f"{chosen.getrandbits(128):032x}"
                which, latency = chosen.randrange(self.endpoints), chosen.lognormvariate(-2, 0.5)
            method, path = _METHODS[which % 4], f"/api/v{which // 32 + 1}/{_NOUNS[which // 4 % 8]}"
            failed = chosen.random() < _FAILED
            yield orjson.dumps(
                {
                    "insertId": f"{seed}{since}-{number:x}",
                    "logName": "projects/shop-project/logs/requests",
                    "timestamp": self._at(since, number),
                    "severity": "ERROR" if failed else "INFO",
                    "labels": {"service": self._service(depth, which)},
                    "trace": trace,
                    "httpRequest": {
                        "requestMethod": method,
                        "requestUrl": f"{path}/{chosen.randrange(10_000)}",
                        "status": chosen.choice((500, 503)) if failed else 200,
                        "latency": f"{max(latency / 2**depth - depth * 0.01, 0.001):.6f}s",
                    },
                }
            )

    def _service(self, depth: int, which: int) -> str:
        """Return who serves a request so deep in its trace: the first, or one of two others."""
        return self.services[2 * depth - which % 2] if depth else self.services[0]

    def lines(self, minutes: int, *, since: int = 0, seed: str = "l") -> Iterator[bytes]:
        """Yield text lines of 1 to 2 kB, of 50 templates, in which numbers and ids vary."""
        chosen = random.Random(f"{seed} {since}")
        forms = [_form(random.Random(f"form {number}")) for number in range(_TEMPLATES)]
        for number in range(minutes * 60 * self.per_second):
            severity, form = forms[min(int(chosen.expovariate(0.1)), _TEMPLATES - 1)]
            values = [chosen.randrange(100_000) for _ in range(form.count("{}"))]
            yield orjson.dumps(
                {
                    "insertId": f"{seed}{since}-{number:x}",
                    "logName": "projects/shop-project/logs/application",
                    "timestamp": self._at(since, number),
                    "severity": severity,
                    "labels": {"service": self.services[chosen.randrange(len(self.services))]},
                    "textPayload": form.format(*values),
                }
            )

    def _at(self, since: int, number: int) -> str:
        at = _BEGIN + timedelta(minutes=since, seconds=number / self.per_second)
        return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def parsed(raws: Sequence[bytes]) -> list[list[LogEntry]]:
    """Return entries in batches of BATCH."""
    entries = [LogEntry.parse(raw) for raw in raws]
    return [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]


def _form(chosen: random.Random) -> tuple[str, str]:
    """Return a severity, and a line of words, names with values, numbers and ids."""
    words: list[str] = [_word(chosen).capitalize()]
    length, wanted = len(words[0]), chosen.randrange(950, 1900)
    while length < wanted:
        kind = chosen.random()
        word = _word(chosen)
        words.append(word if kind < 0.7 else f"{word}={{}}" if kind < 0.85 else "{}")
        length += len(words[-1]) + 1
    return chosen.choice(_SEVERITIES), " ".join(words)


def _word(chosen: random.Random) -> str:
    return "".join(chosen.choices(_SYLLABLES, k=chosen.randrange(2, 5)))
