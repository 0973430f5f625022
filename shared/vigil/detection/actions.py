"""What to look at first, for each type of anomaly; reviewed by people, never written by a model."""

from vigil.model.anomaly import AnomalyType

_ACTIONS = {
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


def recommended_actions(anomaly_type: AnomalyType) -> tuple[str, ...]:
    """Return what to look at first, in order.

    >>> len(recommended_actions(AnomalyType.ERROR_SPIKE))
    3
    """
    return _ACTIONS[anomaly_type]
