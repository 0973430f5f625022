"""How large the documents are in which a service's state is kept, after days of learning."""

import random
from dataclasses import replace

from vigil.detection.detect import advance
from vigil.detection.event_time import SECOND_US, instant_of
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import doubled
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window, template_key
from vigil.model.duration_sketch import duration_bucket
from vigil.model.series import Series
from vigil.model.tenant import Thresholds
from vigil.stores.detector_states import STATE_LIMIT_BYTES

ENDPOINTS = 200
TEMPLATES = 500
_DAY = 86_400
_BEGIN = 1_772_409_600 // _DAY * _DAY
# Days are learned in steps of ten minutes, their end by the minute.
_STEP, _MINUTE = 600, 60
_BY_THE_MINUTE = 7200
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_THRESHOLDS = Thresholds()


def largest_documents(days: int) -> dict[str, int]:
    """Return how many shards a busy service has after `days`, and the bytes of the largest ones."""
    end = _BEGIN + days * _DAY
    starts = [
        *range(_BEGIN, end - _BY_THE_MINUTE, _STEP),
        *range(end - _BY_THE_MINUTE, end, _MINUTE),
    ]
    chosen = random.Random("state")
    state = ServiceState("shop")
    for start in starts:
        state = replace(state, windows={start: _series(chosen, start)})
        state = _judged(state, start + _MINUTE)
    open_windows = {start: _series(chosen, start) for start in (end, end + _MINUTE)}
    shards = [replace(state, windows=open_windows)]
    while max([len(shard.to_bytes()) for shard in shards]) > STATE_LIMIT_BYTES:
        shards = list(doubled(shards).values())
    return {
        "endpoints": ENDPOINTS,
        "templates": len(state.learning.templates["templates"]),
        "shards": len(shards),
        "largest_bytes": max([len(shard.to_bytes()) for shard in shards]),
        "learned_bytes": len(state.learning.to_bytes()),
    }


def _judged(state: ServiceState, at: int) -> ServiceState:
    moved = advance(
        state,
        instant_of(at * SECOND_US),
        tenant_id="measured",
        thresholds=_THRESHOLDS,
        heard=frozenset(state.heard),
    )
    return moved.state


def _series(chosen: random.Random, start: int) -> dict[str, Window]:
    windows = {
        f"GET /api/v1/{_word(number)}": _window(chosen, start, number, 200)
        for number in range(ENDPOINTS - 1)
    }
    return {**windows, "": _window(chosen, start, ENDPOINTS - 1, None)}


def _window(chosen: random.Random, start: int, number: int, status: int | None) -> Window:
    count = 1 + int(chosen.expovariate(1.0) * 6000 / (number + 10))
    failed = sum([chosen.random() < 0.01 for _ in range(min(count, 100))])
    latencies = [int(1e6 * chosen.lognormvariate(-3, 0.5)) for _ in range(min(count, 100))]
    first_us, last_us = start * SECOND_US, (start + _MINUTE) * SECOND_US - 1
    return Window(
        count,
        failed,
        count if status else 0,
        failed if status else 0,
        len(latencies) if status else 0,
        sum(latencies) if status else 0,
        first_us=first_us,
        last_us=last_us,
        first_failed_us=first_us + _MINUTE if failed else None,
        latencies={duration_bucket(each): (1, first_us) for each in latencies} if status else {},
        templates=_templates(chosen, start, number, failed),
        failing_traces=tuple([f"{chosen.getrandbits(128):032x}" for _ in range(min(failed, 16))]),
        slowest=tuple([(each, f"{chosen.getrandbits(128):032x}") for each in latencies[:8]]),
        callers=(Series("shop-web", f"GET /{_word(number % 20)}"),),
    )


def _templates(
    chosen: random.Random, start: int, number: int, failed: int
) -> dict[str, TemplateCount]:
    """Return two or three lines of an endpoint, and a hundred of what lies outside of them."""
    own = range(number, TEMPLATES, ENDPOINTS) if number < ENDPOINTS - 1 else range(100)
    counts: dict[str, TemplateCount] = {}
    for form in own:
        text = f"could not {_word(form)} the {_word(form * 7)} of {_word(form * 31)} after <*> ms"
        telling = failed > 0 and chosen.random() < 0.5
        digest = f"{chosen.getrandbits(64):016x}" if telling else ""
        exemplar = text.replace("<*>", str(chosen.randrange(10_000))) if telling else ""
        counts[template_key(text, telling=telling)] = TemplateCount(
            text,
            1 + chosen.randrange(50),
            int(telling),
            start * SECOND_US + chosen.randrange(30 * SECOND_US),
            (start + 30) * SECOND_US + chosen.randrange(30 * SECOND_US),
            digest,
            exemplar,
            f"{chosen.getrandbits(128):032x}" if telling else None,
        )
    return counts


def _word(number: int) -> str:
    """Return a word for a number, without digits, the same each time."""
    return "".join(random.Random(f"word {number}").choices(_LETTERS, k=8))
