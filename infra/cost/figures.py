"""Unit figures: what Vigil needs of what is paid for, each with the command that measured it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.toml")
_MONTH_HOURS = 730
MONTH_SECONDS = _MONTH_HOURS * 3600
MONTH_DAYS = _MONTH_HOURS / 24
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is deployed, as far as its number of instances depends on it."""

    concurrency: int
    max_instances: int
    cpus: float = 1
    memory_gib: float = 0.5


class Figures:
    """The figures by name; what a variant changes is named where it is made."""

    def __init__(self, values: Mapping[str, float], functions: Mapping[str, Function]) -> None:
        self._values = dict(values)
        self.functions = functions

    @classmethod
    def read(cls, path: Path = FIGURES) -> "Figures":
        """Return the figures of a file."""
        found = tomllib.loads(path.read_text())
        functions: dict[str, dict[str, Any]] = found.pop("functions")
        values = {name: float(figure["value"]) for name, figure in found.items()}
        return cls(values, {name: Function(**each) for name, each in functions.items()})

    def __getitem__(self, name: str) -> float:
        """Return a figure; raise KeyError for one that there is not."""
        return self._values[name]

    def with_(self, **changed: float) -> "Figures":
        """Return the figures with some of them changed; raise KeyError for one there is not."""
        unknown = changed.keys() - self._values.keys()
        if unknown:
            raise KeyError(*unknown)
        return Figures({**self._values, **changed}, self.functions)
