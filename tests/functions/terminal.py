"""The `vigil` command in a process of its own, as somebody at a terminal calls it."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Terminal:
    """A folder in which `vigil` is called, with the data folder's setting and those given.

    Modules are looked for in the folder `before` first, if there is one.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    before: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("VIGIL_")}
        path = os.pathsep.join(filter(None, [self.before, *sys.path]))
        data = str(self.folder / "data")
        return kept | {"PYTHONPATH": path, "VIGIL_DATA_DIR": data} | self.settings

    def vigil(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [sys.executable, "-m", "vigil", *arguments],
            input=given,
            capture_output=True,
            cwd=self.folder,
            env=self.environment,
            check=False,
        )

    def line(self, *arguments: str) -> str:
        done = self.vigil(*arguments)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()
