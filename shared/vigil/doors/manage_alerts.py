"""The door of manage_alerts: events, and ticks."""

from collections.abc import Mapping

from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.secret_manager_secrets import SecretManagerSecrets
from vigil.adapters.secrets_by_place import SecretsByPlace
from vigil.adapters.slack_notifier import SlackNotifier
from vigil.adapters.webhook_notifier import WebhookNotifier
from vigil.doors.clock import utc_now
from vigil.doors.deployment import Deployed, deploy
from vigil.doors.flask_side import FlaskDoor
from vigil.doors.once import Once
from vigil.doors.push_accounts import push_identity
from vigil.doors.push_door import PushDoor, Route
from vigil.logs.push_message import PushMessage
from vigil.ports import Notifier
from vigil.settings import Settings
from vigil.workflows.ticks import EVENT_TYPE as TICK


def make_door(settings: Settings, environ: Mapping[str, str]) -> FlaskDoor:
    """Return the door of this function; raise InvalidSettings for what it cannot work with."""
    deployed = Once(lambda: deploy(settings, environ, notifiers=_notifiers(settings, environ)))
    identity = push_identity(settings, environ, needs=("public_url",))
    return FlaskDoor.of(PushDoor(identity, routes(deployed), project=settings.project or ""))


def routes(deployed: Deployed) -> Mapping[str, Route]:
    """Return what is done with what is pushed."""

    def take(push: PushMessage) -> None:
        manage = deployed().workflows.manage_alerts
        if push.attributes.get("event_type") == TICK:
            deployed().ticks.correlate()
            manage.deliver()
        else:
            manage.handle(push.attributes, push.data)

    return {"/": Route(take)}


def _notifiers(settings: Settings, environ: Mapping[str, str]) -> tuple[Notifier, ...]:
    # Cloud Run gives secrets as variables and as files too.
    mounted = EnvironmentSecrets(environ)
    managed = SecretManagerSecrets(clock=utc_now, project=settings.project)
    secrets = SecretsByPlace({"secret": managed, "env": mounted, "file": mounted})
    delivery = HttpDelivery(now=utc_now)
    return SlackNotifier(secrets, delivery), WebhookNotifier(secrets, delivery, utc_now)
