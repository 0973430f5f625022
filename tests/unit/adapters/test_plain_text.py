"""Texts that a terminal would obey are made plain in no more time than their length asks for."""

import time

import pytest

from vigil.adapters.plain_text import plain


@pytest.mark.parametrize("begun", ["\x9d", "\x9da", "\x1b]", "\x9b0", "\x1b["], ids=ascii)
def test_d26_sequences_that_are_begun_and_never_ended_take_no_time(begun: str) -> None:
    began = time.process_time()

    shown = plain(begun * 20_000)

    assert time.process_time() - began < 0.3
    assert shown.isprintable()
