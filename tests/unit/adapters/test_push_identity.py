"""FAULTS D05: who may push, behind Cloud Run's IAM and in the open, and every forgery we know."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from tests.http_recorder import HttpRecorder, Reply
from tests.tokens import (
    ACCOUNT,
    AUDIENCE,
    REMOVED,
    certificates,
    claims,
    key,
    part,
    signed,
    unsigned,
)
from vigil.adapters.google_signatures import GoogleSignatures
from vigil.adapters.push_identity import PushRefused, TokenIdentity
from vigil.errors import TransientError

Sign = Callable[[dict[str, object]], str]


def public_door(certs: HttpRecorder, clock: SetClock | None = None) -> TokenIdentity:
    clock = clock or SetClock()
    signatures = GoogleSignatures(clock, certs_url=f"{certs.address}/certs")
    return TokenIdentity(audience=AUDIENCE, accounts=(ACCOUNT,), clock=clock, signatures=signatures)


def private_door() -> TokenIdentity:
    return TokenIdentity(
        audience=AUDIENCE, accounts=("other@example.com", ACCOUNT), clock=SetClock()
    )


def show(door: TokenIdentity, token: str) -> None:
    door.check({"authorization": f"Bearer {token}"})


@pytest.fixture
def certs() -> Iterator[HttpRecorder]:
    with HttpRecorder([certificates("first", "second")]) as server:
        yield server


FALSE_CLAIMS = [
    pytest.param({"exp": int(NOON.timestamp()) - 11}, id="expired"),
    pytest.param({"exp": None}, id="without an end"),
    pytest.param({"exp": "9999999999"}, id="its end is a text"),
    pytest.param({"iat": int(NOON.timestamp()) + 11}, id="issued in the future"),
    pytest.param({"iat": None}, id="without a beginning"),
    pytest.param({"aud": "https://manage-alerts.example"}, id="another door's audience"),
    pytest.param({"aud": AUDIENCE + "/"}, id="nearly the audience"),
    pytest.param({"aud": [AUDIENCE]}, id="a list of audiences"),
    pytest.param({"aud": None}, id="without an audience"),
    pytest.param({"email": "x@attacker.iam.gserviceaccount.com"}, id="another service account"),
    pytest.param({"email": ACCOUNT.upper()}, id="nearly the account"),
    pytest.param({"email": [ACCOUNT]}, id="a list of accounts"),
    pytest.param({"email": None}, id="without an email"),
    pytest.param({"email_verified": False}, id="email not verified"),
    pytest.param({"email_verified": "true"}, id="email verified in words"),
    pytest.param({"email_verified": None}, id="nothing said of the email"),
    pytest.param({"iss": "https://accounts.google.com.example"}, id="another issuer"),
    pytest.param({"iss": None}, id="without an issuer"),
]


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_d05_a_token_of_google_s_for_this_door_is_let_in(issuer: str, certs: HttpRecorder) -> None:
    said = claims(iss=issuer)

    show(public_door(certs), signed(said))
    show(private_door(), unsigned(said))


@pytest.mark.parametrize("changes", FALSE_CLAIMS)
def test_d05_a_token_that_google_signed_for_something_else_is_refused(
    changes: dict[str, object], certs: HttpRecorder
) -> None:
    with pytest.raises(PushRefused):
        show(public_door(certs), signed(claims(**changes)))


@pytest.mark.parametrize("changes", FALSE_CLAIMS)
def test_d06_behind_iam_what_a_token_says_is_looked_at_all_the_same(
    changes: dict[str, object],
) -> None:
    with pytest.raises(PushRefused):
        show(private_door(), unsigned(claims(**changes)))


def with_the_public_key_as_a_secret(said: dict[str, object]) -> str:
    public = key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(said)}"
    signature = hmac.digest(public, head.encode(), "sha256")
    return f"{head}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda said: f"{part({'alg': 'none'})}.{part(said)}.", id="alg none"),
        pytest.param(
            lambda said: f"{part({'alg': 'none', 'kid': 'first'})}.{part(said)}.",
            id="none with key",
        ),
        pytest.param(with_the_public_key_as_a_secret, id="HS256 with the public key"),
        pytest.param(lambda said: signed(said, by="third", kid="first"), id="another's key"),
        pytest.param(lambda said: signed(said, by="second", kid="first"), id="the wrong key"),
        pytest.param(lambda said: signed(said, by="third"), id="unknown key"),
        pytest.param(lambda said: signed(said, kid=None), id="no key named"),
        pytest.param(unsigned, id="signature removed"),
        pytest.param(lambda said: unsigned(said, ""), id="no signature"),
        pytest.param(
            lambda said: unsigned(said, signed(claims(email="x@y.example")).split(".")[2]),
            id="the signature of another token",
        ),
    ],
)
def test_d05_what_google_has_not_signed_is_refused(forge: Sign, certs: HttpRecorder) -> None:
    with pytest.raises(PushRefused):
        show(public_door(certs), forge(claims()))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none at all"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer ", id="an empty token"),
        pytest.param("Bearer x", id="one part"),
        pytest.param("Bearer a.b.c.d", id="four parts"),
        pytest.param("Bearer é.é.é", id="not ASCII"),
        pytest.param(f"Bearer {part([])}.{part([])}.{REMOVED}", id="lists"),
        pytest.param(f"Bearer {part({})}.{part({})}.{'A' * 9000}", id="too long"),
        pytest.param(f"Bearer {unsigned(claims())}, Bearer {unsigned(claims())}", id="two"),
        pytest.param(f"Basic {unsigned(claims())}", id="another scheme"),
        pytest.param(f"Bearer {part({})}.%%%.{REMOVED}", id="not base64"),
    ],
)
def test_d06_what_is_no_token_is_refused(header: str | None) -> None:
    with pytest.raises(PushRefused):
        private_door().check({} if header is None else {"authorization": header})


def test_d03_a_second_token_that_cloud_run_checked_in_place_of_ours_is_refused() -> None:
    good = f"Bearer {unsigned(claims())}"

    with pytest.raises(PushRefused, match="two tokens"):
        private_door().check({"authorization": good, "x-serverless-authorization": good})


@cache
def lasting_door() -> TokenIdentity:
    """Return a door that has read its certificates, and needs no server any more."""
    with HttpRecorder([certificates("first")]) as server:
        door = public_door(server)
        show(door, signed(claims()))
    return door


@given(chosen=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_d05_no_bit_of_a_token_can_be_changed(chosen: int, bit: int) -> None:
    octets = bytearray(signed(claims()).encode())
    octets[chosen % len(octets)] ^= 1 << bit

    with pytest.raises(PushRefused):
        show(lasting_door(), octets.decode("latin-1"))


@given(
    said=st.dictionaries(st.sampled_from([*claims(), "x"]), st.none() | st.text() | st.booleans())
)
def test_d05_claims_cannot_be_written_anew_under_a_signature(said: dict[str, object]) -> None:
    head, _, signature = signed(claims()).split(".")

    with pytest.raises(PushRefused):
        show(lasting_door(), f"{head}.{part({**claims(), **said, 'x': 1})}.{signature}")


def test_keys_are_read_once_and_again_when_they_have_changed() -> None:
    clock = SetClock()
    answers = [certificates("first"), certificates("second", max_age=7200)]
    with HttpRecorder(answers) as server:
        door = public_door(server, clock)
        for _ in range(3):
            show(door, signed(claims()))
        assert len(server.requests) == 1

        with pytest.raises(PushRefused):
            show(door, signed(claims(), by="second"))
        assert len(server.requests) == 1, "unknown keys do not make a request each"

        clock.advance(60)
        show(door, signed(claims(), by="second"))
        with pytest.raises(PushRefused):
            show(door, signed(claims()))
        assert len(server.requests) == 2


def test_d05_unknown_keys_make_no_request_each_while_google_does_not_answer() -> None:
    clock = SetClock()
    with HttpRecorder([certificates("first"), Reply(503)]) as server:
        door = public_door(server, clock)
        show(door, signed(claims()))
        clock.advance(60)
        for number in range(5):
            with pytest.raises((PushRefused, TransientError)):
                show(door, signed(claims(clock()), by="third", kid=f"unknown {number}"))

        show(door, signed(claims(clock())))
        assert len(server.requests) == 2


def test_d05_what_is_not_for_this_door_makes_nobody_ask_google() -> None:
    with HttpRecorder([Reply(503)]) as server:
        with pytest.raises(PushRefused):
            show(public_door(server), signed(claims(aud="https://elsewhere.example"), by="third"))
        assert server.requests == []


@pytest.mark.parametrize(("max_age", "lasts"), [(None, 3600), (600, 600), (0, 60)])
def test_certificates_are_believed_as_long_as_their_answer_says(
    max_age: int | None, lasts: int
) -> None:
    clock = SetClock()
    answers = [certificates("first", max_age=max_age), certificates("second")]
    with HttpRecorder(answers) as server:
        door = public_door(server, clock)
        show(door, signed(claims()))
        clock.advance(lasts - 1)
        show(door, signed(claims(clock())))
        assert len(server.requests) == 1
        clock.advance(1)
        with pytest.raises(PushRefused):
            show(door, signed(claims(clock())))


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Reply(503), id="an error"),
        pytest.param(Reply(body=b"<html>"), id="no JSON"),
        pytest.param(Reply(body=b"[]"), id="a list"),
        pytest.param(Reply(body=b'{"first": 5}'), id="no certificates"),
        pytest.param(Reply(body=b'{"first": "-----BEGIN"}'), id="a damaged certificate"),
        pytest.param(Reply(cut_after=20), id="cut off"),
    ],
)
def test_a_push_waits_for_certificates_that_cannot_be_read_now(trouble: Reply) -> None:
    with HttpRecorder([trouble, certificates("first")]) as server:
        door = public_door(server)
        with pytest.raises(TransientError):
            show(door, signed(claims()))
        show(door, signed(claims()))


def test_tokens_are_valid_for_some_seconds_of_another_clock() -> None:
    soon = (NOON + timedelta(seconds=10)).timestamp()
    just_now = (NOON - timedelta(seconds=10)).timestamp()

    show(private_door(), unsigned(claims(iat=soon)))
    show(private_door(), unsigned(claims(exp=just_now)))


def test_d05_a_token_that_was_let_in_is_looked_at_again_when_its_time_may_be_over() -> None:
    clock = SetClock()
    door = TokenIdentity(audience=AUDIENCE, accounts=(ACCOUNT,), clock=clock)
    token = unsigned(claims(exp=int(NOON.timestamp()) + 60))
    for _ in range(2):
        show(door, token)
    clock.advance(71)
    with pytest.raises(PushRefused, match="time"):
        show(door, token)


def test_d05_what_is_remembered_of_tokens_lets_in_no_other_token() -> None:
    door = private_door()
    for number in range(200):
        show(door, unsigned(claims(sub=str(number))))
        with pytest.raises(PushRefused):
            show(door, unsigned(claims(sub=str(number), email="x@y.example")))
