"""Whether a tenant lets a model look at an incident."""

from vigil.model.incident import Incident
from vigil.model.stream import Stream, StreamStatus
from vigil.stores.queries import STREAMS_BY_STATUS
from vigil.stores.tenant_store import TenantStore


def may_ask(store: TenantStore, incident: Incident) -> bool:
    """Whether each service that `incident` affects is in a stream that lets a model look.

    A tenant without streams has not been asked and does not mind. `enable_gemini_analysis=false`
    means never: one service without a stream that says otherwise keeps the whole incident from the
    model, since what is shown of the others tells of it too.
    """
    streams = [
        stored.value
        for status in StreamStatus
        if status.is_wanted
        for stored in store.streams.query(STREAMS_BY_STATUS, equal={"status": status.value})
    ]
    willing = [stream for stream in streams if stream.config.enable_gemini_analysis]
    services = {series.service for series in incident.affected}
    return not streams or all(_cover(willing, service) for service in services)


def _cover(streams: list[Stream], service: str) -> bool:
    return any(not s.config.services or service in s.config.services for s in streams)
