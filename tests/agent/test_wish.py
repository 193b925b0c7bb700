import pytest
from pydantic import ValidationError

from segue.agent.wish import Facets, Wish


def test_facets_join_what_both_want_each_once() -> None:
    ours, theirs = Facets(genres=("Jazz",), moods=("mellow",)), Facets(genres=("jazz", "soul"))
    assert ours.merge(theirs) == Facets(genres=("Jazz", "soul"), moods=("mellow",))


def test_facets_drop_what_another_has_whatever_its_case() -> None:
    assert Facets(genres=("Hip-Hop", "soul")).without(Facets(genres=("hip hop",))) == Facets(genres=("soul",))


def test_facets_are_true_where_they_name_something() -> None:
    assert not Facets()
    assert Facets(eras=("80s",)).items() == (("eras", "80s"),)


def test_a_wish_survives_being_stored_as_plain_data() -> None:
    wish = Wish(act="refine", text="slower", want=Facets(sound=("slower",)), nearest={"Sdae": "Sade"})
    assert Wish.model_validate(wish.model_dump(mode="json")) == wish


def test_a_count_of_nothing_is_no_count() -> None:
    with pytest.raises(ValidationError):
        Wish(act="request", text="", count=0)
