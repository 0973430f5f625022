"""What an installation takes by being there, and what its logs come to."""

from infra.cost.figures import GIB, MONTH_DAYS, Figures
from infra.cost.load import Load

_JOBS = 2


def standing(figures: Figures) -> dict[str, float]:
    """Return what does not depend on what comes in."""
    asked = figures["uptime_checks"]
    answering = asked * figures["billed_step_seconds"]
    return {
        "run.cpu": answering,
        "run.memory": answering / 2,
        "run.requests": asked,
        "firestore.reads": asked,
        "scheduler.jobs": _JOBS,
        "secrets.versions": figures["secret_versions"],
        "secrets.accesses": figures["secret_accesses"],
        "registry.storage": figures["images_gb"],
        "storage.objects": figures["bundles_gb"],
        "build.minutes": figures["build_minutes"],
        "monitoring.metrics": figures["metric_mib"],
        "monitoring.conditions": figures["conditions"],
        "monitoring.uptime": asked,
    }


def own_logs(requests: float, figures: Figures) -> dict[str, float]:
    """Return what our own functions log: what they say, and a line of Cloud Run's a request."""
    lines = requests * figures["request_logs"] * figures["request_log_bytes"] / GIB
    return {"logging.storage": lines + figures["own_log_gib"]}


def explaining(load: Load, figures: Figures) -> dict[str, float]:
    """Return what a model takes to explain the incidents of all tenants, if there is one."""
    calls = load.tenants * figures["incidents"] * figures["model_calls"] * MONTH_DAYS
    return {
        "model.input": calls * figures["model_input_tokens"],
        "model.output": calls * figures["model_output_tokens"],
    }
