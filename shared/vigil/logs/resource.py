"""Where an entry comes from: its project, its log and its service."""

from functools import lru_cache
from urllib.parse import unquote

from vigil.logs.fields import NAME_LIMIT, NAME_READ_LIMIT, Fields, first_text, object_at
from vigil.logs.redaction import redact_name

_CACHED_LENGTH = 512
POD_TYPES = ("k8s_container", "k8s_pod")
POD_LABELS = ("k8s-pod/app", "k8s-pod/app_kubernetes_io/name")
BY_RESOURCE_TYPE = {
    "cloud_run_revision": ("service_name",),
    "cloud_run_job": ("job_name",),
    "cloud_function": ("function_name",),
    "k8s_container": ("container_name",),
    "k8s_pod": ("pod_name",),
    "gae_app": ("module_id",),
}


def origin_of(fields: Fields, payload: Fields) -> tuple[str, str, str]:
    """Return the project, the log's id and the service, each "" if unknown.

    The project of `logName` wins, because Cloud Logging sets it; a label only speaks where logName
    names none.
    """
    log_name = fields.get("logName")
    project_id, log_id = parse_log_name(log_name) if isinstance(log_name, str) else ("", "")
    resource = object_at(fields, "resource")
    labels = object_at(resource, "labels")
    if not project_id:
        project_id = first_text(labels, ("project_id",), NAME_LIMIT)
    service = _resource_service(resource, labels, fields) or _claimed_service(fields, payload)
    return project_id, log_id, redact_name(service) or log_id


def parse_log_name(log_name: str) -> tuple[str, str]:
    """Return project and log id of `projects/P/logs/L`; other parents have the project "".

    >>> parse_log_name("projects/shop/logs/run.googleapis.com%2Frequests")
    ('shop', 'run.googleapis.com/requests')
    >>> parse_log_name("folders/12/logs/syslog")
    ('', 'syslog')
    """
    return _cached_log_name(log_name) if len(log_name) <= _CACHED_LENGTH else _log_name(log_name)


def _log_name(log_name: str) -> tuple[str, str]:
    parent, found, log_id = log_name.partition("/logs/")
    kind, _, project_id = parent.partition("/")
    if not found:
        return "", redact_name(log_name[:NAME_READ_LIMIT])
    name = unquote(log_id[: 3 * NAME_READ_LIMIT]).replace("\0", "")[:NAME_READ_LIMIT]
    return (project_id[:NAME_LIMIT] if kind == "projects" else ""), redact_name(name)


_cached_log_name = lru_cache(maxsize=4096)(_log_name)


def _resource_service(resource: Fields, labels: Fields, fields: Fields) -> str:
    kind = resource.get("type")
    names = BY_RESOURCE_TYPE.get(kind, ()) if isinstance(kind, str) else ()
    if names and kind in POD_TYPES:
        pod = first_text(object_at(fields, "labels"), POD_LABELS)
        return pod or first_text(labels, names)
    return first_text(labels, names)


def _claimed_service(fields: Fields, payload: Fields) -> str:
    return (
        first_text(object_at(payload, "serviceContext"), ("service",))
        or first_text(object_at(fields, "serviceContext"), ("service",))
        or first_text(payload, ("service", "service.name"))
        or first_text(object_at(fields, "labels"), ("service",))
        or first_text(object_at(fields, "protoPayload"), ("serviceName",))
    )
