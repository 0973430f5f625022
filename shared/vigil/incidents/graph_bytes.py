"""A service graph as bytes."""

import zlib
from collections.abc import Mapping
from itertools import chain
from typing import Any

import orjson

from vigil.errors import PermanentError
from vigil.incidents.edge_counts import Counted, EdgeCounts
from vigil.model.series import Series

Edges = dict[tuple[Series, Series], EdgeCounts]
Requests = dict[Series, Counted]

# A sum is kept to this part of a call or of a microsecond; ten half-lives take no more off it.
_PARTS = 1024
_DAMAGE = (zlib.error, ValueError, TypeError, KeyError, IndexError, OverflowError)


def write_graph(
    period: int,
    edges: Mapping[tuple[Series, Series], EdgeCounts],
    requests: Mapping[Series, Counted],
) -> bytes:
    """Return a graph as compressed JSON: names once, then a column for each number."""
    named = sorted({*chain.from_iterable(edges), *requests})
    place = {series: position for position, series in enumerate(named)}
    rows = [_row(place, pair, edges[pair]) for pair in sorted(edges)]
    served: list[tuple[int, ...]] = [
        (place[series], requests[series].last_at, _whole(requests[series].count))
        for series in sorted(requests)
    ]
    names = [[series.service, series.endpoint] for series in named]
    plain = [period, names, _columns(rows), _columns(served)]
    return zlib.compress(orjson.dumps(plain), 6)


def read_graph(packed: bytes) -> tuple[int, Edges, Requests]:
    """Return what `write_graph` wrote; raise PermanentError if it is anything else."""
    try:
        period, names, edges, requests = orjson.loads(zlib.decompress(packed))
        series = [Series(str(service), str(endpoint)) for service, endpoint in names]
        return (
            int(period),
            dict(_edge(series, *row) for row in zip(*edges, strict=True)),
            {
                series[at]: Counted(last_at, count / _PARTS)
                for at, last_at, count in zip(*requests, strict=True)
            },
        )
    except _DAMAGE as error:
        raise PermanentError(f"a graph of services is damaged: {error}") from error


def _row(
    place: Mapping[Series, int], pair: tuple[Series, Series], counts: EdgeCounts
) -> tuple[int, ...]:
    return (
        place[pair[0]],
        place[pair[1]],
        counts.last_at,
        # A difference is shorter than another instant.
        counts.last_at - counts.first_at,
        _whole(counts.count),
        _whole(counts.nested),
        _whole(counts.calling),
        round(counts.caller_us),
        round(counts.callee_us),
    )


def _edge(series: list[Series], *row: Any) -> tuple[tuple[Series, Series], EdgeCounts]:
    caller, callee, last_at, lasted, count, nested, calling, caller_us, callee_us = row
    counts = EdgeCounts(
        first_at=last_at - lasted,
        last_at=last_at,
        count=count / _PARTS,
        nested=nested / _PARTS,
        calling=calling / _PARTS,
        caller_us=float(caller_us),
        callee_us=float(callee_us),
    )
    return (series[caller], series[callee]), counts


def _columns(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return list(zip(*rows, strict=True))


def _whole(number: float) -> int:
    return round(number * _PARTS)
