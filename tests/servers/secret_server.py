"""Secret Manager on loopback: its real wire format, and secrets and trouble by our script."""

import threading
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import NoReturn, Self

import grpc
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    SecretManagerServiceClient,
    SecretPayload,
)
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcTransport,
)

from tests.servers.grpc_server import GrpcServer, Method
from vigil.adapters.crc32c import crc32c
from vigil.adapters.secret_versions import Patience

# So that no test waits for long.
PATIENCE = Patience(
    deadline_seconds=0.4,
    attempt_seconds=0.2,
    first_pause_seconds=0.005,
    longest_pause_seconds=0.01,
)
SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


@dataclass
class Version:
    """A version of a secret; `checksum` None is none, as old versions have."""

    content: bytes
    is_enabled: bool = True
    checksum: int | None = None


@dataclass
class SecretServer:
    """Serves versions of secrets by their whole names while its `with` block lasts.

    What stands in `trouble` is answered first, a status for a call; a server that is `held` answers
    when `release` is set. `asked` has the name of each call.
    """

    versions: dict[str, Version] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    trouble: deque[grpc.StatusCode] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    held: bool = False
    release: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        method = Method(AccessSecretVersionRequest, self._access)
        self._server = GrpcServer(SERVICE, {"AccessSecretVersion": method})

    def put(self, secret: str, text: str | bytes) -> Version:
        """Make `text` the latest version of `secret`, which is `projects/P/secrets/NAME`."""
        content = text if isinstance(text, bytes) else text.encode()
        version = Version(content, checksum=crc32c(content))
        number = sum(name.startswith(f"{secret}/") for name in self.versions) or 1
        self.versions[f"{secret}/versions/{number}"] = version
        self.versions[f"{secret}/versions/latest"] = version
        return version

    def client(self) -> SecretManagerServiceClient:
        """Return Google's own client, without TLS or credentials."""
        transport = SecretManagerServiceGrpcTransport(channel=self._server.channel())
        return SecretManagerServiceClient(transport=transport)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release.set()
        self._server.__exit__(kind, error, trace)

    def _access(
        self, request: AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> AccessSecretVersionResponse:
        self.asked.append(request.name)
        if self.held:
            self.release.wait(10)
        if self.trouble:
            _refuse(context, self.trouble.popleft())
        if request.name in self.forbidden:
            _refuse(context, grpc.StatusCode.PERMISSION_DENIED)
        version = self.versions.get(request.name)
        if version is None:
            _refuse(context, grpc.StatusCode.NOT_FOUND)
        if not version.is_enabled:
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION)
        payload = SecretPayload(data=version.content, data_crc32c=version.checksum)
        return AccessSecretVersionResponse(name=request.name, payload=payload)


def _refuse(context: grpc.ServicerContext, status: grpc.StatusCode) -> NoReturn:
    context.abort(status, f"scripted {status.name}")
