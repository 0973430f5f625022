"""Thresholds as a YAML file: read, checked all at once, and written with what each one means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from vigil.adapters.plain_text import plain
from vigil.errors import InvalidRequest
from vigil.model.tenant import Thresholds
from vigil.model.threshold_meaning import DEFAULTS, MEANINGS, kind_of

_SECTION = "thresholds"
_SHOWN = 40
Value = bool | int | float


@dataclass(frozen=True, slots=True)
class Configuration:
    """Thresholds, and the name by which people know them."""

    name: str
    thresholds: Thresholds

    @property
    def changed(self) -> dict[str, Value]:
        """The settings that are not the defaults."""
        return {
            name: getattr(self.thresholds, name)
            for name, usual in DEFAULTS.items()
            if getattr(self.thresholds, name) != usual
        }


class _DuplicateKey(yaml.MarkedYAMLError):
    pass


class _Loader(yaml.SafeLoader):
    """As safe as SafeLoader; of two equal keys, it does not take the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
            if key.value in seen:
                problem = f"{plain(key.value, _SHOWN)} stands there twice"
                raise _DuplicateKey(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_configurations(files: Sequence[str]) -> list[Configuration]:
    """Return the configurations in `files`, in their order.

    Raises InvalidRequest, which names the file, the setting and what it may be, of everything that
    is wrong in any of them.
    """
    read: list[Configuration] = []
    complaints: list[str] = []
    for file in files:
        try:
            read.append(Configuration(file, _thresholds_of(Path(file).read_text("utf-8"))))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is no text in UTF-8"
            complaints.append(f"{file}: {reason}")
        except (yaml.YAMLError, RecursionError) as error:
            complaints.append(f"{file}: {_reason_of(error)}")
        except _Wrong as error:
            complaints += [f"{file}: {each}" for each in error.complaints]
    if complaints:
        raise InvalidRequest("\n  ".join(["the configuration cannot be used", *complaints]))
    return read


def defaults_as_yaml() -> str:
    """Return a file of all thresholds with their defaults, each with its meaning beside it."""
    lines = ["# What a tenant's thresholds are unless it is said otherwise; leave out what stays."]
    lines.append(f"{_SECTION}:")
    for name, usual in DEFAULTS.items():
        lines.append(f"  # {_meaning_of(name)}")
        lines.append(f"  {name}: {as_yaml(usual)}")
    return "\n".join(lines)


def range_of(name: str) -> str:
    """Return what a setting may be, in words.

    >>> range_of("error_rate"), range_of("rules_only")
    ('a number from 0 to 1', 'true or false')
    """
    kind, meaning = kind_of(name), MEANINGS[name]
    if kind is bool:
        return "true or false"
    number = "a whole number" if kind is int else "a number"
    return f"{number} from {as_yaml(meaning.low)} to {as_yaml(meaning.high)}"


class _Wrong(Exception):
    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__(*complaints)
        self.complaints = complaints


def _thresholds_of(text: str) -> Thresholds:
    content = yaml.load(text, _Loader)
    if content is None:
        return Thresholds()
    if not isinstance(content, dict):
        raise _Wrong([f"holds no settings; it begins with `{_SECTION}:`"])
    given = {} if content.get(_SECTION) is None else content[_SECTION]
    complaints = [*_strangers(content, [_SECTION], "")]
    if isinstance(given, dict):
        complaints += [*_strangers(given, DEFAULTS, f"{_SECTION}."), *_wrong_values(given)]
    else:
        complaints.append(f"{_SECTION}: is no mapping of settings")
    if complaints:
        raise _Wrong(complaints)
    values: dict[str, Any] = {name: kind_of(name)(value) for name, value in given.items()}
    return Thresholds(**values)


def _strangers(
    given: Mapping[Any, object], known: Sequence[str] | Mapping[str, object], where: str
) -> Iterator[str]:
    for name in given:
        if name in known:
            continue
        near = get_close_matches(str(name), known, n=1)
        advice = f"; did you mean {near[0]}?" if near else ", see --print-config"
        if name in DEFAULTS:
            advice = f"; it belongs below `{_SECTION}:`"
        yield f"{where}{plain(str(name), _SHOWN)}: no such setting{advice}"


def _wrong_values(given: Mapping[Any, object]) -> Iterator[str]:
    for name, value in given.items():
        if name in DEFAULTS and not _fits(name, value):
            yield f"{_SECTION}.{name}: {_shown(value)} is not {range_of(name)}"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return as_yaml(value) if isinstance(value, bool) else plain(str(value), _SHOWN)


def _fits(name: str, value: object) -> bool:
    kind = kind_of(name)
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if not isinstance(value, int if kind is int else int | float):
        return False
    # What is no number at all (.nan) is in no range.
    return MEANINGS[name].low <= value <= MEANINGS[name].high


def _meaning_of(name: str) -> str:
    meaning = MEANINGS[name]
    limits = f"{as_yaml(meaning.low)} to {as_yaml(meaning.high)}"
    if kind_of(name) is bool:
        return f"{meaning.says} (true or false)"
    unit = f"{meaning.unit}, " if meaning.unit else ""
    role = "" if meaning.judges else "; for alerts, a backtest does without it"
    return f"{meaning.says} ({unit}{limits}){role}"


def as_yaml(value: Value) -> str:
    """Return a value as YAML reads it back; 1e-06 would be a text to YAML 1.1.

    >>> as_yaml(True), as_yaml(3.0), as_yaml(1e-6)
    ('true', '3', '0.000001')
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return text or "0"


def _reason_of(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        problem = plain(error.problem or "is no YAML", 200)
        return f"line {error.problem_mark.line + 1}: {problem}"
    return "is no YAML"
