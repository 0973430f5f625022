"""A canary as the environment says: by which way it goes, and with whose key."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from vigil.doors.clock import utc_now
from vigil.errors import InvalidSettings
from vigil.local.canary import Canary
from vigil.local.canary_api import CanaryApi
from vigil.local.canary_run import CanaryRun
from vigil.local.canary_ways import way_in
from vigil.local.shop import DEFAULT_PROJECT
from vigil.model.identity import checked_id
from vigil.settings import read_settings

KEY, TOKEN = "VIGIL_CANARY_KEY", "VIGIL_CANARY_TOKEN"


def fly_canary(
    environ: Mapping[str, str],
    *,
    url: str,
    project: str | None,
    seconds: float,
    say: Callable[[str], None],
) -> bool:
    """Return whether a canary has arrived; raise InvalidSettings for what it cannot begin with.

    It writes into the log of `project`, by default the settings', or else the sample shop's.
    """
    settings = read_settings()
    key = environ.get(KEY, "")
    if not key:
        raise InvalidSettings(
            f"{KEY} holds no key: `vigil keys create --tenant T --role responder --name canary` "
            "makes one"
        )
    url, project = url.rstrip("/"), checked_id(project or settings.project or DEFAULT_PROJECT)
    with (
        way_in(settings, environ, url=url, project=project) as way,
        CanaryApi(url, key, identity_token=environ.get(TOKEN, "")) as api,
    ):
        run = CanaryRun(project, utc_now())
        return Canary(api, way, run, say=say, timeout=timedelta(seconds=seconds)).fly()
