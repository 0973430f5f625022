"""A group of received alerts, as a part of an incident."""

from dataclasses import dataclass

from vigil.model.received_alert import AlertSource


@dataclass(frozen=True, slots=True)
class ReceivedGroup:
    """Who has raised a group of alerts, and whether one of them still fires.

    `anomaly_id` is the anomaly that stands for the group, `name` is that of its first alert.
    `services` are those of its alerts in the order in which they began, the first of many.
    """

    anomaly_id: str
    source: AlertSource
    name: str
    services: tuple[str, ...]
    is_firing: bool = True
