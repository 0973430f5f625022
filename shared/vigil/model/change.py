"""A change: something that people or programs did to a service, and that may have broken it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """What was changed."""

    REVISION = "revision"
    DEPLOYMENT = "deployment"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of `service` ("" for one that is not of a single service), first seen at `at`.

    `what` says it in a few redacted words: "revision cart-00042", "SetIamPolicy on bucket b".
    """

    change_id: str
    tenant_id: str
    kind: ChangeKind
    service: str
    what: str
    at: datetime
