"""Entries of a small platform, as Cloud Logging's sink publishes them, of about 1 kB each."""

import random
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

PROJECT = "shop-project"
SERVICES = ("shop-web", "shop-cart", "shop-checkout", "shop-payment", "shop-mail")
# Four of each service; half of them name one thing.
_ENDPOINTS = (
    ("GET", "/products"),
    ("GET", "/products/{}?ref=newsletter"),
    ("POST", "/orders"),
    ("PUT", "/orders/{}/address"),
)
_FAILED = 0.05
_LINE = (
    "handled in {} ms: 3 rows of inventory read, 1 row written, cache hit ratio 0.82, upstream"
    " latency within the budget, retries 0, circuit closed, feature flags evaluated: 4"
)
_TRACES_SHARED = 4


def raw_entries(
    count: int, at: datetime, *, services: Sequence[str] = SERVICES, seed: str = "b"
) -> list[bytes]:
    """Return entries of the ten seconds before `at`: three requests, then a line of their code.

    The same `seed` and instant give the same entries; 5 % of the requests fail.
    """
    chosen = random.Random(seed)
    return [orjson.dumps(_entry(number, at, services, chosen, seed)) for number in range(count)]


def pushes(entries: Sequence[bytes], at: datetime) -> list[bytes]:
    """Return the bodies in which Pub/Sub pushes `entries`; a third has each spelling, or both."""
    return [_push(number, entry, at) for number, entry in enumerate(entries)]


def _entry(
    number: int, at: datetime, services: Sequence[str], chosen: random.Random, seed: str
) -> dict[str, object]:
    service = services[number % len(services)]
    happened = at - timedelta(seconds=10 * chosen.random())
    trace = f"{abs(hash_of(seed, number // _TRACES_SHARED)):032x}"
    latency_ms = round(chosen.lognormvariate(4, 0.5), 1)
    failed = chosen.random() < _FAILED
    return {
        "insertId": f"{seed}{number:x}",
        "labels": {"instanceId": f"00f8b3{chosen.getrandbits(240):060x}"},
        "logName": f"projects/{PROJECT}/logs/run.googleapis.com%2Frequests",
        "receiveTimestamp": _zulu(happened + timedelta(milliseconds=240)),
        "resource": {
            "type": "cloud_run_revision",
            "labels": {
                "configuration_name": service,
                "location": "europe-west1",
                "project_id": PROJECT,
                "revision_name": f"{service}-00042-xuz",
                "service_name": service,
            },
        },
        "severity": "ERROR" if failed else "INFO",
        "spanId": f"{chosen.getrandbits(64):016x}",
        "timestamp": _zulu(happened),
        "trace": f"projects/{PROJECT}/traces/{trace}",
        "traceSampled": True,
    } | (
        {"jsonPayload": _line(service, latency_ms, failed)}
        if number % 4 == _TRACES_SHARED - 1
        else {"httpRequest": _request(chosen, latency_ms, failed)}
    )


def hash_of(seed: str, number: int) -> int:
    """Return a number of 128 bits that belongs to a trace."""
    return random.Random(f"{seed} {number}").getrandbits(128)


def _request(chosen: random.Random, latency_ms: float, failed: bool) -> dict[str, object]:
    method, path = _ENDPOINTS[chosen.randrange(len(_ENDPOINTS))]
    return {
        "latency": f"{latency_ms / 1000:.6f}s",
        "protocol": "HTTP/1.1",
        "remoteIp": f"203.0.113.{chosen.randrange(256)}",
        "requestMethod": method,
        "requestSize": str(chosen.randrange(300, 900)),
        "requestUrl": f"https://shop.example{path.format(chosen.randrange(10_000))}",
        "responseSize": str(chosen.randrange(300, 9000)),
        "serverIp": "198.51.100.7",
        "status": 500 if failed else 200,
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/130.0.0.0 Safari/537.36",
    }


def _line(service: str, latency_ms: float, failed: bool) -> dict[str, object]:
    return {
        "level": "error" if failed else "info",
        "message": _LINE.format(latency_ms),
        "service": service,
        "duration_ms": latency_ms,
        "logger": "shop.orders.service",
        "thread": "worker-3",
        "version": "2024.11.3",
    }


def _push(number: int, entry: bytes, at: datetime) -> bytes:
    camel = {"messageId": str(10**16 + number), "publishTime": _zulu(at)}
    snake = {"message_id": str(10**16 + number), "publish_time": _zulu(at)}
    spellings: tuple[dict[str, str], ...] = (camel | snake, camel, snake)
    attributes = {"logging.googleapis.com/timestamp": _zulu(at)}
    message = {"attributes": attributes, "data": b64encode(entry).decode()}
    return orjson.dumps(
        {
            "message": message | spellings[number % len(spellings)],
            "subscription": f"projects/{PROJECT}/subscriptions/vigil-logs-push",
        }
    )


def _zulu(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
