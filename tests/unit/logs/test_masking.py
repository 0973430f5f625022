import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vigil.logs.masking import (
    LINE_LIMIT,
    _masked_line,
    _masked_token,
    mask,
    redacted_line,
    telling_line,
)


def template_of(message: str) -> str:
    """Return the text of a line as it is kept: masked only after it is redacted."""
    return mask(redacted_line(message))


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        pytest.param("took 12 ms, 3.5s", "took <*> ms, <*>", id="numbers with units"),
        pytest.param("user=8841 left", "user=<*> left", id="value of a key"),
        pytest.param("blk_-160899 gone", "blk_<*> gone", id="signed number in a name"),
        pytest.param("chip FF:AA:BB:CC:DD:EE up", "chip <*> up", id="hardware address"),
        pytest.param("at ns.example.org:53", "at <*>", id="host"),
        pytest.param("caught java.io.IOError", "caught java.io.IOError", id="class"),
        pytest.param("from 10.0.0.7:8080 on", "from <*> on", id="IP address and port"),
        pytest.param("get https://a.b/c?d=e now", "get <*> now", id="URL"),
        pytest.param("mail to ann@example.com ok", "mail to <*> ok", id="address of a person"),
        pytest.param("at 2026-01-20T12:00:00.5Z", "at <*>", id="timestamp"),
        pytest.param("order 0a1b2c3d-0000-4000-8000-abcdefabcdef", "order <*>", id="UUID"),
        pytest.param(
            "order fadedcab-0000-4000-8000-abcdefabcdef", "order <*>", id="UUID of letters"
        ),
        pytest.param("commit deadbeef01 built", "commit <*> built", id="hexadecimal id"),
        pytest.param("Java2Exception in S3Client", "Java2Exception in S3Client", id="names stay"),
        pytest.param("GET /payment refused", "GET /payment refused", id="fixed paths stay"),
        pytest.param("  many   blanks\there ", "many blanks here", id="blanks"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_varies_is_masked_and_what_names_a_thing_stays(line: str, masked: str) -> None:
    assert mask(line) == masked


@pytest.mark.parametrize(
    ("message", "line"),
    [
        pytest.param("\n  refused\nby the bank", "refused", id="first line that says anything"),
        pytest.param(
            "java.io.IOException: x\n\tat a.b(C.java:1)", "java.io.IOException: x", id="Java"
        ),
        pytest.param(
            'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 7\n',
            "KeyError: 7",
            id="Python",
        ),
        pytest.param("x" * 5000, "x" * LINE_LIMIT, id="no longer than the limit"),
    ],
)
def test_the_telling_line_is_the_one_that_names_the_failure(message: str, line: str) -> None:
    assert telling_line(message) == line


def test_a_template_is_redacted_and_its_id_comes_from_what_is_left() -> None:
    first = template_of("login refused: password=hunter-b")
    second = template_of("login refused: password=sesame-c")
    assert "hunter" not in first
    assert first == second
    assert first != template_of("login accepted")


def test_g4_a_random_key_is_redacted_before_masking_breaks_it_apart() -> None:
    text = template_of("refused key iMQBDcDLPY4i6zi2XkY6+8841a of order 12")
    assert "iMQB" not in text
    assert text.endswith("of order <*>")


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        pytest.param("jane.doe@example.com", "jane", id="e-mail"),
        pytest.param("4111 1111 1111 1111", "4111 1111", id="card"),
        pytest.param("ghp_" + "CaNaRy0123456789" * 2 + "abcd", "ghp", id="key"),
        pytest.param("password=hunter-of-the-lost-key", "hunter", id="keyed secret"),
    ],
)
@pytest.mark.parametrize("earlier", ["", "ghp_" + "CaNaRy0123456789" * 12 + " "], ids=["", "long"])
def test_g4_no_part_of_a_secret_is_left_where_a_line_is_cut(
    secret: str, part: str, earlier: str
) -> None:
    for length in range(LINE_LIMIT - 40, LINE_LIMIT + 220):
        start = f"{earlier}{'x y ' * 130}"[:length]
        line = f"{start} {secret} and more words follow"
        assert part not in redacted_line(line)
        assert part not in template_of(line)


def test_a_long_secret_does_not_hide_what_stands_before_it() -> None:
    assert redacted_line(f"invalid token ghp_{'CaNaRy01' * 99}") == "invalid token [SECRET]"


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "-", "a-", "1.", "/", "abcdef", "a@", "aaaaaaaa-", "x://", "_1", "é", "\u202e9"],
)
def test_a19_d26_a_hostile_message_is_cut_before_it_is_masked(piece: str) -> None:
    assert len(mask(piece * 130_000)) <= LINE_LIMIT * len("<*>")


def test_a19_memory_stays_bounded_when_every_line_is_new() -> None:
    for number in range(10_000):
        letters = "".join(string.ascii_letters[int(digit)] for digit in f"{number:05}")
        template_of(f"boom ({letters})")
    for cached in (_masked_token, _masked_line):
        assert cached.cache_info().currsize <= cached.cache_parameters()["maxsize"]


LINES = ["user 1 left", "user 2 left", "user left", "mail to a@b.cd", "mail to c@d.ef", "x=1 y=2"]


@given(st.permutations(LINES))
def test_a02_templates_do_not_depend_on_the_order_of_lines(lines: list[str]) -> None:
    expected = {line: template_of(line) for line in LINES}
    assert {line: template_of(line) for line in lines} == expected
    assert len(set(expected.values())) == 4


WORDS = st.lists(
    st.sampled_from(["of", "n=7a", "(x,9)", "a.b.c", "..4", "é9", "S3Client", "x:1:2", "[SECRET]"])
)


@given(st.text(max_size=60), WORDS)
def test_a_line_that_differs_by_its_digits_is_masked_to_the_same(text: str, words: str) -> None:
    line = " ".join([text.replace("\n", " "), *words])
    other = line.translate(str.maketrans("0123456789", "8905671234"))
    # Names keep their digits, and nothing else does.
    assume(not any(digit in mask(line) for digit in string.digits))
    assert mask(line) == mask(other)


@given(st.lists(st.sampled_from(["S3", "S4Client", "é9", "17", "v2.1", "n=7a", "of", "x1y"])))
def test_each_word_of_a_line_is_masked_for_itself_and_keeps_its_own_digits(
    words: list[str],
) -> None:
    assert mask(" ".join(words)) == " ".join([mask(word) for word in words])


@given(WORDS)
def test_what_is_masked_is_masked_to_itself(words: list[str]) -> None:
    masked = mask(" ".join(words))
    assert mask(masked) == masked


@given(st.text(max_size=100))
def test_masking_takes_every_text_and_masks_a_bare_number_in_it(text: str) -> None:
    assert mask(f"{text.replace(chr(10), ' ')} 12345").endswith("<*>")
