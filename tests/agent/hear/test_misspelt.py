"""Artists' names as people type them, over the catalog that ships."""

from collections.abc import Iterator

import pytest

from segue.agent.hear import Hearer
from segue.agent.wish import ThreadView
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog


@pytest.fixture(scope="module")
def shipped() -> Iterator[Hearer]:
    with Catalog.open(default_catalog()) as catalog:
        yield Hearer(catalog)


@pytest.mark.parametrize("message", ["gimme sum beatels", "play beatels", "songs by beatels"])
def test_a_misspelt_name_is_that_artist(shipped: Hearer, message: str) -> None:
    wish = shipped.hear(message)
    assert (wish.want.artists, wish.want.genres, wish.filters.artists) == (("The Beatles",), (), ("The Beatles",))


def test_a_wish_without_a_word_of_refusal_rules_out_nobody(shipped: Hearer) -> None:
    wish = shipped.hear("sme musik lik radiohed plz")
    assert (wish.avoid.text(), wish.like) == ("", ("Radiohead",))


def test_an_unknown_word_that_is_like_nobody_stays_a_quality(shipped: Hearer) -> None:
    first = shipped.hear("some pop")
    wish = shipped.hear("something more twangy and vibey", ThreadView(wish=first))
    assert (wish.want.artists, wish.like, wish.missing) == ((), (), ())
