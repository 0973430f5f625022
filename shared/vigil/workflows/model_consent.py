"""Whether a tenant lets a model look at an incident."""

from vigil.model.incident import Incident
from vigil.model.stream import Stream, StreamStatus
from vigil.stores.queries import STREAMS_BY_STATUS
from vigil.stores.tenant_store import TenantStore


def may_ask(store: TenantStore, incident: Incident) -> bool:
    """Whether each service that `incident` affects is in streams, and all of these say yes.

    A tenant without streams has not been asked and does not mind. `enable_gemini_analysis=false`
    means never: one service without a stream that says otherwise, or with one that says so, keeps
    the whole incident from the model, since what is shown of the others tells of it too. Who has
    stopped all streams is taken at their last word.
    """
    streams = _said(store, wanted=True) or _said(store, wanted=False)
    services = {series.service for series in incident.affected}
    return not streams or all(_all_let(streams, service) for service in services)


def _said(store: TenantStore, *, wanted: bool) -> list[Stream]:
    return [
        stored.value
        for status in StreamStatus
        if status.is_wanted is wanted
        for stored in store.streams.query(STREAMS_BY_STATUS, equal={"status": status.value})
    ]


def _all_let(streams: list[Stream], service: str) -> bool:
    said = [
        stream.config.enable_gemini_analysis
        for stream in streams
        if not stream.config.services or service in stream.config.services
    ]
    return bool(said) and all(said)
