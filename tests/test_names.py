"""names: what a name may be, and how it is kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewshot.errors import BadName
from fewshot.names import clean_name, storable


def test_a_decomposed_name_is_the_composed_one() -> None:
    assert clean_name(unicodedata.normalize("NFD", "Amélie")) == "Amélie"


def test_space_around_a_name_is_dropped() -> None:
    assert clean_name("  megumin \n") == "megumin"


@pytest.mark.parametrize("name", ["めぐみん", "a b", "two\nlines", "🧙‍♀️"])
def test_a_name_in_any_script_stays_itself(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("name", ["", "   ", "\n", "x" * 256, "a\0b"])
def test_a_name_that_cannot_be_kept_is_refused(name: str) -> None:
    with pytest.raises(BadName):
        clean_name(name)


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert storable("caf\udce9") == "caf\ufffd"


@given(st.text(min_size=1, max_size=100))
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    try:
        once = clean_name(name)
    except BadName:
        return
    assert clean_name(once) == once
    once.encode("utf-8")
