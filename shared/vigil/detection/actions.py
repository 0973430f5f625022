"""What to look at first, for each kind of finding; reviewed by people, never written by a model.

Each is a step for a person, never a command to be pasted. Those of the rules on wording stand
beside the rules, in `wording_rules.toml`.
"""

from vigil.detection.wording_rule import WORDING_RULES
from vigil.model.anomaly import AnomalyType

MOST_ACTIONS = 4

_BY_TYPE = {
    AnomalyType.ERROR_SPIKE: (
        "Investigate recent deployments and configuration changes of the service",
        "Read the most frequent error and one of its traces",
        "Check the services and databases that it calls",
    ),
    AnomalyType.LATENCY_INCREASE: (
        "Compare a slow trace with a usual one and find the span that grew",
        "Check the services and databases that it calls for latency and contention",
        "Check CPU throttling, instance count and concurrency",
    ),
    AnomalyType.UNUSUAL_PATTERN: (
        "Read the repeated error and the code that writes it",
        "Check whether it began with a deployment",
    ),
    AnomalyType.RESOURCE_EXHAUSTION: (
        "Compare usage with limits: memory, disk, file descriptors, connections, quotas",
        "Look for a leak or a jump in traffic since the usage began to rise",
        "Raise the limit or add instances while the cause is being found",
    ),
    AnomalyType.SECURITY_INCIDENT: (
        "Find the principals and addresses behind the refused attempts",
        "Check whether any attempt succeeded",
        "Rotate credentials that may be exposed, and block the source",
    ),
    AnomalyType.PERFORMANCE_DEGRADATION: (
        "Check that the service runs and that requests reach it",
        "Check its callers, the load balancer and DNS",
        "Check whether its logs are still being delivered",
    ),
}

_BY_DETECTOR = {
    "volume_drop": (
        "Check its callers, the load balancer and DNS: requests may no longer reach it",
        "Compare with the same hour of other days, and with what its callers send",
        "Look for errors or latency in front of it, and for a release of a caller",
        "Check whether its logs are still being delivered",
    ),
    "volume_rise": (
        "See which callers or clients send more, and whether the traffic is meant",
        "Look for retries: errors or timeouts of this service or of what it calls",
        "Check that instances and quotas are enough if it goes on",
    ),
    "silence": (
        "Check that the service runs and that requests reach it",
        "Check its callers, the load balancer and DNS",
        "Check whether its logs are still being delivered",
        "Say so with a maintenance window if it was stopped on purpose",
    ),
    "slow_shift": (
        "Compare the last releases and configuration changes since the shift began",
        "Look for what grows by degrees: data, queues, caches, connections, memory",
        "Check the latency of the services and databases that it calls over the same time",
    ),
    "long_waits": (
        "Compare a slow trace with a usual one: the time lies between the caller's span and the "
        "request",
        "Check the network between the callers and the service: loss, delay, DNS, a proxy",
        "Check CPU throttling, queues and connection pools in front of the service",
        "Check whether instances were moved, or started just now",
    ),
    "lost_line": (
        "Compare a trace that lacks the line with one that has it: where does it end",
        "Look for an exception, an early return or a changed condition before the line",
        "Check what changed when it began: a release, a configuration, a service that is called",
    ),
    "new_error": (
        "Read the new error and one of its traces",
        "Check whether it began with a release, and roll that back if users are hit",
        "Find the code that writes it, and who changed it last",
    ),
    "error_surge": (
        "Read the error that surges and one of its traces",
        "Check what changed when it began: a release, a configuration, a service that is called",
        "Look for a single client, tenant or record behind it",
    ),
    "brute_force": (
        "Find the source in the entries of the window: its address is in the log, not here",
        "Check whether an attempt by it succeeded, and end those sessions",
        "Limit or block the source, and limit attempts per source and account",
        "If it is one of your own clients, renew the credential that it uses",
    ),
    "refused_attempts": (
        "See whether a key, a certificate or a permission changed: then all clients are refused",
        "See which accounts are aimed at, and whether any attempt succeeded",
        "Limit attempts per account, and ask for a second factor or a challenge",
        "Watch for accounts that were let in after many refusals",
    ),
}
_BY_RULE = {rule.rule_id: rule.actions for rule in WORDING_RULES}


def recommended_actions(anomaly_type: AnomalyType, found_by: str = "") -> tuple[str, ...]:
    """Return what to look at first, in order, at most MOST_ACTIONS.

    `found_by` is the detector or the rule on wording that found it; one without actions of its own
    has those of the type.

    >>> len(recommended_actions(AnomalyType.ERROR_SPIKE))
    3
    >>> recommended_actions(AnomalyType.RESOURCE_EXHAUSTION, "disk")[-1]
    'Set an alert on the share in use, well below full'
    """
    return _BY_DETECTOR.get(found_by) or _BY_RULE.get(found_by) or _BY_TYPE[anomaly_type]
