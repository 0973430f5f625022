"""Which entries a sink takes, in the Logging query language.

A sink goes by the same rules as `resource`: what it takes for a service is what Vigil will read as
an entry of that service. Only two things differ. A value that is there but empty, or is no text,
counts as there; and attributes of OpenTelemetry inside `jsonPayload` are not looked through, so
whoever writes services only there streams without naming any.
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

from vigil.errors import InvalidRequest
from vigil.logs.resource import BY_RESOURCE_TYPE, POD_LABELS, POD_TYPES
from vigil.model.log_severity import LogSeverity
from vigil.model.stream import LogStreamConfig

FILTER_LIMIT = 20_000
# Where an entry whose resource says nothing names its service, in the order in which Vigil looks.
_CLAIMS = (
    "jsonPayload.serviceContext.service",
    "jsonPayload.service",
    'jsonPayload."service.name"',
    "labels.service",
    "protoPayload.serviceName",
)
_PLAIN_IN_PATTERN = frozenset("_-/%: ")
_NOT_IN_CLASS = frozenset("^\\")
# A comparison with the field of that path.
_Comparison = Callable[[str], str]


def sink_filter(config: LogStreamConfig) -> str:
    """Return the filter of the entries that a stream asks for; "" if it asks for all.

    Raises InvalidRequest if it would be longer than Cloud Logging allows.

    >>> sink_filter(LogStreamConfig("shop"))
    '(severity>=ERROR OR severity=(WARNING OR INFO))'
    """
    parts = [_of_severities(config.severity_filter), _of_services(config.services)]
    return _bounded(" AND ".join(part for part in parts if part))


def own_entries_filter(own_services: Sequence[str]) -> str:
    """Return the filter of the entries of Vigil's own services, for an exclusion (FAULTS A16).

    `own_services` are beginnings of their names. "" if there is none.
    """
    if not own_services:
        return ""

    def begins(path: str, before: str = "^", written: Callable[[str], str] = str) -> str:
        beginnings = "|".join(literally(written(each)) for each in own_services)
        return f"{path}=~{quoted(f'{before}(?:{beginnings})')}"

    # A log's id stands in its name as in an address.
    of_log = begins("logName", "^projects/[^/]+/logs/", lambda each: quote(each, safe=""))
    return _bounded(_attributed(begins, of_log))


def quoted(text: str) -> str:
    r"""Return `text` as a string of the query language, whatever is in it.

    >>> print(quoted('a" OR severity>="DEFAULT'))
    "a\" OR severity>=\"DEFAULT"
    """
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _of_severities(severities: Iterable[LogSeverity]) -> str:
    asked = dict.fromkeys(severities)
    if set(asked) | _worse_than_error() == set(LogSeverity):
        return ""
    from_error = ["severity>=ERROR"] if LogSeverity.ERROR in asked else []
    others = [s.name for s in asked if not (from_error and s >= LogSeverity.ERROR)]
    named = [f"severity=({' OR '.join(others)})"] if others else []
    return f"({' OR '.join([*from_error, *named])})"


def _worse_than_error() -> set[LogSeverity]:
    return {severity for severity in LogSeverity if severity > LogSeverity.ERROR}


def _of_services(services: Sequence[str]) -> str:
    if not services:
        return ""
    names = " OR ".join(quoted(service) for service in services)
    of_log = " OR ".join(f"log_id({quoted(service)})" for service in services)
    return _attributed(lambda path: f"{path}=({names})", f"({of_log})")


def _attributed(is_meant: _Comparison, of_log: str) -> str:
    """Return the expression that the service, as Vigil reads it, is meant."""
    kinds = " OR ".join(quoted(kind) for kind in BY_RESOURCE_TYPE)
    by_type = [
        f"(resource.type={quoted(kind)} AND {_first(_paths(kind), is_meant)})"
        for kind in BY_RESOURCE_TYPE
    ]
    claimed = f"(NOT resource.type=({kinds}) AND {_first(_CLAIMS, is_meant, of_log)})"
    return f"({' OR '.join([*by_type, claimed])})"


def _paths(kind: str) -> list[str]:
    labels = [f"resource.labels.{name}" for name in BY_RESOURCE_TYPE[kind]]
    pods = [f"labels.{quoted(name)}" for name in POD_LABELS] if kind in POD_TYPES else []
    return [*pods, *labels]


def _first(paths: Sequence[str], is_meant: _Comparison, otherwise: str = "") -> str:
    """Return the expression that the first of `paths` that is there is meant, or `otherwise`."""
    nested = otherwise
    for path in reversed(paths):
        rest = f" OR (NOT {path}:* AND {nested})" if nested else ""
        nested = f"({is_meant(path)}{rest})"
    return nested


def literally(beginning: str) -> str:
    """Return a pattern for `beginning` without a backslash, whose escaping is a matter of taste.

    A caret or a backslash, which no service is named with, stands for any character.
    """
    return "".join(
        character
        if character.isalnum() or character in _PLAIN_IN_PATTERN
        else "."
        if character in _NOT_IN_CLASS
        else f"[{character}]"
        for character in beginning
    )


def _bounded(expression: str) -> str:
    if len(expression) > FILTER_LIMIT:
        raise InvalidRequest(
            f"services: a sink's filter for so many names would have {len(expression)} characters, "
            f"and Cloud Logging takes {FILTER_LIMIT}; start several streams with fewer each"
        )
    return expression
