"""Where alerts that others raise are sent to."""

from collections.abc import Mapping

from vigil.model.received_alert import AlertSource

SOURCES: Mapping[str, AlertSource] = {
    "/receive/alertmanager": AlertSource.ALERTMANAGER,
    "/receive/cloud-monitoring": AlertSource.CLOUD_MONITORING,
}
# Cloud Monitoring's channel that publishes.
PUSHED = "/pushed/cloud-monitoring"
