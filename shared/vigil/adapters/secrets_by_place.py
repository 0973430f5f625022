"""Secrets from several places, told apart by how a reference begins."""

from collections.abc import Mapping

from vigil.errors import InvalidSettings
from vigil.ports import Secrets


class SecretsByPlace:
    """Reads `env:NAME` where `env` stands, `secret:NAME` where `secret` stands, and so on."""

    def __init__(self, places: Mapping[str, Secrets]) -> None:
        """Take who reads the references that begin with each name and a colon."""
        self._places = dict(places)

    def read(self, reference: str, *, refused: str | None = None) -> str:
        """Return the secret from its place; see the port.

        What names no place is not repeated: it may be the secret itself, pasted into the wrong
        setting.
        """
        place = self._places.get(reference.partition(":")[0])
        if place is None:
            beginnings = " or ".join(f"{name}:" for name in self._places)
            raise InvalidSettings(f"a secret is named by what begins with {beginnings}")
        return place.read(reference, refused=refused)
