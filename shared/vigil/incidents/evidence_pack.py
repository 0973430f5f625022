"""An evidence pack: what a model is shown of an incident, bounded and redacted."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vigil.incidents.root_cause import precedence
from vigil.model.anomaly import Anomaly, AnomalyType, Evidence
from vigil.model.identity import content_id
from vigil.model.incident import Incident
from vigil.model.instant import instant_as_text
from vigil.model.series import Series
from vigil.model.verdict import cause_caution

MAX_ITEMS = 12
MAX_LINES = 3
MAX_TEXT = 300
_MAX_METRICS = 12
_MAX_STEPS = 24
_MAX_CALLERS = 6

# What readers take for the end of a line as well, and JSON leaves as it is.
_LINE_ENDS = str.maketrans({"\x85": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"})

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """`count` log lines that look like `text`, one of them; `template` is what they share."""

    text: str
    template: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One anomaly as it is shown: E1, E2 and so on within its pack."""

    evidence_id: str
    anomaly_id: str
    service: str
    endpoint: str
    kind: AnomalyType
    seen: str
    confidence: float
    started_at: datetime
    ended_at: datetime
    metrics: dict[str, float]
    callers: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that can be quoted."""
        return (self.seen, *self.logged)

    @property
    def logged(self) -> tuple[str, ...]:
        """What of it was in somebody's log: its names too, as free there as any line."""
        return (self.service, self.endpoint, *(line.text for line in self.lines))


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """What there is to know about an incident, of one tenant only.

    `blamed` is the id of the item that the statistics blame, "" if it is not kept. `steps` are
    what people have written down to look at first. `is_sure` says whether they blame it with enough
    evidence.
    """

    items: tuple[Item, ...]
    blamed: str
    steps: tuple[str, ...]
    is_sure: bool

    @property
    def step_ids(self) -> dict[str, str]:
        """The steps by the ids under which they are shown."""
        return {f"S{number}": step for number, step in enumerate(self.steps, start=1)}

    @property
    def services(self) -> tuple[str, ...]:
        """The services it is about, by name."""
        return tuple(sorted({item.service for item in self.items}))

    def likeness(self) -> str:
        """Return an id that packs share which differ in numbers and times alone.

        So an incident that comes again need not be asked about again (FAULTS D29).
        """
        return content_id("pack", *(part for item in self.items for part in _shape(item)))


def pack_evidence(
    incident: Incident, anomalies: Sequence[Anomaly], *, redact: Redact
) -> EvidencePack:
    """Return the evidence of `incident` among `anomalies`, in an order that follows from content.

    Each text passes `redact` and is then cut. Of more than MAX_ITEMS anomalies the one that is
    blamed is kept, then the first of each series, then the earliest. What belongs to another
    tenant is left out, whoever handed it in (FAULTS G3).
    """
    own = [anomaly for anomaly in anomalies if anomaly.tenant_id == incident.tenant_id]
    chosen = _chosen(own, incident.root_cause.anomaly_id)
    shown = sorted((_item(anomaly, redact) for anomaly in chosen), key=_by_content)
    items = tuple(
        replace(item, evidence_id=f"E{number}") for number, item in enumerate(shown, start=1)
    )
    root_id = incident.root_cause.anomaly_id
    return EvidencePack(
        items=items,
        blamed=next((item.evidence_id for item in items if item.anomaly_id == root_id), ""),
        steps=_steps(chosen),
        is_sure=not cause_caution(incident),
    )


def evidence_as_lines(pack: EvidencePack) -> str:
    """Return the pack as one JSON object a line, so that no text in it can begin a line."""
    return "\n".join(_as_line(_shown(item)) for item in pack.items)


def steps_as_line(pack: EvidencePack) -> str:
    """Return the steps by their ids, as one JSON object on one line."""
    steps = {step_id: step[:MAX_TEXT] for step_id, step in pack.step_ids.items()}
    return _as_line({"steps": steps})


def _as_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)


def _chosen(anomalies: Sequence[Anomaly], root_id: str) -> list[Anomaly]:
    unique = {anomaly.anomaly_id: anomaly for anomaly in anomalies}
    earliest = sorted(unique.values(), key=precedence)
    firsts: dict[Series, str] = {}
    for anomaly in earliest:
        firsts.setdefault(anomaly.series, anomaly.anomaly_id)
    wanted = sorted(
        earliest, key=lambda a: (a.anomaly_id != root_id, firsts[a.series] != a.anomaly_id)
    )
    return wanted[:MAX_ITEMS]


def _steps(chosen: Sequence[Anomaly]) -> tuple[str, ...]:
    steps = {step for anomaly in chosen for step in anomaly.recommended_actions}
    return tuple(sorted(steps))[:_MAX_STEPS]


def _item(anomaly: Anomaly, redact: Redact) -> Item:
    def text(value: str) -> str:
        return redact(value)[:MAX_TEXT]

    return Item(
        evidence_id="",
        anomaly_id=anomaly.anomaly_id,
        service=text(anomaly.service),
        endpoint=text(anomaly.endpoint),
        kind=anomaly.anomaly_type,
        seen=text(anomaly.description),
        confidence=anomaly.confidence,
        started_at=anomaly.started_at,
        ended_at=anomaly.detected_at,
        metrics={text(k): v for k, v in sorted(anomaly.metrics.items())[:_MAX_METRICS]},
        callers=tuple(text(_name(caller)) for caller in sorted(anomaly.callers)[:_MAX_CALLERS]),
        lines=tuple(_line(seen, text) for seen in anomaly.evidence[:MAX_LINES]),
    )


def _line(seen: Evidence, text: Redact) -> Line:
    return Line(
        text=text(seen.exemplar),
        template=text(seen.template),
        count=seen.count,
        first_at=seen.first_seen_at,
        last_at=seen.last_seen_at,
    )


def _shape(item: Item) -> Iterator[object]:
    """Yield what an item is about, without its numbers and times."""
    templates = sorted(line.template for line in item.lines)
    yield from (item.service, item.endpoint, item.kind.value, len(templates), *templates)


def _by_content(item: Item) -> tuple[list[str], datetime, str]:
    return [str(part) for part in _shape(item)], item.started_at, item.anomaly_id


def _shown(item: Item) -> dict[str, object]:
    return {
        "id": item.evidence_id,
        "service": item.service,
        "endpoint": item.endpoint,
        "type": item.kind.value,
        "seen": item.seen,
        "first": instant_as_text(item.started_at),
        "last": instant_as_text(item.ended_at),
        "metrics": item.metrics,
        "called_by": list(item.callers),
        "lines": [
            {
                "count": line.count,
                "example": line.text,
                "first": instant_as_text(line.first_at),
                "last": instant_as_text(line.last_at),
            }
            for line in item.lines
        ],
    }


def _name(series: Series) -> str:
    return f"{series.service} {series.endpoint}".strip()
