"""All workflows of one deployment, put together over the adapters that they are given."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vigil.logs.log_entry import LogEntry
from vigil.ports import Analyst, Clock, Documents, Notifier, Publisher
from vigil.stores.registry import Registry
from vigil.workflows.alert_actions import AlertActions
from vigil.workflows.analyze_incidents import AnalyzeIncidents
from vigil.workflows.batch_logs import BatchLogs, Limits
from vigil.workflows.cleanup import Cleanup
from vigil.workflows.correlate_anomalies import CorrelateAnomalies
from vigil.workflows.dead_letters import DeadLetterAccounts
from vigil.workflows.detect_anomalies import DetectAnomalies
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.incident_actions import IncidentActions
from vigil.workflows.intake import Intake
from vigil.workflows.manage_alerts import ManageAlerts
from vigil.workflows.receive_alerts import ReceiveAlerts
from vigil.workflows.send_notifications import SendNotifications
from vigil.workflows.service_detection import Sleep
from vigil.workflows.service_pace import Pace
from vigil.workflows.take_received_alerts import TakeReceivedAlerts


@dataclass(frozen=True, slots=True)
class Parts:
    """What the workflows need of the outside world.

    `pace` says how often the store takes a write of one service: Firestore about once a second.
    """

    documents: Documents
    publisher: Publisher
    registry: Registry
    clock: Clock
    analyst: Analyst
    notifiers: Iterable[Notifier]
    public_url: str
    is_own: Callable[[LogEntry], bool]
    limits: Limits
    pace: Pace = field(default_factory=Pace)
    sleep: Sleep = time.sleep


@dataclass(frozen=True, slots=True)
class Workflows:
    """The workflows of one deployment."""

    batch_logs: BatchLogs
    detect_anomalies: DetectAnomalies
    manage_alerts: ManageAlerts
    analyze_incidents: AnalyzeIncidents
    receive_alerts: ReceiveAlerts
    cleanup: Cleanup
    alert_actions: AlertActions
    incident_actions: IncidentActions
    dead_letters: DeadLetterAccounts


def assemble(parts: Parts) -> Workflows:
    """Return the workflows over `parts`."""
    documents, registry, clock = parts.documents, parts.registry, parts.clock
    events = EventOutbox(documents=documents, publisher=parts.publisher, clock=clock)
    return Workflows(
        batch_logs=BatchLogs(
            intake=Intake(registry, clock, parts.is_own),
            documents=documents,
            publisher=parts.publisher,
            clock=clock,
            limits=parts.limits,
        ),
        detect_anomalies=DetectAnomalies(
            documents=documents,
            events=events,
            registry=registry,
            clock=clock,
            pace=parts.pace,
            sleep=parts.sleep,
        ),
        manage_alerts=ManageAlerts(
            documents=documents,
            registry=registry,
            correlate=CorrelateAnomalies(documents=documents, events=events, clock=clock),
            take=TakeReceivedAlerts(documents=documents, events=events, clock=clock),
            send=SendNotifications(
                documents=documents,
                registry=registry,
                notifiers=parts.notifiers,
                clock=clock,
                public_url=parts.public_url,
            ),
            events=events,
            clock=clock,
        ),
        analyze_incidents=AnalyzeIncidents(
            documents=documents,
            registry=registry,
            analyst=parts.analyst,
            events=events,
            clock=clock,
        ),
        receive_alerts=ReceiveAlerts(
            documents=documents, registry=registry, publisher=parts.publisher, clock=clock
        ),
        cleanup=Cleanup(documents=documents, clock=clock),
        alert_actions=AlertActions(
            documents=documents, events=events, registry=registry, clock=clock
        ),
        incident_actions=IncidentActions(
            documents=documents, events=events, registry=registry, clock=clock
        ),
        dead_letters=DeadLetterAccounts(documents=documents, registry=registry, clock=clock),
    )
