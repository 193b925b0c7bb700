from pathlib import Path

import numpy as np
import pytest

from segue.generator.errors import CatalogCorrupt, QueryError
from segue.generator.track import Track
from segue.tools.search.lexical import FOLDER, LexicalIndex


def track(**fields: object) -> Track:
    return Track.model_validate(fields)


TRACKS = [
    track(id="a", title="Blue Train", artists=["John Coltrane"], released="1958", genres=["hard bop"]),
    track(id="b", title="Train in Vain", artists=["The Clash"], released="1979", genres=["punk"], moods=["wry"]),
    track(id="c", title="夜に駆ける", artists=["YOASOBI"], released="2019-12-15", genres=["j-pop"]),
    track(id="d", title="Ballad", artists=["Nobody"], tags=["trains"]),
]


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex.build(TRACKS)


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("coltrane", 0),
        ("the clash train", 1),
        ("1950s", 0),
        ("fifties bop", 0),
        ("夜に駆ける", 2),
        ("駆ける", 2),
        ("ballads", 3),
    ],
)
def test_finds(index: LexicalIndex, query: str, best: int) -> None:
    assert index.query(query, 3).positions[0] == best


def test_only_what_matches_and_is_allowed(index: LexicalIndex) -> None:
    assert sorted(index.query("trains", 10).positions.tolist()) == [0, 1, 3]
    assert index.query("trains", 10, allowed=np.array([False, True, True, False])).positions.tolist() == [1]
    assert len(index.query("xylophone", 10).positions) == 0


def test_fields_are_scored_apart(index: LexicalIndex) -> None:
    scores = index.field_scores("train")
    assert scores["title"].nonzero()[0].tolist() == [0, 1]
    assert scores["tags"].nonzero()[0].tolist() == [3]


def test_survives_the_disk(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    opened = LexicalIndex.open(tmp_path)
    for query in ("train", "1970s punk", "夜"):
        assert np.array_equal(opened.scores(query), index.scores(query))


def test_damage_is_refused(index: LexicalIndex, tmp_path: Path) -> None:
    with pytest.raises(CatalogCorrupt):
        LexicalIndex.open(tmp_path)
    index.save(tmp_path)
    (tmp_path / FOLDER / "meta.json").write_text("{}")
    with pytest.raises(CatalogCorrupt):
        LexicalIndex.open(tmp_path)


def test_malformed_searches_are_refused(index: LexicalIndex) -> None:
    with pytest.raises(QueryError):
        index.query("train", 0)
    with pytest.raises(QueryError):
        index.query("train", 1, allowed=np.ones(3, dtype=bool))


def test_a_catalog_without_any_words_can_be_indexed() -> None:
    assert len(LexicalIndex.build([]).query("train", 3).positions) == 0
