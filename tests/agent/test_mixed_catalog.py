"""Tracks and podcast episodes live in one space of semantic IDs, and whoever asks for music gets music."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from segue.agent.hear.hearer import Hearer
from segue.agent.wish import ThreadView
from segue.generator.compact_generator import CompactGenerator
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.importing.library import import_sources
from segue.tools.radio import radio
from segue.tools.ranking.recommend import Recommender
from segue.tools.ranking.situation import Situation
from segue.tools.ranking.stock import Stock
from segue.tools.search.filters import Filters

SHOWS = {"History Hour": "history", "Star Talkers": "science", "Cold Case Files": "true crime"}
ARTISTS = {"Nina Holt": "jazz", "Otis Gray": "soul", "The Voltas": "rock"}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    folder = tmp_path_factory.mktemp("mixed")
    rows = [
        {"id": f"{kind[0]}{name[0]}{number}", "title": f"{genre} {number}", "artist": name, "genres": [genre]}
        | ({"kind": kind} if kind == "episode" else {})
        for kind, names in (("track", ARTISTS), ("episode", SHOWS))
        for name, genre in names.items()
        for number in range(4)
    ]
    rows.append({"id": "film", "title": "A film", "artist": "Nobody", "kind": "film"})
    (folder / "mixed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    summary = import_sources(folder / "catalog", [folder / "mixed.jsonl"])
    assert summary.reasons == {"kind: Input should be 'track' or 'episode'": 1}
    with Catalog.open(folder / "catalog") as catalog:
        yield Stock(catalog)


def kinds(stock: Stock, positions: list[int]) -> set[str]:
    return {stock.catalog.at(position).kind for position in positions}


def test_both_kinds_have_ids_of_one_space(stock: Stock) -> None:
    codes = stock.codes.codes(np.arange(len(stock)))
    assert codes.shape[0] == len(stock) == 24
    assert kinds(stock, list(range(24))) == {"track", "episode"}


def test_words_that_fit_episodes_alone_find_them_only_where_they_are_asked_for(stock: Stock) -> None:
    plain = stock.searcher.search("history", k=24)
    assert {hit.track.kind for hit in plain.hits} == {"track"}
    asked = stock.searcher.search("history", k=24, filters=Filters(kinds=("episode",)))
    assert asked.hits[0].track.artist == "History Hour"
    assert {hit.track.kind for hit in asked.hits} == {"episode"}


def test_recommending_keeps_to_the_kind(stock: Stock) -> None:
    recommender = Recommender(stock.catalog)
    for filters, expected in ((None, "track"), (Filters(kinds=("episode",)), "episode")):
        found = recommender.recommend(Situation("history"), 24, filters=filters)
        assert {one.track.kind for one in found.tracks} == {expected}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("play me a podcast about history", ("episode",)),
        ("an episode of Star Talkers", ("episode",)),
        ("some jazz", ()),
        ("some mellow music for my podcast", ()),
        ("some jazz, no podcasts", ()),
    ],
)
def test_a_message_asks_for_a_kind(stock: Stock, message: str, expected: tuple[str, ...]) -> None:
    assert Hearer(stock.catalog, stock.searcher).hear(message, ThreadView()).filters.kinds == expected


def test_a_catalog_of_music_says_that_it_has_no_episodes() -> None:
    with Catalog.open(default_catalog()) as catalog:
        wish = Hearer(catalog).hear("play me a podcast about history", ThreadView())
    assert "this catalog has no podcast episodes" in [one.why for one in wish.unmet]


def test_a_station_keeps_the_kind_of_its_seeds(stock: Stock) -> None:
    generator = CompactGenerator.load(tokenizer=stock.codes.fingerprint)
    track, episode = stock.catalog.position("tN0"), stock.catalog.position("eS0")
    for seeds in ([track], [episode], [track, episode]):
        assert kinds(stock, list(radio(stock, generator, seeds))) == kinds(stock, seeds)
