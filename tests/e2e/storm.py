"""Five thousand entries of half a minute, an outage among them, and what comes beside entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from vigil.ports import Message

LISTS = 100
EVERY = timedelta(seconds=0.3)
ACME, GLOBEX = "acme-prod", "globex-prod"
# Requests of the shop in a list, and those of another tenant's.
_CHECKOUTS, _THEIRS = 19, 5
_DUPLICATES, _OWN, _BROKEN, _NOBODYS = 3, 1, 1, 1
_FAILS_IN = range(35, 62)
Entry = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """How many of which kind are published in all."""

    acme: int = LISTS * (1 + 2 * _CHECKOUTS)
    globex: int = LISTS * _THEIRS
    duplicates: int = LISTS * _DUPLICATES
    own: int = LISTS * _OWN
    broken: int = LISTS * _BROKEN
    nobodys: int = LISTS * _NOBODYS

    @property
    def all(self) -> int:
        return self.acme + self.globex + self.duplicates + self.own + self.broken + self.nobodys


def entries(number: int, at: datetime) -> list[Message]:
    """Return the list of this number, of entries that are written at this instant."""
    ours = list(_requests(number, at))
    theirs = [_entry(GLOBEX, f"g{number}-{n}", at, "/cart", 200) for n in range(_THEIRS)]
    own = _entry(ACME, f"own{number}", at, "/vigil-api", 500)
    nobodys = _entry("nobodys-project", f"n{number}", at, "/cart", 500)
    whole = [*ours, *theirs, *ours[:_DUPLICATES], own, nobodys]
    return [*(Message(orjson.dumps(each)) for each in whole), Message(b"no entry %d" % number)]


def _requests(number: int, at: datetime) -> Iterator[Entry]:
    """Yield requests of the shop: each checkout calls for a payment, and fails when that does."""
    yield _entry(ACME, f"s{number}", at, "/stock", 200)
    for n in range(_CHECKOUTS):
        begun_at = at + timedelta(milliseconds=10 * n)
        # One customer in so many pays in another way.
        fails = number in _FAILS_IN and n > 0
        checkout = _entry(ACME, f"c{number}-{n}", begun_at, "/checkout", 502 if fails else 200)
        payment = _entry(
            ACME,
            f"p{number}-{n}",
            begun_at + timedelta(milliseconds=20),
            "/payment",
            503 if fails else 200,
        )
        for request, seconds in ((checkout, 0.12), (payment, 0.08)):
            request["trace"] = f"projects/{ACME}/traces/{number:016x}{n:016x}"
            request["httpRequest"]["latency"] = f"{seconds}s"
            yield request


def _entry(project: str, insert_id: str, at: datetime, path: str, status: int) -> Entry:
    return {
        "logName": f"projects/{project}/logs/run.googleapis.com%2Frequests",
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": path.strip("/")},
        },
        "timestamp": at.isoformat(),
        "insertId": insert_id,
        "severity": "ERROR" if status >= 500 else "INFO",
        "httpRequest": {
            "requestMethod": "POST",
            "requestUrl": f"https://shop.example{path}",
            "status": status,
        },
    }
