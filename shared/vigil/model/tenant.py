"""A tenant, its settings, and the projects that are its own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.channel import Channel


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When something strayed, and how long to wait before saying so; each tenant has its own.

    Rates and confidences are 0..1. Windows are tumbling, in event time; a window is judged when no
    entry of it can come any more (`allowed_lateness_seconds`), an incident is opened
    `group_wait_seconds` later, so that it is opened once and with its cause, and is over after
    `quiet_seconds` without an anomaly. What strays again at most `reopen_within_seconds` later
    opens it again. With `rules_only` nothing but fixed limits is judged by.
    `availability_objective` is the share of requests that is promised to succeed: the rest is the
    error budget.
    """

    window_seconds: int = 60
    allowed_lateness_seconds: int = 30
    group_wait_seconds: int = 10
    correlation_seconds: int = 300
    quiet_seconds: int = 900
    reopen_within_seconds: int = 900
    minimum_confidence: float = 0.7
    error_rate: float = 0.1
    repeated_errors: int = 5
    server_error_rate: float = 0.2
    minimum_requests: int = 5
    latency_factor: float = 3.0
    latency_minimum_increase_ms: float = 50.0
    baseline_weight: float = 0.1
    baseline_minimum_samples: int = 10
    relearn_after_windows: int = 30
    silence_minimum_windows: int = 10
    rules_only: bool = False
    availability_objective: float = 0.999


class TenantMode(StrEnum):
    """Whether people are told: in shadow all is found and kept, and nobody hears of it."""

    LIVE = "live"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer of this deployment. `entries_per_second` is its quota, None for no limit."""

    tenant_id: str
    name: str
    created_at: datetime
    thresholds: Thresholds = field(default_factory=Thresholds)
    channels: tuple[Channel, ...] = ()
    entries_per_second: int | None = None
    retention_days: int = 7
    mode: TenantMode = TenantMode.LIVE

    @property
    def in_shadow(self) -> bool:
        """Whether nobody is told."""
        return self.mode is TenantMode.SHADOW


@dataclass(frozen=True, slots=True)
class Project:
    """A Google Cloud project and the one tenant to whom the administrator gave it."""

    project_id: str
    tenant_id: str
    approved_at: datetime
