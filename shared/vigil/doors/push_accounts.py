"""Who may push to a function, by its settings."""

from collections.abc import Iterable, Mapping

from vigil.adapters.google_signatures import GoogleSignatures
from vigil.adapters.push_identity import Anybody, PushIdentity, TokenIdentity
from vigil.doors.clock import utc_now
from vigil.errors import InvalidSettings
from vigil.settings import Settings, require

_EMULATORS = ("FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST")


def push_identity(
    settings: Settings, environ: Mapping[str, str], *, needs: Iterable[str] = ()
) -> PushIdentity:
    """Return who knows the callers of a function that works in a project.

    Raises InvalidSettings for a door that would let everybody in anywhere but beside the emulators,
    and, naming all that is missing at once, for one without a project, without callers, or without
    what else it `needs`.
    """
    callers = () if settings.push_identity == "none" else ("push_audience", "push_accounts")
    require(settings, ("project", *needs, *callers))
    if settings.push_identity == "none":
        if not all(environ.get(name) for name in _EMULATORS):
            raise InvalidSettings(
                "VIGIL_PUSH_IDENTITY=none lets everybody in, so nothing behind it may be real:"
                f" it needs {' and '.join(_EMULATORS)}"
            )
        return Anybody()
    return TokenIdentity(
        audience=settings.push_audience or "",
        accounts=settings.push_accounts,
        clock=utc_now,
        signatures=GoogleSignatures(utc_now) if settings.push_identity == "verified" else None,
    )
