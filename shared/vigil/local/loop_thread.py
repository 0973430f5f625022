"""A thread of its own for one asynchronous program, which ends when it is told to."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

Program = Callable[[asyncio.Event], Awaitable[None]]


class LoopThread:
    """Runs `program(stopping)` in an event loop of its own, from `start` to `stop`.

    The program has to return soon after `stopping` is set. What it raises, `stop` raises.
    """

    def __init__(self, name: str, program: Program) -> None:
        """Take the program; `name` is the thread's, for whoever looks at a stack."""
        self._program = program
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._ended: Future[None] = Future()

    def start(self) -> None:
        """Return when the loop runs."""
        self._thread.start()
        self._begun.result()

    def stop(self) -> None:
        """Tell the program to end, and return when it has; a second call changes nothing."""
        if self._thread.ident is None:
            return
        loop, stopping = self._begun.result()
        if not loop.is_closed():
            loop.call_soon_threadsafe(stopping.set)
        self._thread.join()
        self._ended.result()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            # The thread that calls stop has to hear of it, whatever it is.
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)

    async def _main(self) -> None:
        stopping = asyncio.Event()
        self._begun.set_result((asyncio.get_running_loop(), stopping))
        await self._program(stopping)
