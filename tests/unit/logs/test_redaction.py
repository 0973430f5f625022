"""Secrets and personal data give way to markers; everything else stays as it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.logs.redaction import KINDS, redact
from vigil.logs.redaction_patterns import SUSPICIOUS
from vigil.logs.redaction_rules import RULES

# Written in parts, so that no scanner takes an example for a leak.
GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "EXAMPLE0" * 2
GOOGLE = "AIza" + "Ex4mple" * 5
SLACK = "xoxb-" + "1234567890-abc"
OPENAI = "sk-" + "proj-" + "abcd1234" * 3
JWT = "eyJ" + "hbGciOi." + "eyJzdWIiOi" + ".c2ln"
PEM = "-----BEGIN " + "PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
LONG_LINE = 256 * 1024


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("password=hunter2", "password=[SECRET]", id="assigned"),
        pytest.param('password = "a b c"', 'password = "[SECRET]"', id="quoted words"),
        pytest.param('{"api_key": "x1", "n": 1}', '{"api_key": "[SECRET]", "n": 1}', id="JSON"),
        pytest.param(r"{\"api_key\": \"x1\"}", r"{\"api_key\": \"[SECRET]\"}", id="JSON in JSON"),
        pytest.param(r'"password":"a\"b\\c", "n"', '"password":"[SECRET]", "n"', id="escapes"),
        pytest.param(f'"token": "{"x y" * 99}" end', '"token": "[SECRET]" end', id="long words"),
        pytest.param(
            r"{\\\"password\\\":\\\"hunter2\\\"}",
            r"{\\\"password\\\":\\\"[SECRET]\\\"}",
            id="JSON in JSON in JSON",
        ),
        pytest.param("to=x%3Ftoken%3Dhunter2", "to=x%3Ftoken%3D[SECRET]", id="an encoded sign"),
        pytest.param("<a:Pwd b='c'>hunter2</a:Pwd>", "<a:Pwd b='c'>[SECRET]</a:Pwd>", id="XML"),
        pytest.param("db://u:p@hunter2@h/d", "db://[SECRET]@h/d", id="a password with an at"),
        pytest.param('password "hunter2" is', 'password "[SECRET]" is', id="quoted in prose"),
        pytest.param("dbPassword: 'x'", "dbPassword: '[SECRET]'", id="camel case"),
        pytest.param("x-api-key: 0123abcd", "x-api-key: [SECRET]", id="header"),
        pytest.param("/a?user=jo&token=x12&b=1", "/a?user=jo&token=[SECRET]&b=1", id="query"),
        pytest.param("Authorization: Bearer ab.c-1", "Authorization: Bearer [SECRET]", id="bearer"),
        pytest.param("got Basic dXNlcjpwYXNz=", "got Basic [SECRET]", id="basic without its key"),
        pytest.param("Cookie: session=ab12cd; a=b", "Cookie: [SECRET]; a=b", id="cookie"),
        pytest.param("cvv=123 otp: 4815", "cvv=[SECRET] otp: [SECRET]", id="short codes"),
        pytest.param("password hunter22", "password [SECRET]", id="prose"),
        pytest.param("secret is s3cr3tval", "secret is [SECRET]", id="is"),
        pytest.param("author=token=x12", "author=token=[SECRET]", id="value that is a key"),
        pytest.param("password=" + "x" * 999, "password=[SECRET]", id="long value"),
        pytest.param(f"pushed with {GITHUB}", "pushed with [SECRET]", id="GitHub"),
        pytest.param(f"key {AWS} used", "key [SECRET] used", id="AWS"),
        pytest.param(GOOGLE, "[SECRET]", id="Google"),
        pytest.param(SLACK, "[SECRET]", id="Slack"),
        pytest.param(OPENAI, "[SECRET]", id="model provider"),
        pytest.param(f"jwt {JWT}", "jwt [SECRET]", id="JWT"),
        pytest.param(f"a {PEM} b", "a [SECRET] b", id="PEM"),
        pytest.param(PEM[:40], "[SECRET]", id="PEM that was cut"),
        pytest.param("https://hooks.slack.com/services/T0/B0/xyz", "[SECRET]", id="Slack hook"),
        pytest.param("https://discord.com/api/webhooks/1/abcdefgh", "[SECRET]", id="Discord hook"),
        pytest.param("pg://jo:s3@db:5432/a", "pg://[SECRET]@db:5432/a", id="address of a database"),
        pytest.param("id aB3dE5fG7hI9jK1lM3nO", "id [SECRET]", id="random word"),
        pytest.param("user jo@example.com in", "user [EMAIL] in", id="e-mail"),
        pytest.param("mail=jo%40example.com&x=1", "mail=[EMAIL]&x=1", id="encoded e-mail"),
        pytest.param("jörg@exämple.de wrote", "[EMAIL] wrote", id="e-mail beyond ASCII"),
        pytest.param("user jo@a.de from 203.0.113.9", "user [EMAIL] from [IP]", id="two kinds"),
        pytest.param("from 203.0.113.9:443", "from [IP]:443", id="IPv4 and port"),
        pytest.param("1.1.1.1,2.2.2.2", "[IP],[IP]", id="list of addresses"),
        pytest.param("from 2001:db8::1 on", "from [IP] on", id="IPv6"),
        pytest.param("fe80:0:0:0:0:0:0:1", "[IP]", id="IPv6 written out"),
        pytest.param("card 4111 1111 1111 1111", "card [CARD]", id="card in groups"),
        pytest.param("card=378282246310005", "card=[CARD]", id="card of 15 digits"),
        pytest.param("2024-05-01 4111111111111111", "2024-05-01 [CARD]", id="card after a date"),
        pytest.param("4111111111111111 12/26 123", "[CARD] 12/26 123", id="card and its expiry"),
        pytest.param("2024 4111-1111-1111-1111", "2024 [CARD]", id="card after a number"),
        pytest.param("3782 822463 10005", "[CARD]", id="card of three groups"),
        pytest.param("DE89 3704 0044 0532 0130 00 PAID", "[IBAN] PAID", id="IBAN and a word"),
        pytest.param("to DE89370400440532013000", "to [IBAN]", id="IBAN unbroken"),
        pytest.param("ssn: 123456789", "ssn: [SSN]", id="SSN by its key"),
        pytest.param("is 123-45-6789", "is [SSN]", id="SSN by its shape"),
        pytest.param("phone: 030 1234567", "phone: [PHONE]", id="phone by its key"),
        pytest.param("call me at 415-555-2671", "call me at [PHONE]", id="phone in prose"),
        pytest.param("to +49 30 1234567", "to [PHONE]", id="international phone"),
        pytest.param("+14155552671, 2024-05-01", "[PHONE], 2024-05-01", id="phone in a list"),
    ],
)
def test_g4_what_is_secret_or_personal_gives_way_to_a_marker(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET /orders 200 in 12 ms",
        "2024-05-01T12:34:56.789Z request took 12ms",
        "invalid token, please sign in",
        "token refresh failed",
        "tests passed: 1234, pass: 12",
        "author=Melville passenger_id: 12345 monkey=banana",
        "token_count=512 max_tokens: 4096 token_type=bearer",
        "auth=ldap signal: SIGTERM",
        "PASSWORD=$DB_PASSWORD password=<*> password=****",
        "primary key 12345678 duplicate",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "uuid 8a533bf9-bd12-4608-a8eb-606890982448",
        "pod checkout-7f8b9c6d5-x2x4z ready",
        "com.shop.CheckoutServiceImplementation2",
        "/api/v1/stationfoodservice/stationfoodstores",
        "order 12345678901234 id 4111111111111112",
        "version 1.2.3.4.5 v1.2.3.4",
        "12:34:56 std::vector add::foo",
        "Wed May 1 12:00:00 +0200 2024-05-01",
        "DE89370400440532013001",
        "Kind: YARN_AM_RM_TOKEN, Service: x",
        "lone \ud800 surrogate",
        "[SECRET] [EMAIL] [IP] [OTHER]",
        "Bearer authentication is required",
    ],
    ids=ascii,
)
def test_clean_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_what_only_shows_beside_a_marker_is_found_in_another_round() -> None:
    token = "npm_" + "a" * 36
    assert redact(token * 3) == "[SECRET]" * 3


def test_d26_a_text_in_which_ever_more_turns_up_is_one_secret() -> None:
    assert redact("before " + ("npm_" + "a" * 36) * 50 + " after") == "[SECRET]"


def test_a08_bytes_that_stand_for_markers_cannot_be_smuggled_in() -> None:
    assert redact("pass\x01word=hunter2 [SEC\x02RET]\x01") == "password=[SECRET] [SECRET]"


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "1", "@", "a@", "1:", ":", "a::1 ", "1.1.1.1.", "password=", "token ", "author="),
        *("passenger=", "password=x1 ", "http://", "a://b:", "-----BEGIN PRIVATE KEY-----"),
        *("eyJaaaaaaa-", "AA00 ", "phone ", "+4912345678 ", "sk_", "é@é.éé", "ssn ", "[SECRET]"),
        *("1-", "1111 ", "4111111111111111 ", "aB3", '\\"', "bearer ", "a@b.co "),
    ],
    ids=ascii,
)
def test_d26_a_hostile_line_of_256_kib_is_redacted_to_the_end(unit: str) -> None:
    line = (unit * (LONG_LINE // len(unit) + 1))[:LONG_LINE]
    redacted = redact(line + " jo@example.com")
    assert "jo@" not in redacted


FRAGMENTS = st.one_of(
    st.sampled_from(
        [
            *(
                "password=",
                "token ",
                "secret: ",
                "Bearer ",
                '"',
                "'",
                "=",
                ":",
                " ",
                ",",
                "is ",
                "[",
            ),
            *(
                "jo@a.de",
                "1.2.3.4",
                "::1",
                "2001:db8::",
                "4111111111111111",
                "DE89370400440532013000",
            ),
            *("+4930123456", "ssn ", "123-45-6789", "phone=", GITHUB, AWS, JWT, PEM, "eyJ", "npm_"),
            *(f"[{kind}]" for kind in KINDS),
            *("a" * 36, "x1", "\x01", "\x07", "é", "\n", "http://a:b", "@", ".", "%40", "SECRET]"),
        ]
    ),
    st.text(max_size=5),
)


@given(st.lists(FRAGMENTS, max_size=12).map("".join))
@settings(max_examples=500)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(
    before=st.text(st.characters(codec="utf-8"), max_size=20),
    after=st.text(st.characters(codec="utf-8"), max_size=20),
)
@settings(max_examples=200)
def test_g4_a_canary_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    assert "hunter2canary" not in redact(f"{before} password=hunter2canary {after}")
    assert "jo.canary@" not in redact(f"{before} jo.canary@example.com {after}")


@given(st.lists(FRAGMENTS, max_size=6).map("".join))
@settings(max_examples=300)
def test_the_quick_look_misses_nothing_that_a_rule_would_find(text: str) -> None:
    content = text.encode("utf-8", "replace")
    if not SUSPICIOUS.search(content):
        assert [finding for rule in RULES for finding in rule(content)] == []
