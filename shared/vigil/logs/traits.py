"""What an entry says of where it ran, who used it, and which administrator's call it tells of."""

from functools import lru_cache

from vigil.logs.fields import Fields, first_text, object_at
from vigil.logs.redaction import redact_name

# Names of traits. AUDIT_METHOD and AUDIT_TARGET are those of an audit entry alone.
REVISION, VERSION, ZONE = "revision", "version", "zone"
AUDIT_METHOD, AUDIT_TARGET = "audit_method", "audit_target"

Trait = tuple[str, str]

_USER_LIMIT = 200
# Of a value; what is longer names no version and no place.
_VALUE_LIMIT = 80
_NOTHING: Fields = {}
_RESOURCE_REVISIONS = ("revision_name", "version_id")
_RESOURCE_ZONES = ("zone", "location", "region")
_POD_REVISIONS = ("k8s-pod/pod-template-hash", "pod-template-hash")
_POD_VERSIONS = ("k8s-pod/app_kubernetes_io/version", "app.kubernetes.io/version")
_PAYLOAD_VERSIONS = ("version", "service.version")
_PAYLOAD_ZONES = ("cloud.availability_zone", "cloud.region")
_KNOWN_FIELDS = frozenset({"serviceContext", *_PAYLOAD_VERSIONS, *_PAYLOAD_ZONES})
_USERS = (
    *("user_id", "userId", "customer_id", "customerId", "enduser.id", "user.id", "user"),
    *("username", "account_id", "accountId"),
)
_CUSTOMERS = (
    *("customer_id", "customerId", "tenant_id", "tenantId", "organization_id", "organizationId"),
    *("org_id", "orgId", "account_id", "accountId"),
)
_NAMING_FIELDS = frozenset({*_USERS, *_CUSTOMERS})
_KNOWN_LABELS = _NAMING_FIELDS.union(_POD_REVISIONS, _POD_VERSIONS)


def known_labels(fields: Fields) -> Fields:
    """Return an entry's labels if one of them says where it ran or who used it, else {}.

    Most entries have none that does, and one look at all their keys tells so.
    """
    labels = fields.get("labels")
    if isinstance(labels, dict) and not _KNOWN_LABELS.isdisjoint(labels):
        return labels
    return _NOTHING


def traits_of(fields: Fields, payload: Fields, labels: Fields) -> tuple[Trait, ...]:
    """Return names and values, redacted, at most one value of each name.

    `labels` are those of `known_labels`.

    >>> labels = {"revision_name": "cart-00042", "location": "europe-west1"}
    >>> traits_of({"resource": {"labels": labels}}, {"version": "1.4"}, {})
    (('revision', 'cart-00042'), ('version', '1.4'), ('zone', 'europe-west1'))
    """
    if "protoPayload" in fields and "methodName" in object_at(fields, "protoPayload"):
        return _audited(fields, object_at(fields, "protoPayload"), object_at(fields, "operation"))
    revision = zone = version = ""
    if "resource" in fields and (place := _place_of(fields)):
        revision = first_text(place, _RESOURCE_REVISIONS)
        zone = first_text(place, _RESOURCE_ZONES)
    if labels:
        revision = revision or first_text(labels, _POD_REVISIONS)
        version = first_text(labels, _POD_VERSIONS)
    if payload and not (_KNOWN_FIELDS.isdisjoint(payload) and "serviceContext" not in fields):
        version = version or _claimed_version(fields, payload)
        zone = zone or first_text(payload, _PAYLOAD_ZONES)
    # Most entries of a service have the same, and share them.
    return _named(revision, version, zone) if revision or version or zone else ()


def user_of(payload: Fields, labels: Fields) -> str:
    """Return whom an entry names as the user, "" if nobody. It is not to be kept: it is a name.

    >>> user_of({"userId": 17}, {}), user_of({}, {"customer_id": "c-9"})
    ('17', 'c-9')
    """
    return _named_in(payload, _USERS) or _named_in(labels, _USERS)


def customer_of(payload: Fields, labels: Fields) -> str:
    """Return for whom an entry says that it worked, who may have many users; "" for nobody.

    It is not to be kept: it is a name.

    >>> customer_of({"user_id": 17, "org_id": "acme"}, {}), customer_of({"user_id": 17}, {})
    ('acme', '')
    """
    return _named_in(payload, _CUSTOMERS) or _named_in(labels, _CUSTOMERS)


def _place_of(fields: Fields) -> Fields:
    return object_at(object_at(fields, "resource"), "labels")


def _named_in(fields: Fields, names: tuple[str, ...]) -> str:
    # Most entries name nobody, and one look at all keys tells so.
    if _NAMING_FIELDS.isdisjoint(fields):
        return ""
    for name in names:
        value = fields.get(name)
        if value and type(value) in (str, int):
            return str(value)[:_USER_LIMIT]
    return ""


def _claimed_version(fields: Fields, payload: Fields) -> str:
    return (
        first_text(object_at(payload, "serviceContext"), ("version",))
        or first_text(object_at(fields, "serviceContext"), ("version",))
        or first_text(payload, _PAYLOAD_VERSIONS)
    )


@lru_cache(maxsize=4096)
def _named(revision: str, version: str, zone: str) -> tuple[Trait, ...]:
    values = ((REVISION, revision), (VERSION, version), (ZONE, zone))
    return tuple((name, redact_name(value)[:_VALUE_LIMIT]) for name, value in values if value)


def _audited(fields: Fields, proto: Fields, operation: Fields) -> tuple[Trait, ...]:
    # A long operation is told of twice; what it does to others begins with the first.
    if operation.get("last") is True and operation.get("first") is not True:
        return ()
    values = (
        (AUDIT_METHOD, first_text(proto, ("methodName",))),
        (AUDIT_TARGET, first_text(proto, ("resourceName",))),
        (ZONE, first_text(_place_of(fields), _RESOURCE_ZONES)),
    )
    return tuple((name, redact_name(value)) for name, value in values if value)
