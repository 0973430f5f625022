"""What came of a backtest as one JSON object; the README describes it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from vigil.local.backtest.comparison import Match, compare, count
from vigil.local.backtest.run import Result, Run
from vigil.local.backtest.spells import Spell, by_type

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def as_json(result: Result, seconds: float) -> str:
    """Return a result that took so many `seconds` as one line."""
    content: dict[str, Any] = {
        "received": result.received,
        "duplicate": result.duplicate,
        "invalid": result.invalid,
        "first_at": _instant(result.first_at),
        "last_at": _instant(result.last_at),
        "seconds": round(seconds, 3),
        "entries_per_second": round(result.received / seconds, 1) if seconds else 0.0,
        "configurations": [_run(run) for run in result.runs],
        "comparison": _comparison(compare(*result.runs)) if len(result.runs) > 1 else None,
    }
    return orjson.dumps(content).decode()


def spell_as_json(spell: Spell) -> dict[str, Any]:
    """Return a finding as plain values."""
    return {
        "service": spell.series.service,
        "endpoint": spell.series.endpoint,
        "type": spell.anomaly_type.value,
        "severity": spell.severity.value,
        "confidence": spell.confidence,
        "description": spell.description,
        "example": spell.example,
        "started_at": _instant(spell.started_at),
        "told_at": _instant(spell.told_at),
        "ended_at": _instant(spell.ended_at),
        "windows": spell.windows,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": run.configuration.name,
        "changed": run.configuration.changed,
        "late": run.late,
        "series": len(run.traces.series) + run.traces.left_out,
        "learning": run.learning,
        "ready": _ready(run),
        "covered_hours": round(run.covered / _HOUR, 3),
        "anomalies": run.anomalies,
        "findings": run.count,
        "findings_per_day": _rounded(run.each(_DAY)),
        "findings_per_hour": _rounded(run.each(_HOUR)),
        "by_day": run.by_day,
        "by_type": by_type(run.spells),
        "found": [spell_as_json(spell) for spell in run.spells],
    }


def _ready(run: Run) -> dict[str, dict[str, int]]:
    return {each.value: {"ready": ready, "of": of} for each, (ready, of) in run.ready.items()}


def _comparison(matches: Sequence[Match]) -> dict[str, Any]:
    numbers: dict[str, Any] = {side.value: number for side, number in count(matches).items()}
    numbers["found"] = [
        {
            "side": match.side.value,
            "a": [spell_as_json(spell) for spell in match.a],
            "b": [spell_as_json(spell) for spell in match.b],
            "b_earlier_seconds": None if match.earlier is None else match.earlier.total_seconds(),
        }
        for match in matches
    ]
    return numbers


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
