"""A request before its body, whichever server took it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;.*)?")
_SPAN_LIMIT = 2**64


@dataclass(frozen=True, slots=True)
class Head:
    """Method, path, headers and query; headers have lower case names, and are joined if repeated.

    The query is never logged: a key may stand in it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]],
        query: Mapping[str, str] | None = None,
    ) -> "Head":
        """Return the head of a request.

        >>> Head.of("POST", "/", [("A", "1"), ("a", "2")]).headers
        {'a': '1, 2'}
        """
        joined: dict[str, str] = {}
        for name, value in headers:
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return cls(method, path, joined, query or {})

    @property
    def trace(self) -> tuple[str, str]:
        """The ids of the trace and of the span that the caller names, "" for none.

        >>> Head("POST", "/", {"x-cloud-trace-context": "0" * 31 + "a/255;o=1"}).trace
        ('0000000000000000000000000000000a', '00000000000000ff')
        """
        parent = _TRACEPARENT.fullmatch(self.headers.get("traceparent", ""))
        if parent:
            return parent[1], parent[2]
        found = _CLOUD_TRACE.fullmatch(self.headers.get("x-cloud-trace-context", ""))
        span = int(found[2] or 0) if found else 0
        return found[1] if found else "", f"{span:016x}" if 0 < span < _SPAN_LIMIT else ""
