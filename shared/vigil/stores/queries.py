"""Every query that Vigil asks, declared once; an index serves each of them."""

from vigil.ports import DeclaredQuery, Operator

PENDING_ANOMALIES = DeclaredQuery(
    "pending_anomalies", "anomalies", equal=("incident_id",), order_by="detected_at"
)
ANOMALIES_OF_INCIDENT = DeclaredQuery(
    "anomalies_of_incident",
    "anomalies",
    equal=("incident_id",),
    order_by="detected_at",
    descending=True,
    operator=Operator.AT_LEAST,
)
ANOMALIES = DeclaredQuery("anomalies", "anomalies", order_by="detected_at", descending=True)
ANOMALIES_BY_SERVICE = DeclaredQuery(
    "anomalies_by_service",
    "anomalies",
    equal=("service",),
    order_by="detected_at",
    descending=True,
)
ANOMALIES_BY_SEVERITY = DeclaredQuery(
    "anomalies_by_severity",
    "anomalies",
    equal=("severity",),
    order_by="detected_at",
    descending=True,
)
ANOMALIES_BY_SERVICE_AND_SEVERITY = DeclaredQuery(
    "anomalies_by_service_and_severity",
    "anomalies",
    equal=("service", "severity"),
    order_by="detected_at",
    descending=True,
)
INCIDENTS_BY_STATUS = DeclaredQuery(
    "incidents_by_status",
    "incidents",
    equal=("status",),
    order_by="first_detected_at",
    descending=True,
)
INCIDENTS_RESOLVED_SINCE = DeclaredQuery(
    "incidents_resolved_since",
    "incidents",
    equal=("status",),
    order_by="resolved_at",
    operator=Operator.AT_LEAST,
)
INCIDENTS = DeclaredQuery("incidents", "incidents", order_by="first_detected_at", descending=True)
ALERTS_BY_STATUS = DeclaredQuery(
    "alerts_by_status", "alerts", equal=("status",), order_by="created_at", descending=True
)
ALERTS = DeclaredQuery("alerts", "alerts", order_by="created_at", descending=True)
ALERT_HISTORY = DeclaredQuery("alert_history", "history", order_by="revision")
NOTIFICATIONS_OF_ALERT = DeclaredQuery(
    "notifications_of_alert", "notifications", equal=("alert_id",), order_by="created_at"
)
NOTIFICATIONS = DeclaredQuery("notifications", "notifications", order_by="created_at")
DUE_NOTIFICATIONS = DeclaredQuery(
    "due_notifications",
    "outbox",
    order_by="due_at",
    operator=Operator.AT_MOST,
    across_tenants=True,
)
DUE_EVENTS = DeclaredQuery(
    "due_events", "events", order_by="occurred_at", operator=Operator.AT_MOST, across_tenants=True
)
SERVICES = DeclaredQuery("services", "baselines", order_by="service")
DELTAS = DeclaredQuery("deltas", "deltas", equal=("service_id",), order_by="created_at")
CHANGES_UNTIL = DeclaredQuery(
    "changes_until", "changes", order_by="at", descending=True, operator=Operator.AT_MOST
)
TRAFFIC_SINCE = DeclaredQuery("traffic_since", "traffic", order_by="at", operator=Operator.AT_LEAST)
STREAMS_BY_STATUS = DeclaredQuery(
    "streams_by_status", "streams", equal=("status",), order_by="created_at"
)
USAGE = DeclaredQuery("usage", "usage", order_by="day")
TENANTS = DeclaredQuery("tenants", "tenants", order_by="name")
PROJECTS = DeclaredQuery("projects", "projects", equal=("tenant_id",), order_by="approved_at")
API_KEYS = DeclaredQuery("api_keys", "api_keys", order_by="created_at")
PLATFORM_EXPIRED = DeclaredQuery(
    "expired_quarantine", "quarantine", order_by="expires_at", operator=Operator.AT_MOST
)

# Deleted once `expires_at` has passed; in Firestore a TTL policy does the same on each of them.
EXPIRING = (
    "alerts",
    "analyses",
    "anomalies",
    "baselines",
    "changes",
    "deltas",
    "feedback",
    "groups",
    "history",
    "incidents",
    "inquiries",
    "ledger",
    "notifications",
    "seen",
    "traffic",
    "usage",
)
EXPIRED = {
    name: DeclaredQuery(
        f"expired_{name}",
        name,
        order_by="expires_at",
        operator=Operator.AT_MOST,
        across_tenants=True,
    )
    for name in EXPIRING
}
# The same of one tenant, for what it may have deleted before its time.
EXPIRED_OF_TENANT = {
    name: DeclaredQuery(
        f"expired_{name}_of_tenant", name, order_by="expires_at", operator=Operator.AT_MOST
    )
    for name in ("alerts", "analyses", "anomalies", "feedback", "incidents")
}

DECLARED = (
    PENDING_ANOMALIES,
    ANOMALIES_OF_INCIDENT,
    ANOMALIES,
    ANOMALIES_BY_SERVICE,
    ANOMALIES_BY_SEVERITY,
    ANOMALIES_BY_SERVICE_AND_SEVERITY,
    INCIDENTS_BY_STATUS,
    INCIDENTS_RESOLVED_SINCE,
    INCIDENTS,
    ALERTS_BY_STATUS,
    ALERTS,
    ALERT_HISTORY,
    NOTIFICATIONS_OF_ALERT,
    NOTIFICATIONS,
    DUE_NOTIFICATIONS,
    DUE_EVENTS,
    SERVICES,
    DELTAS,
    CHANGES_UNTIL,
    TRAFFIC_SINCE,
    STREAMS_BY_STATUS,
    USAGE,
    TENANTS,
    PROJECTS,
    API_KEYS,
    PLATFORM_EXPIRED,
    *EXPIRED.values(),
    *EXPIRED_OF_TENANT.values(),
)
