"""The declared queries of the contract for documents, one for each thing that a query can do."""

from vigil.ports import DeclaredQuery, Operator

OPEN_BY_START = DeclaredQuery(
    "open incidents by start", "incidents", equal=("status",), order_by="started_at"
)
NEWEST_FIRST = DeclaredQuery(
    "newest incidents", "incidents", order_by="started_at", descending=True
)
OF_SERVICE_SINCE = DeclaredQuery(
    "incidents of a service since",
    "incidents",
    equal=("status", "service"),
    order_by="started_at",
    operator=Operator.AT_LEAST,
)
NEWEST_UNTIL = DeclaredQuery(
    "newest incidents until",
    "incidents",
    order_by="started_at",
    descending=True,
    operator=Operator.AT_MOST,
)
BY_PATH = DeclaredQuery("all incidents", "incidents")
OF_RANK = DeclaredQuery("incidents of a rank", "incidents", equal=("rank",))
RANK_UP_TO = DeclaredQuery(
    "incidents up to a rank", "incidents", order_by="rank", operator=Operator.AT_MOST
)
RANK_FROM = DeclaredQuery(
    "incidents from a rank", "incidents", order_by="rank", operator=Operator.AT_LEAST
)
DUE = DeclaredQuery(
    "due notifications",
    "outbox",
    equal=("status",),
    order_by="due_at",
    operator=Operator.AT_MOST,
    across_tenants=True,
)
EVERYWHERE = DeclaredQuery("all of the outbox", "outbox", across_tenants=True)
TENANTS = DeclaredQuery("tenants by name", "tenants", order_by="name")

QUERIES = (
    OPEN_BY_START,
    NEWEST_FIRST,
    OF_SERVICE_SINCE,
    NEWEST_UNTIL,
    BY_PATH,
    OF_RANK,
    RANK_UP_TO,
    RANK_FROM,
    DUE,
    EVERYWHERE,
    TENANTS,
)
