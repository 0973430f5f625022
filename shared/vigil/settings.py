"""What this installation is told by its environment, read once by a door and passed inwards."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vigil.errors import InvalidSettings

PREFIX = "VIGIL_"
_SEE = 'See README.md, "Settings".'

Port = Annotated[int, Field(ge=0, le=65535)]
HttpAddress = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")]
ProjectId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


def _own_address(known: dict[str, Any]) -> str:
    """Return the address at which a browser on this machine reaches the API."""
    host = "localhost" if known["host"] in ("0.0.0.0", "::") else known["host"]
    return f"http://{f'[{host}]' if ':' in host else host}:{known['api_port']}"


class Settings(BaseSettings):
    """One value for each `VIGIL_` variable in the README; an empty variable is an unset one.

    The three addresses and keys of notifications are here so that a door can see whether they are
    set and well formed. They are secrets: they are never printed, and what sends reads them by
    reference through the Secrets port.

    >>> Settings(host="127.0.0.1", api_port=8081).public_url
    'http://127.0.0.1:8081'
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    data_dir: Path = Path(".vigil")
    host: str = "127.0.0.1"
    api_port: Port = 8080
    shop_port: Port = 5000
    public_url: HttpAddress = Field(default_factory=_own_address)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    slack_webhook_url: SecretStr | None = None
    webhook_url: SecretStr | None = None
    webhook_signing_key: SecretStr | None = Field(default=None, validate_default=True)

    batch_max_entries: int = Field(default=500, ge=1, le=10_000)
    batch_max_bytes: int = Field(default=4_000_000, ge=1_000, le=9_000_000)
    batch_linger_ms: int = Field(default=250, ge=0, le=10_000)
    batch_max_held: int = Field(default=500, ge=1, le=10_000)
    own_services: Annotated[tuple[str, ...], NoDecode] = ("vigil-",)
    retention_days: int = Field(default=7, ge=1, le=3650)

    # Of a deployment on Google Cloud; each door says which of them it cannot do without.
    project: ProjectId | None = None
    database: Annotated[str, Field(pattern=r"^(\(default\)|[a-z][a-z0-9-]{3,62})$")] = "(default)"
    push_identity: Literal["iam", "verified", "none"] = "iam"
    push_audience: HttpAddress | None = None
    push_accounts: Annotated[tuple[Email, ...], NoDecode] = ()

    # Of analyze_incidents alone: what is asked to explain incidents, and what that may cost a day.
    model: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9.@-]{0,99})?$")] = ""
    model_location: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")] = "global"
    model_timeout_seconds: float = Field(default=30, ge=1, le=80)
    model_daily_calls: int = Field(default=200, ge=0)
    model_daily_tokens: int = Field(default=2_000_000, ge=0)
    model_platform_daily_calls: int = Field(default=2_000, ge=0)
    model_platform_daily_tokens: int = Field(default=20_000_000, ge=0)

    @field_validator("own_services", "push_accounts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Read `a,b` as it is written in an environment."""
        if not isinstance(value, str):
            return value
        return tuple(part for part in (part.strip() for part in value.split(",")) if part)

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        """Read `info` as INFO."""
        return value.upper() if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        """Paths are appended to it."""
        return value.rstrip("/")

    @field_validator("slack_webhook_url", "webhook_url")
    @classmethod
    def _is_address(cls, value: SecretStr | None) -> SecretStr | None:
        """An address without a scheme would only be found wrong when somebody must be woken."""
        if value is not None and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("should begin with https:// or http://")
        return value

    @field_validator("webhook_signing_key")
    @classmethod
    def _signs(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Nothing is sent unsigned, so an address without a key would tell nobody."""
        if value is None and info.data.get("webhook_url") is not None:
            raise ValueError("is needed with VIGIL_WEBHOOK_URL, whose posts are signed")
        if value is not None and not value.get_secret_value().startswith("whsec_"):
            raise ValueError("should begin with whsec_")
        return value


def read_settings() -> Settings:
    """Return the settings of this process's environment.

    Raises InvalidSettings with one line for every wrong variable and the place where they are
    documented. It never repeats a value, which may be a secret in the wrong place.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings(_complaint(error)) from None


def require(settings: Settings, names: Iterable[str]) -> None:
    """Return if each of `names` was set; raise InvalidSettings, naming all that were not."""
    missing = [name for name in names if name not in settings.model_fields_set]
    if missing:
        lines = [f"  {PREFIX}{name.upper()}" for name in missing]
        raise InvalidSettings("\n".join(["these settings are missing:", *lines, _SEE]))


def _complaint(error: ValidationError) -> str:
    lines = [
        f"  {PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
        # A derived default only follows from another variable's mistake.
        if problem["type"] != "default_factory_not_called"
    ]
    return "\n".join(["these settings cannot be used:", *lines, _SEE])
