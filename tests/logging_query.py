"""As much of the Logging query language as Vigil writes: read strictly, and asked of entries."""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import re2

from vigil.model.log_severity import LogSeverity

Entry = Mapping[str, object]
Query = Callable[[Entry], bool]
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\["\\]|\\u[0-9a-f]{4})*")
      | (?P<operator>=~|>=|:\*|[()=.])
      | (?P<number>[0-9]+)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    )""",
    re.VERBOSE,
)
_KEYWORDS = ("AND", "OR", "NOT")
_MISSING = object()


class InvalidQuery(ValueError):
    """What Cloud Logging would answer with INVALID_ARGUMENT."""


def read_query(text: str) -> Query:
    """Return what decides whether an entry matches; raise InvalidQuery for what is no query."""
    if not text:
        return lambda entry: True
    reader = _Reader(_tokens(text))
    query = reader.alternatives()
    if reader.rest:
        raise InvalidQuery(f"not expected: {reader.rest[0]}")
    return query


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidQuery(f"not understood at {at}")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


class _Reader:
    """Reads by descent. AND and OR are never mixed without brackets: few know which binds more."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens

    def alternatives(self) -> Query:
        first = self._term()
        parts, joints = [first], set()
        while self.rest and self.rest[0] in ("AND", "OR"):
            joints.add(self._next())
            parts.append(self._term())
        if len(joints) > 1:
            raise InvalidQuery("AND and OR beside each other")
        choose = any if joints == {"OR"} else all
        return lambda entry: choose(part(entry) for part in parts)

    def _term(self) -> Query:
        if self._is("NOT"):
            denied = self._term()
            return lambda entry: not denied(entry)
        if self._is("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        return self._log_id() if self.rest[:1] == ["log_id"] else self._comparison()

    def _log_id(self) -> Query:
        self._next()
        self._expect("(")
        wanted = _said(self._next())
        self._expect(")")
        return lambda entry: unquote(str(entry.get("logName")).partition("/logs/")[2]) == wanted

    def _comparison(self) -> Query:
        path = self._path()
        operator = self._next()
        if operator == ":*":
            return lambda entry: _at(entry, path) is not _MISSING
        if operator == ">=":
            return self._at_least(path)
        if operator == "=~":
            pattern = re2.compile(_said(self._next()))
            return lambda entry: bool(pattern.search(_text(_at(entry, path))))
        if operator != "=":
            raise InvalidQuery(f"no operator: {operator}")
        values = self._values()
        # Only patterns mind the case.
        return lambda entry: _text(_at(entry, path)).casefold() in values

    def _at_least(self, path: list[str]) -> Query:
        token = self._next()
        if path == ["severity"]:
            least = LogSeverity[token]
            return lambda entry: LogSeverity[str(entry.get("severity", "DEFAULT"))] >= least
        if not token.isdecimal():
            raise InvalidQuery(f"no number: {token}")
        return lambda entry: _number(_at(entry, path)) >= int(token)

    def _path(self) -> list[str]:
        path = [_name(self._next())]
        while self._is("."):
            path.append(_name(self._next()))
        return path

    def _values(self) -> set[str]:
        if not self._is("("):
            return {_value(self._next())}
        values = {_value(self._next())}
        while not self._is(")"):
            self._expect("OR")
            values.add(_value(self._next()))
        return values

    def _is(self, token: str) -> bool:
        found = self.rest[:1] == [token]
        if found:
            self._next()
        return found

    def _expect(self, token: str) -> None:
        if not self._is(token):
            raise InvalidQuery(f"{token} is missing")

    def _next(self) -> str:
        if not self.rest:
            raise InvalidQuery("it ends too early")
        token, *self.rest = self.rest
        return token


def _name(token: str) -> str:
    if token.startswith('"'):
        return _said(token)
    if token in _KEYWORDS or not token[0].isalpha():
        raise InvalidQuery(f"no name: {token}")
    return token


def _value(token: str) -> str:
    return (_said(token) if token.startswith('"') else _name(token)).casefold()


def _said(token: str) -> str:
    if not token.startswith('"'):
        raise InvalidQuery(f"no string: {token}")
    return str(json.loads(token))


def _at(entry: Entry, path: list[str]) -> object:
    value: object = entry
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return _MISSING
        value = value[name]
    return value


def _number(value: object) -> float:
    """Return a value as a number; what is none is less than any."""
    return value if isinstance(value, int | float) else float("-inf")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
