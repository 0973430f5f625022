"""Policies about functions: bounded, told what they read, and those that the code has."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.planned_deployment import PROJECT
from tests.repository.tree import ROOT
from tests.terraform.plans import Plan
from vigil.doors.topology import FUNCTIONS, PUSHES
from vigil.settings import PREFIX, Settings

_CALLED = (*sorted({push.function for push in PUSHES}), "cleanup")
_MODEL = ("analyze_incidents",)
# Which functions read a setting.
READ_BY: Mapping[str, tuple[str, ...]] = {
    "project": FUNCTIONS,
    "database": FUNCTIONS,
    "log_level": FUNCTIONS,
    "push_identity": _CALLED,
    "push_audience": _CALLED,
    "push_accounts": _CALLED,
    "public_url": ("manage_alerts", "api"),
    "own_services": ("batch_logs", "api"),
    "batch_max_entries": ("batch_logs",),
    "batch_max_bytes": ("batch_logs",),
    "batch_linger_ms": ("batch_logs",),
    "batch_max_held": ("batch_logs",),
    "model": _MODEL,
    "model_location": _MODEL,
    "model_timeout_seconds": _MODEL,
    "model_daily_calls": _MODEL,
    "model_daily_tokens": _MODEL,
    "model_platform_daily_calls": _MODEL,
    "model_platform_daily_tokens": _MODEL,
}
_A_CHANNEL = "On Google Cloud a channel names a secret of `secrets`, which manage_alerts reads."
# Which settings no function reads, and why.
LOCAL_ONLY: Mapping[str, str] = {
    "data_dir": "Documents are in Firestore.",
    "host": "functions-framework listens where Cloud Run says.",
    "api_port": "functions-framework listens where Cloud Run says.",
    "shop_port": "The sample shop is not deployed.",
    "slack_webhook_url": _A_CHANNEL,
    "webhook_url": _A_CHANNEL,
    "webhook_signing_key": _A_CHANNEL,
    "retention_days": "A tenant is made by the vigil command, which writes it into its document.",
}
# The autoscaler starts the next instance at this share of the concurrency.
_AIM = 0.6


def functions_are_those_of_the_code(plan: Plan) -> Iterator[str]:
    """A folder, a door and a function each."""
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/main.py")}
    made = plan.functions()
    for name in sorted((made.keys() ^ folders) | (set(FUNCTIONS) ^ folders)):
        yield f"function[{name}] is not in Terraform, in the topology and in functions/ alike"
    for name, each in made.items():
        if each.block("build_config")["entry_point"] != name:
            yield f"{each.address} begins elsewhere"
        if each.values["name"] != f"vigil-{name.replace('_', '-')}":
            yield f"{each.address} is called {each.values['name']}"


def functions_have_bounds(plan: Plan) -> Iterator[str]:
    """What has none costs what somebody else decides."""
    for each in plan.functions().values():
        service = each.block("service_config")
        for bound in (
            "max_instance_count",
            "max_instance_request_concurrency",
            "timeout_seconds",
            "available_memory",
            "available_cpu",
        ):
            if not service.get(bound):
                yield f"{each.address} has no {bound}"


def functions_work_as_long_as_pubsub_waits(plan: Plan) -> Iterator[str]:
    """Less would cut work off; more would go on beside its own repetition."""
    for name, each in plan.functions().items():
        waits = [push.ack_deadline.total_seconds() for push in PUSHES if push.function == name]
        timeout = each.block("service_config")["timeout_seconds"]
        if waits and timeout != max(waits):
            yield f"{each.address} works for {timeout} s, and Pub/Sub waits {max(waits):.0f} s"


def batches_are_full_before_an_instance_is(plan: Plan) -> Iterator[str]:
    """Or the next instance would be started for requests that only wait for their batch."""
    held = int(plan.environment("batch_logs")["VIGIL_BATCH_MAX_HELD"])
    each = plan.functions()["batch_logs"]
    concurrency = each.block("service_config")["max_instance_request_concurrency"]
    if held > _AIM * concurrency:
        yield f"{each.address} holds {held} requests of {concurrency}"


def threads_are_as_many_as_requests(plan: Plan) -> Iterator[str]:
    """A request beyond them would wait inside, where no other instance can take it."""
    for name, each in plan.functions().items():
        threads = plan.environment(name).get("THREADS")
        concurrency = each.block("service_config")["max_instance_request_concurrency"]
        if threads not in (None, str(concurrency)):
            yield f"{each.address} has {threads} threads for {concurrency} requests"
        if threads is None and name not in ("batch_logs", "api"):
            yield f"{each.address} is not told how many threads it has"


def settings_reach_their_functions(plan: Plan) -> Iterator[str]:
    """Each setting those that read it, and none that do not."""
    for name in sorted(Settings.model_fields.keys() ^ (READ_BY.keys() | LOCAL_ONLY.keys())):
        yield f"{name} is read by nobody, and not said to be local"
    for function, each in plan.functions().items():
        told = {name for name in plan.environment(function) if name.startswith(PREFIX)}
        reads = {PREFIX + name.upper() for name, by in READ_BY.items() if function in by}
        for variable in sorted(told ^ reads):
            yield f"{each.address}: {variable} is told or read, but not both"


def settings_are_what_variables_say(plan: Plan) -> Iterator[str]:
    """And without a variable what they are by default."""
    for name, readers in READ_BY.items():
        for function in readers:
            told = plan.environment(function).get(PREFIX + name.upper())
            if told != (wanted := _wanted(plan, name, function)):
                yield f"function[{function}] is told {name} = {told} instead of {wanted}"


def _wanted(plan: Plan, name: str, function: str) -> str:
    """Return what a function has to be told."""
    model, domain = plan.variable("model"), plan.variable("domain").get("name")
    if name == "model" or name.startswith("model_"):
        return _or_default(name, model, name.removeprefix("model_") if name != "model" else "name")
    if name == "own_services":
        return ",".join(sorted({"vigil-", *plan.variable("settings").get(name, ())}))
    account = "scheduler" if function == "cleanup" else "pusher"
    decided = {
        "project": PROJECT,
        "database": plan.variable("database").get("name", "vigil"),
        "public_url": f"https://{domain}" if domain else plan.address("api"),
        "push_identity": "verified" if function == "receive_alerts" else "iam",
        "push_audience": plan.address(function),
        "push_accounts": f"vigil-{account}@{PROJECT}.iam.gserviceaccount.com",
    }
    return decided.get(name) or _or_default(name, plan.variable("settings"), name)


def _or_default(name: str, variable: Mapping[str, Any], key: str) -> str:
    return str(variable.get(key, Settings.model_fields[name].default))


POLICIES = (
    functions_are_those_of_the_code,
    functions_have_bounds,
    functions_work_as_long_as_pubsub_waits,
    batches_are_full_before_an_instance_is,
    threads_are_as_many_as_requests,
    settings_reach_their_functions,
    settings_are_what_variables_say,
)
