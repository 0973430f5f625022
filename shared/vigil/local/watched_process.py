"""Programs beside this process, each in a group of its own, that end when this process does."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

# The watcher outlives us, whatever we die of: our end of the pipe closes, and it ends the group.
_WATCHED = 'exec 3<&0; { read -r _ <&3; kill 0; } & exec "$@" 3<&- </dev/null'
_STOP_SECONDS = 10.0
_LAST_WORDS_BYTES = 500


class WatchedProcess:
    """A program, its children and its watcher, from now until `stop` or `kill`.

    What it prints goes to `output`, of which `last_words` reads the end. A group of its own keeps
    Ctrl-C for us, and is how all that a start script leaves behind can be ended.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], output: IO[bytes]
    ) -> None:
        self._output = output
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHED, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The id of the program and of its group."""
        return self._process.pid

    def ended_with(self) -> int | None:
        """Return the code with which the program has ended, None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """Return the end of what it has printed."""
        length = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, length - _LAST_WORDS_BYTES))
        return self._output.read().decode(errors="replace").strip() or "it said nothing"

    def stop(self) -> None:
        """Ask all of the group to end, and return when the program has; ten seconds are enough.

        What has been stopped or killed before stays as it is.
        """
        if self._is_let_go:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            # Children that it has not waited for.
            self._signal(signal.SIGKILL)
            self._let_go()

    def kill(self) -> None:
        """End all of the group at once."""
        if self._is_let_go:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._let_go()

    @property
    def _is_let_go(self) -> bool:
        """Whether its id may be somebody else's by now."""
        return self._process.stdin is None or self._process.stdin.closed

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            # All of them have ended already.
            return

    def _let_go(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
