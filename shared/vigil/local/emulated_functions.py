"""What the functions of a deployment find in their environment when they run beside emulators."""

import os
from dataclasses import dataclass

from pydantic import SecretStr

from vigil.settings import PREFIX, Settings

TELLS_PEOPLE = "manage_alerts"


@dataclass(frozen=True, slots=True)
class Emulators:
    """Where the emulators listen, as "127.0.0.1:PORT", and the project in them."""

    firestore: str
    pubsub: str
    project: str

    @property
    def variables(self) -> str:
        """What names them to a command, as a shell sets it."""
        return (
            f"VIGIL_PROJECT={self.project} FIRESTORE_EMULATOR_HOST={self.firestore} "
            f"PUBSUB_EMULATOR_HOST={self.pubsub}"
        )


def environment_of(
    function: str, settings: Settings, emulators: Emulators, *, public_url: str
) -> dict[str, str]:
    """Return the environment of `function`; of ours, only the one that tells people has secrets."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    shown = {
        f"{PREFIX}{name.upper()}": _text(value)
        for name, value in given.items()
        if function == TELLS_PEOPLE or not isinstance(value, SecretStr)
    }
    return {
        **_inherited(),
        **shown,
        f"{PREFIX}PROJECT": emulators.project,
        f"{PREFIX}PUSH_IDENTITY": "none",
        f"{PREFIX}PUBLIC_URL": public_url,
        "FIRESTORE_EMULATOR_HOST": emulators.firestore,
        "PUBSUB_EMULATOR_HOST": emulators.pubsub,
    }


def _inherited() -> dict[str, str]:
    """Return what of our environment is not Vigil's own: settings are given one by one."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
