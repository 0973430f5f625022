"""Numbers are what they look like only if their checksum says so."""

import pytest

from vigil.logs.checksums import is_card_number, is_iban, looks_random
from vigil.logs.secret_keys import strength_of


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        pytest.param("4111111111111111", True, id="visa"),
        pytest.param("4222222222222", True, id="visa of 13"),
        pytest.param("5555555555554444", True, id="mastercard"),
        pytest.param("2223003122003222", True, id="mastercard of the new range"),
        pytest.param("378282246310005", True, id="amex"),
        pytest.param("6011111111111117", True, id="discover"),
        pytest.param("3530111333300000", True, id="jcb"),
        pytest.param("30569309025904", True, id="diners"),
        pytest.param("4111111111111112", False, id="wrong checksum"),
        pytest.param("0000000000000000", False, id="no network"),
        pytest.param("41111111111111111", False, id="no such length"),
    ],
)
def test_card_numbers(digits: str, expected: bool) -> None:
    assert is_card_number(digits) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("GB29 NWBK 6016 1331 9268 19", True, id="letters"),
        pytest.param("NO9386011117947", True, id="shortest"),
        pytest.param("GB29 NWBK 6016 1331 9268 18", False, id="wrong checksum"),
        pytest.param("GB29", False, id="too short"),
    ],
)
def test_ibans(text: str, expected: bool) -> None:
    assert is_iban(text) is expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("aB3dE5fG7hI9jK1lM3nO", True, id="random"),
        pytest.param("aB1aB1aB1aB1aB1aB1aB1", False, id="a repeated pattern"),
        pytest.param("OrderServiceV2FactoryBean", False, id="a name"),
        pytest.param("aB3/dE5/fG7/hI9/jK1/lM3", False, id="a path"),
        pytest.param("aB3-dE5-fG7-hI9-jK1-lM3", False, id="a name with dashes"),
        pytest.param("aBcDeFgHiJkLmNoPqRsT", False, id="no digit"),
    ],
)
def test_random_words(word: str, expected: bool) -> None:
    assert looks_random(word) is expected


@pytest.mark.parametrize(
    ("key", "strength"),
    [
        *(
            (key, 2)
            for key in ("password", "DB_PASSWORD", "clientSecret", "accesstoken", "api key")
        ),
        *((key, 2) for key in ("X-Amz-Security-Token", "session_id", "password2", "webhook_url")),
        *((key, 1) for key in ("auth", "session", "cookie", "sig", "key", "pin")),
        *((key, 0) for key in ("author", "passed", "keyboard", "token_count", "sessions", "2", "")),
        *((key, 0) for key in ("password_policy", "secretary", "signal", "hotpath", "opinion")),
    ],
)
def test_a_key_holds_a_secret_by_its_words(key: str, strength: int) -> None:
    assert strength_of(key) == strength
