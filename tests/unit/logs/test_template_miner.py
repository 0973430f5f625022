"""Templates: learned from the words in their places, in bounded memory, with ids that last."""

import string
from random import Random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.logs.template_miner import OTHER, OTHER_ID, TEMPLATES, WORDS, TemplateMiner
from vigil.logs.template_tokens import tokens_of

NAMES = ("ann", "ben", "cleo", "dora", "emil", "faye")
STATES = ("started", "stopped", "failed")


def learned(lines: list[str]) -> TemplateMiner:
    miner = TemplateMiner()
    for line in lines:
        miner.learn_one(line)
    return miner


def texts(miner: TemplateMiner, lines: list[str]) -> list[str]:
    """Return the text of each line's template, when all of them have been learned."""
    return [miner.text_of(str(miner.find_one(line))) for line in lines]


def test_many_words_in_a_place_are_a_variable() -> None:
    lines = [f"login of {name} refused" for name in NAMES]
    assert texts(learned(lines), lines) == ["login of <*> refused"] * len(NAMES)


def test_few_words_in_a_place_are_templates_of_their_own() -> None:
    lines = [f"worker has {state} again" for state in STATES]
    assert texts(learned(lines * 9), lines) == lines


def test_places_become_variables_one_after_the_other() -> None:
    lines = [f"{who} of {where} on watch" for who in ("lock", "copy") for where in NAMES]
    moved = [f"move of {one} to {other} done" for one in NAMES for other in NAMES]
    found = texts(learned(lines + moved), moved)
    assert set(found) == {"move of <*> to <*> done"}


@pytest.mark.parametrize(
    ("masked", "tokens"),
    [
        pytest.param("blk_<*> gone", "<*> gone", id="all that is joined to a variable"),
        pytest.param("bglio716 is up", "<*> is up", id="a name with a number"),
        pytest.param("S3Client threw OAuth2Error", "S3Client threw OAuth2Error", id="names"),
        pytest.param("to <*> <*> <*> done", "to <*> done", id="a list of variables"),
        pytest.param("depth.......<*> set", "depth......<*> set", id="a line of dots"),
        pytest.param("lock(tag=view, ws=null)", "lock(tag=<*>, ws=<*>)", id="values of keys"),
    ],
)
def test_what_varies_varies_whole(masked: str, tokens: str) -> None:
    assert " ".join(tokens_of(masked)) == tokens


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([f"{name} was here" for name in NAMES], id="the first word"),
        pytest.param(list(NAMES), id="a single word"),
        pytest.param([f"<*> {name}" for name in NAMES], id="the only word left"),
    ],
)
def test_what_a_line_is_about_is_no_variable(lines: list[str]) -> None:
    assert texts(learned(lines), lines) == lines


def test_a_word_joins_the_template_that_has_a_variable_in_its_place() -> None:
    lines = ["reply to <*> sent", "reply to root sent"]
    assert set(texts(learned(lines), lines)) == {lines[0]}
    assert set(texts(learned(lines[::-1]), lines)) == {lines[0]}


def test_ids_stay_when_templates_are_joined() -> None:
    miner = TemplateMiner()
    ids = [miner.learn_one(f"login of {name} refused") for name in NAMES]
    assert {miner.resolve(each) for each in ids} == {ids[-1]}
    assert ids[-1] in ids[:WORDS]


LINES = [f"{verb} of {name} ended" for verb in ("copy", "move") for name in NAMES]
LINES += [f"disk {state}" for state in STATES]


@given(st.permutations(LINES))
def test_a02_what_is_one_template_does_not_depend_on_the_order(lines: list[str]) -> None:
    miner = learned(lines)
    assert texts(miner, LINES) == texts(learned(LINES), LINES)
    assert [miner.find_one(line) for line in lines] == [miner.learn_one(line) for line in lines]


@given(st.lists(st.sampled_from(LINES), max_size=40), st.sampled_from(LINES))
def test_a_state_comes_back_as_it_was(lines: list[str], next_line: str) -> None:
    miner = learned(lines)
    again = TemplateMiner.from_json(orjson.loads(orjson.dumps(miner.to_json())))
    assert again.to_json() == miner.to_json()
    assert again.find_one(next_line) == miner.find_one(next_line)
    assert again.learn_one(next_line) == miner.learn_one(next_line)
    assert again.to_json() == miner.to_json()


@given(st.lists(st.sampled_from(LINES)), st.lists(st.sampled_from(LINES)))
def test_two_miners_agree_once_one_has_absorbed_the_other(one: list[str], other: list[str]) -> None:
    first, second = learned(one), learned(other)
    told = [second.learn_one(line) for line in LINES]
    first.absorb(second)
    assert texts(first, LINES) == texts(second, LINES)
    assert [first.text_of(each) for each in told] == [second.text_of(each) for each in told]


def words(chance: Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=7))


def test_a19_random_lines_take_bounded_memory_and_push_nothing_out() -> None:
    chance = Random(7)
    known = [f"checkout {word} done" for word in STATES]
    miner = learned(known * 5)
    for _ in range(20_000):
        miner.learn_one(" ".join(words(chance) for _ in range(6)))
    assert len(miner) <= TEMPLATES
    assert texts(miner, known) == known
    assert len(orjson.dumps(miner.to_json())) < 100_000


def test_a19_what_has_no_room_is_one_template() -> None:
    chance = Random(7)
    often = [f"{words(chance)} {words(chance)}" for _ in range(TEMPLATES)]
    miner = learned(often * 3)
    assert miner.learn_one("something quite new") == OTHER_ID
    assert miner.text_of(OTHER_ID) == OTHER
    assert miner.find_one("something quite new") is None
    assert miner.text_of(str(miner.find_one(often[0]))) == often[0]
