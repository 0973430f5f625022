"""What an entry measures: the HTTP status and the latency of its request or operation."""

from vigil.logs.fields import Fields, number_of, object_at, whole_of

# A week: what claims to have taken longer is an error of units.
LATENCY_LIMIT_US = 7 * 24 * 3600 * 1_000_000
_FIRST_STATUS, _LAST_STATUS = 100, 599
_STATUS_FIELDS = ("http.response.status_code", "http.status_code", "status_code", "status")
_LATENCY_FIELDS = ("duration_ms", "latency_ms")


def status_of(request: Fields, payload: Fields) -> int | None:
    """Return the HTTP status, 100..599, of the request or of what the payload says of it.

    >>> status_of({"status": "503"}, {}), status_of({"status": 7}, {"status": "ok"})
    (503, None)
    """
    status = _http_status(request.get("status")) if request else None
    if status is None and payload:
        for name in _STATUS_FIELDS:
            if name in payload and (status := _http_status(payload[name])) is not None:
                break
    return status


def latency_of(request: Fields, payload: Fields) -> int | None:
    """Return the latency in whole microseconds, 0..LATENCY_LIMIT_US.

    A span's duration counts only for an entry that is a request: other spans lie inside of one and
    would count its time again.

    >>> latency_of({"latency": "0.123s"}, {}), latency_of({}, {"duration_ms": 1.5})
    (123000, 1500)
    >>> latency_of({}, {"span": {"durationMs": 9}}) is None
    True
    """
    latency = _seconds(request.get("latency")) if request else None
    if latency is None and payload:
        for name in _LATENCY_FIELDS:
            if name in payload and (latency := _milliseconds(payload[name])) is not None:
                return latency
        if request:
            return _milliseconds(object_at(payload, "span").get("durationMs"))
    return latency


def span_of(payload: Fields) -> int | None:
    """Return how long the span took that the payload tells of, as `latency_of` does.

    >>> span_of({"span": {"durationMs": 9}}), span_of({"duration_ms": 9})
    (9000, None)
    """
    return (
        _milliseconds(object_at(payload, "span").get("durationMs")) if "span" in payload else None
    )


def _http_status(value: object) -> int | None:
    status = whole_of(value)
    return status if status is not None and _FIRST_STATUS <= status <= _LAST_STATUS else None


def _seconds(value: object) -> int | None:
    return _microseconds(value[:-1] if isinstance(value, str) and value[-1:] == "s" else value, 1e6)


def _milliseconds(value: object) -> int | None:
    return _microseconds(value, 1e3)


def _microseconds(value: object, unit: float) -> int | None:
    number = number_of(value)
    # A comparison with NaN is false, so NaN ends here too.
    if number is None or not 0 <= number * unit <= LATENCY_LIMIT_US:
        return None
    return round(number * unit)
