"""First names: better none than one that is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.messaging.wording.people import first_name


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ann Lee", "Ann"),
        ("Lee, Ann", "Ann"),
        ("Lee,Ann", "Ann"),
        ("Lee, Mary Ann", "Mary"),
        ("van der Berg, Anna", "Anna"),
        ("ANN LEE", "Ann"),
        ("ann lee", "Ann"),
        ("DeShawn McKenzie", "DeShawn"),
        ("MARY-JANE O'NEIL", "Mary-Jane"),
        ("D'Angelo Russell", "D'Angelo"),
        ("José García", "José"),
        ("Mr. John Smith", "John"),
        ("Dr John A. Smith", "John"),
        ("Smith, Mrs. Ann", "Ann"),
        ("John Smith, Jr.", "John"),
        ("John Smith Sr.", "John"),
        ("Ann Lee, MD", "Ann"),
        ("Smith Jr., John", "John"),
        ("John Smith III", "John"),
        # nobody's, or whose is not known
        ("", None),
        ("Ann", None),
        ("Lee,", None),
        (", Ann", "Ann"),
        ("Mr. Smith", None),
        ("Smith, Jr.", None),
        ("Smith, J.", None),
        ("J. Smith", None),
        ("A.J. Smith", None),
        ("Ann & Bob Lee", None),
        ("Lee, Ann & Bob", None),
        ("Ann AND Bob Lee", None),
        ("Ann/Bob Lee", None),
        ("Acme Plumbing, LLC", None),
        ("Acme, Inc.", None),
        ("Desert Homes", None),
        ("The Lees", None),
        ("Estate of John Smith", None),
        ("First Baptist Church", None),
        ("Lee, (tenant) Ann", None),
        ("Smith, \"Bill\" William", None),
        ("Customer 7", None),
        ("Unknown Caller", None),
        ("ann@example.com Lee", None),
    ],
)  # fmt: skip
def test_first_names(name: str, first: str | None) -> None:
    assert first_name(name) == first


@given(st.text(max_size=60))
def test_what_is_found_is_a_word_of_the_name_and_looks_like_one(name: str) -> None:
    found = first_name(name)
    if found is not None:
        assert len(found) > 1 and found.casefold() in name.casefold()
        assert not any(sign in " \n&@0123456789" for sign in found)
