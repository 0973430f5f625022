"""What Cloud Run is asked for: time in which instances hold requests, and requests.

An instance is billed while it holds at least one request, whatever their number, and not for each.
"""

import math
from dataclasses import dataclass, replace

from infra.cost.figures import MONTH_DAYS, MONTH_SECONDS, Figures
from infra.cost.price_list import times, total
from infra.cost.storing import Scene

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Work:
    """Requests a second to one function, how long each is held, and the CPU that it takes."""

    requests: float
    held_seconds: float
    cpu_seconds: float = 0.0

    @property
    def held(self) -> float:
        """How many are held at one time, on average."""
        return self.requests * self.held_seconds


def detect_anomalies(scene: Scene) -> list[Work]:
    """Return its work: batches, ticks and heartbeats."""
    figures, load, found = scene.figures, scene.load, scene.detecting
    batches = scene.batches.batches * load.tenants
    in_batch = found.parts / scene.batches.batches if batches else 0.0
    waits = found.waiting_batches / scene.batches.batches if batches else 0.0
    held = (1 + in_batch) * figures["call_seconds"] + waits * figures["wait_seconds"]
    cpu = (
        figures["batch_cpu_seconds"]
        + in_batch * figures["part_cpu_seconds"]
        + scene.batches.entries * figures["entry_cpu_seconds"]
        + (found.waiting * load.tenants / batches if batches else 0.0)
        * figures["waiting_cpu_seconds"]
    )
    minutely = 1 / figures["tick_seconds"]
    return [
        Work(batches, held, cpu),
        Work(minutely, tick_seconds(scene)),
        Work(minutely, figures["heartbeat_calls"] / 3 * figures["call_seconds"]),
    ]


def tick_seconds(scene: Scene) -> float:
    """Return how long a tick takes: eight tenants side by side, their services in turn."""
    figures, load = scene.figures, scene.load
    rounds = math.ceil(load.tenants / figures["tenants_at_once"])
    calls = figures["judging_calls"] + 2 * scene.detecting.active
    return (rounds * calls + figures["heartbeat_calls"]) * figures["call_seconds"]


def manage_alerts(scene: Scene) -> list[Work]:
    """Return its work: ticks, which take the tenants in turn, and anomalies."""
    figures, load = scene.figures, scene.load
    calls = figures["correlating_calls"] * load.tenants + figures["delivering_reads"]
    anomalies = load.tenants * figures["anomaly_events"] / _DAY if load.entries else 0.0
    return [
        Work(1 / figures["tick_seconds"], calls * figures["call_seconds"]),
        Work(anomalies, figures["anomaly_seconds"]),
    ]


def instances(name: str, work: list[Work], figures: Figures) -> int:
    """Return how many instances the autoscaler keeps for the mean load."""
    function, target = figures.functions[name], figures["concurrency_target"]
    cpu = sum(each.requests * each.cpu_seconds for each in work) / function.cpus
    held = sum(each.held for each in work) / function.concurrency
    return max(1, math.ceil(max(cpu, held) / target))


def billed(name: str, work: list[Work], figures: Figures) -> float:
    """Return for how many seconds of instances a second costs.

    Requests come by chance, so nothing is held in exp(-held) of the time; the beginning of each
    busy time is rounded up.
    """
    held = sum(each.held for each in work)
    idle = math.exp(-held)
    begun = idle * sum(each.requests for each in work)
    busy = min(1.0, 1 - idle + begun * figures["billed_step_seconds"] / 2)
    return busy * instances(name, work, figures)


def running(scene: Scene) -> dict[str, float]:
    """Return what all functions take of Cloud Run in a month."""
    figures = scene.figures
    detect, manage = detect_anomalies(scene), manage_alerts(scene)
    seconds = billed("detect_anomalies", detect, figures) + billed("manage_alerts", manage, figures)
    count = sum(each.requests for each in (*detect, *manage))
    each_second = total(_by_request(seconds, count, figures), batch_logs(scene))
    return total(times(each_second, MONTH_SECONDS), times(_people(scene), MONTH_DAYS))


def requests(scene: Scene) -> float:
    """Return how many requests all functions answer in a month, however they are billed."""
    billed_by_request = replace(scene, figures=scene.figures.with_(always_on=0))
    return running(billed_by_request)["run.requests"]


def batch_logs(scene: Scene) -> dict[str, float]:
    """Return what batch_logs takes in a second: entries, and a heartbeat a minute."""
    figures, minutely = scene.figures, 1 / scene.figures["tick_seconds"]
    if figures["always_on"]:
        count = scene.batches.instances
        memory = figures.functions["batch_logs"].memory_gib
        return {"run.always_cpu": count, "run.always_memory": count * memory}
    # A heartbeat wakes it for the shortest time that is billed.
    busy = max(scene.batches.billed_seconds, minutely * figures["billed_step_seconds"])
    idle = max(0.0, figures["idle_instances"] - busy)
    taken = _by_request(busy, scene.load.per_second + minutely, figures)
    return total(
        taken, {"run.idle_cpu": idle, "run.memory": idle / 2} if figures["idle_instances"] else {}
    )


def _by_request(seconds: float, count: float, figures: Figures) -> dict[str, float]:
    memory = figures.functions["batch_logs"].memory_gib
    return {"run.cpu": seconds, "run.memory": seconds * memory, "run.requests": count}


def _people(scene: Scene) -> dict[str, float]:
    """Return what people and what follows from anomalies ask of the other functions, a day."""
    figures = scene.figures
    count = figures["api_requests"] + figures["anomaly_events"]
    of_tenant = _by_request(count * 2 * figures["billed_step_seconds"], count, figures)
    return times(of_tenant, scene.load.tenants if scene.load.entries else 0)
