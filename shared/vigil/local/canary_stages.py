"""How far the canary comes, and where to look when it comes no further."""

from enum import Enum

from vigil.local.canary_run import ENTRIES


class Stage(Enum):
    """A stage on the way, in its order: that it is reached, and where to look if it is not."""

    ANSWERED = (
        "the API answers, and takes the key",
        "the log of vigil-api; whether VIGIL_CANARY_KEY holds a responder's key that is not "
        "revoked; and, where not everybody may reach the API, whether VIGIL_CANARY_TOKEN holds "
        "Google's identity token of somebody with roles/run.invoker",
    )
    WRITTEN = (
        f"{ENTRIES} entries are written",
        "what the sentence above says",
    )
    TAKEN_IN = (
        "an entry of the key's tenant has come in since",
        "`vigil tenants list`, whether the project is that tenant's, and has been for a minute; "
        "the sink, its filter, and whether its writer may publish on vigil-logs; the alarms on "
        "dead letters and on the oldest message of the subscriptions batch-logs and "
        "detect-anomalies; the logs of vigil-batch-logs and vigil-detect-anomalies",
    )
    DETECTED = (
        "an anomaly is found in them",
        "the scheduler's job vigil-tick; the subscriptions detect-anomalies-ticks and "
        "detect-anomalies; the log of vigil-detect-anomalies; whether the entries that came "
        "were other ones, and whether the tenant's thresholds pass over so few errors",
    )
    ALERTED = (
        "an alert is opened",
        "the subscriptions manage-alerts-ticks and manage-alerts; the log of vigil-manage-alerts",
    )
    TOLD = (
        "every channel of the tenant is told",
        "the log of vigil-manage-alerts; the secrets that the channels name, and whether its "
        "account may read them",
    )
    RESOLVED = (
        "the alert is resolved",
        "whether the key's role is responder; otherwise the alert ends when it has been quiet",
    )

    @property
    def reached(self) -> str:
        """What holds once it is reached."""
        return self.value[0]

    @property
    def look_at(self) -> str:
        """What an operator looks at if it is not."""
        return self.value[1]
