import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest
import yaml

from vigil.errors import InvalidRequest
from vigil.local.backtest.settings import defaults_as_yaml, range_of, read_configurations
from vigil.model.tenant import Thresholds
from vigil.model.threshold_meaning import DEFAULTS, MEANINGS


def read(folder: Path, content: str | bytes) -> Thresholds:
    file = folder / "a.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    [configuration] = read_configurations([str(file)])
    return configuration.thresholds


def complaint(folder: Path, content: str | bytes) -> str:
    with pytest.raises(InvalidRequest) as caught:
        read(folder, content)
    return str(caught.value).replace(str(folder), "")


def test_every_threshold_has_a_meaning_and_its_default_is_within_its_limits() -> None:
    assert set(MEANINGS) == {each.name for each in fields(Thresholds)}
    for name, usual in DEFAULTS.items():
        assert MEANINGS[name].low <= usual <= MEANINGS[name].high
        assert MEANINGS[name].says


def test_the_printed_defaults_are_read_back_as_the_defaults(tmp_path: Path) -> None:
    printed = defaults_as_yaml()

    assert yaml.safe_load(printed)["thresholds"] == asdict(Thresholds())
    assert read(tmp_path, printed) == Thresholds()
    settings = re.findall(r"^  # .*\n  (\w+):", printed, re.MULTILINE)
    assert settings == list(DEFAULTS)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", Thresholds(), id="nothing"),
        pytest.param("thresholds:\n", Thresholds(), id="a section without settings"),
        pytest.param("thresholds: {error_rate: 0.2}", Thresholds(error_rate=0.2), id="one setting"),
        pytest.param(
            "thresholds: {latency_factor: 4}",
            Thresholds(latency_factor=4.0),
            id="a whole number where any will do",
        ),
        pytest.param("thresholds: {rules_only: true}", Thresholds(rules_only=True), id="a switch"),
        pytest.param("thresholds: {error_rate: 0}", Thresholds(error_rate=0.0), id="a limit"),
    ],
)
def test_what_is_not_said_stays(tmp_path: Path, content: str, expected: Thresholds) -> None:
    thresholds = read(tmp_path, content)

    assert thresholds == expected
    assert {type(value) for value in asdict(thresholds).values()} <= {bool, int, float}
    assert isinstance(thresholds.latency_factor, float)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(
            "thresholds: {error_rate: 1.5}",
            "/a.yaml: thresholds.error_rate: 1.5 is not a number from 0 to 1",
            id="out of range",
        ),
        pytest.param(
            "thresholds: {error_rate: .nan}",
            "thresholds.error_rate: nan is not a number from 0 to 1",
            id="not a number",
        ),
        pytest.param(
            "thresholds: {minimum_requests: 2.5}",
            "thresholds.minimum_requests: 2.5 is not a whole number from 1 to 1000000",
            id="a part of one",
        ),
        pytest.param(
            "thresholds: {repeated_errors: true}",
            "thresholds.repeated_errors: true is not a whole number from 1 to 1000000",
            id="a switch for a number",
        ),
        pytest.param(
            "thresholds: {rules_only: 1}",
            "thresholds.rules_only: 1 is not true or false",
            id="a number for a switch",
        ),
        pytest.param(
            "thresholds: {error_rate: '0.2'}",
            "thresholds.error_rate: 0.2 is not a number from 0 to 1",
            id="a text",
        ),
        pytest.param(
            "thresholds: {error_rate: }",
            "thresholds.error_rate: nothing is not a number from 0 to 1",
            id="nothing",
        ),
        pytest.param(
            "thresholds: {eror_rate: 0.2}",
            "thresholds.eror_rate: no such setting; did you mean error_rate?",
            id="misspelt",
        ),
        pytest.param(
            "error_rate: 0.2",
            "error_rate: no such setting; it belongs below `thresholds:`",
            id="in the wrong place",
        ),
        pytest.param(
            "thresholds:\n  error_rate: 0.1\n  error_rate: 0.2",
            "line 3: error_rate stands there twice",
            id="twice",
        ),
        pytest.param("thresholds: 5", "thresholds: is no mapping of settings", id="no mapping"),
        pytest.param("thresholds: []", "thresholds: is no mapping of settings", id="a list"),
        pytest.param("[1]", "holds no settings; it begins with `thresholds:`", id="no settings"),
        pytest.param("a: [", "line 1: ", id="no YAML"),
        pytest.param("[" * 9999, "is no YAML", id="too deep to be read"),
        pytest.param("? [a]\n: 1", "line 1: found unhashable key", id="a list as a name"),
        pytest.param("x: !!python/name:os.system", "could not determine a constructor", id="code"),
        pytest.param(b"\xff\xfe\xd8", "is no text in UTF-8", id="no text"),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    assert told in complaint(tmp_path, content)


def test_all_that_is_wrong_in_all_files_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("thresholds: {error_rate: 7, nonsense: 1}")
    (tmp_path / "b.yaml").write_text("thresholds: {latency_factor: 0}")
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml", "missing.yaml")]

    with pytest.raises(InvalidRequest) as caught:
        read_configurations(files)

    told = str(caught.value)
    assert told.count("\n") == 4
    for name in ("error_rate", "nonsense", "latency_factor", "missing.yaml"):
        assert name in told


def test_what_is_wrong_is_shown_in_one_line_however_long_it_is(tmp_path: Path) -> None:
    told = complaint(tmp_path, "thresholds: {error_rate: " + "9" * 4000 + '}\n"\\e[31m\\n": 1')

    assert len(told) < 300
    assert "\x1b" not in told


def test_only_what_was_changed_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("thresholds: {error_rate: 0.1, latency_factor: 5}")

    [configuration] = read_configurations([str(file)])

    assert configuration.changed == {"latency_factor": 5.0}
    assert range_of("latency_factor") == "a number from 1 to 1000"
