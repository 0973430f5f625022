"""The errors of Vigil; their family says what to do.

VigilError
├── PermanentError            retrying cannot help: record it, set it aside, acknowledge
│   ├── InvalidLogEntry       an entry that cannot be read
│   ├── InvalidRequest        a caller's mistake, told to the caller
│   ├── InvalidSettings       the environment's mistake, told to the operator
│   ├── CloudRefused          Google Cloud will not do it; the text says what to do about that
│   ├── UndeclaredQuery       a query that no index serves
│   └── NotificationRejected  the receiver will never take it
│       └── CredentialRefused what we are known by is not, or no longer, right
└── TransientError            retrying may help: let the message be redelivered
    ├── PreconditionFailed    somebody else wrote first
    └── NotificationFailed    the receiver did not take it this time
"""

from datetime import timedelta


class VigilError(Exception):
    """Anything that Vigil raises on purpose."""


class PermanentError(VigilError):
    """Retrying cannot help: record it, set it aside, acknowledge."""


class TransientError(VigilError):
    """Retrying may help: let the message be redelivered."""


class InvalidLogEntry(PermanentError):
    """An entry that cannot be read.

    `reason` is one short word group from a fixed list, safe to log and to count by: it never quotes
    the entry.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidRequest(PermanentError):
    """A caller's mistake; the text says what to do about it."""


class InvalidSettings(PermanentError):
    """Settings that cannot be worked with; the text names every one of them."""


class CloudRefused(PermanentError):
    """Google Cloud will not do what was asked for.

    The text says what to do about it, and is told to the caller: it quotes nothing that Google
    said.
    """


class UndeclaredQuery(PermanentError):
    """A query that is not in the table of declared queries, so no index would serve it."""


class NotificationRejected(PermanentError):
    """The receiver will never take this notification: a wrong address, a revoked credential."""


class CredentialRefused(NotificationRejected):
    """The receiver does not know the address or the key: one that was changed meanwhile may do."""


class PreconditionFailed(TransientError):
    """Somebody else wrote first; nothing of this commit was written."""


class NotificationFailed(TransientError):
    """The receiver did not take the notification this time.

    `retry_after` is what the receiver asked for, if it did.
    """

    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
