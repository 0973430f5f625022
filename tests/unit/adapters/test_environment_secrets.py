import os
from pathlib import Path

import pytest

from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.errors import InvalidSettings


def test_a_secret_is_read_from_the_environment_without_its_line_break() -> None:
    assert EnvironmentSecrets({"TOKEN": " abc\n"}).read("env:TOKEN") == "abc"


def test_b20_a_secret_is_read_from_its_file_each_time_anew(tmp_path: Path) -> None:
    file = tmp_path / "token"
    secrets = EnvironmentSecrets({})
    file.write_text("old\n")
    assert secrets.read(f"file:{file}") == "old"
    file.write_text("new\n")
    assert secrets.read(f"file:{file}") == "new"


@pytest.mark.parametrize(
    "reference", ["env:MISSING", "env:EMPTY", "file:relative", "file:/nowhere/at/all", "file:/\0"]
)
def test_a_missing_secret_is_named(reference: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        EnvironmentSecrets({"EMPTY": " "}).read(reference)
    assert reference in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000, b" \n"])
def test_a_file_that_is_no_small_text_is_no_secret(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(InvalidSettings, match="there is no secret at file:"):
        EnvironmentSecrets({}).read(f"file:{file}")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidSettings):
        EnvironmentSecrets({}).read(f"file:{tmp_path / 'pipe'}")


@pytest.mark.parametrize("pasted", ["https://hooks.example/T0/secret", "secret", "env:", ""])
def test_d25_a_secret_pasted_in_place_of_its_reference_is_not_repeated(pasted: str) -> None:
    with pytest.raises(InvalidSettings, match="env:NAME or file:/path") as caught:
        EnvironmentSecrets({}).read(pasted)
    assert "secret" not in str(caught.value).removeprefix("a secret is named by")
