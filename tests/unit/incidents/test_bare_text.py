"""Nothing in what a model wrote can be followed, rendered or hidden (FAULTS D22)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.incidents.bare_text import bare


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("see https://evil.example/?q=secret now", "see [link] now", id="an address"),
        pytest.param("see HTTPS://evil.example", "see [link]", id="in capitals"),
        pytest.param("see ftp://evil.example", "see [link]", id="another scheme"),
        pytest.param("see //evil.example/x", "see [link]", id="without a scheme"),
        pytest.param("see www.evil.example", "see [link]", id="a habit"),
        pytest.param("see evil.example/x?d=1", "see [link]", id="a bare host with a path"),
        pytest.param("mailto:a@evil.example", "[link]", id="mail"),
        pytest.param("javascript:alert(1)", "[link]", id="script"),
        pytest.param("data:text/html,x", "[link]", id="data"),
        pytest.param("\uff48ttp\uff1a//evil.example", "[link]", id="in wide letters"),
        pytest.param("h\u200bttp://evil.example", "[link]", id="with a letter of no width"),
        pytest.param("![a](http://evil.example/p.png)", "a", id="an image"),
        pytest.param("[text](http://evil.example)", "text", id="a link"),
        pytest.param(
            "[![a](http://x.y)](http://evil.example)", "[a] ([link]", id="an image in a link"
        ),
        pytest.param("<img src=x onerror=alert(1)>hi", "hi", id="a tag"),
        pytest.param("<!-- hidden -->hi", "hi", id="a comment"),
        pytest.param("<scr<b>ipt>hi", "hi", id="a tag in a tag"),
        pytest.param("# A **bold** `word`", "A bold word", id="mark-up"),
        pytest.param("a\n\n- b\tc", "a - b c", id="lines"),
        pytest.param("a\x1b[31mb\x00c", "a [31mb c", id="control characters"),
        pytest.param("ab\u202edc", "abdc", id="direction"),
        pytest.param(
            "timeout after <*> ms", "timeout after <*> ms", id="what varies in a template"
        ),
        pytest.param(
            "java.lang.NullPointerException", "java.lang.NullPointerException", id="class"
        ),
        pytest.param("error_rate is 0.95", "error_rate is 0.95", id="a metric"),
        pytest.param("[EMAIL] has failed", "[EMAIL] has failed", id="a marker"),
    ],
)
def test_d22_a_text_is_bare(text: str, expected: str) -> None:
    assert bare(text, 100) == expected


@given(st.text(alphabet="ab/:.[]()!<>`*# htp\n", max_size=80))
def test_d22_what_is_bare_stays_so_and_holds_no_address(text: str) -> None:
    once = bare(text, 60)

    assert bare(once, 60) == once
    assert len(once) <= 60
    assert "//" not in once
    assert "](" not in once


def test_a_text_that_is_cut_says_so() -> None:
    assert bare("abcdef", 4) == "abc…"


@pytest.mark.parametrize("piece", ["[", "<a", "a.", "http:", "![]("])
def test_a_hostile_text_takes_no_longer_than_others(piece: str) -> None:
    assert len(bare(piece * 1_000_000, 300)) <= 300
