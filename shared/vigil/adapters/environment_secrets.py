"""Secrets from the environment and from files that a platform mounts."""

import re
from collections.abc import Mapping
from pathlib import Path

from vigil.errors import InvalidSettings

_LIMIT_BYTES = 64 * 1024
_REFERENCE = re.compile(r"(?P<place>env|file):(?P<name>.+)", re.DOTALL)


class EnvironmentSecrets:
    """Reads `env:NAME` from the environment and `file:/absolute/path` from disk, each time anew.

    So a rotated file is seen at once. White space around a secret is dropped: editors leave a line
    break.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the environment, such as os.environ; it is read at each `read`."""
        self._environ = environ

    def read(self, reference: str, *, refused: str | None = None) -> str:
        """Return the secret; raise InvalidSettings, naming the reference, when there is none.

        Nothing is kept, so it makes no difference what was `refused`.

        What is no reference at all is not repeated: it may be the secret itself, pasted into the
        wrong place.
        """
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise InvalidSettings(
                "a secret is named by env:NAME or file:/path, and this is neither"
            )
        name = match["name"]
        secret = self._environ.get(name, "") if match["place"] == "env" else _file_text(name)
        if not secret.strip():
            raise InvalidSettings(f"there is no secret at {reference}: set it, or correct the name")
        return secret.strip()


def _file_text(name: str) -> str:
    """Return the file's text, or "" where there is no readable, absolute, small text file."""
    path = Path(name)
    try:
        # Opening a pipe would wait for a writer.
        if not path.is_absolute() or not path.is_file():
            return ""
        with path.open("rb") as file:
            content = file.read(_LIMIT_BYTES + 1)
        return content.decode() if len(content) <= _LIMIT_BYTES else ""
    except (OSError, ValueError):
        return ""
