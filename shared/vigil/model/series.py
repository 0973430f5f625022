"""A series: what a baseline is learned for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One endpoint of one service; `endpoint` is empty for what it logs outside of its requests."""

    service: str
    endpoint: str = ""

    def __str__(self) -> str:
        return self.endpoint or self.service
