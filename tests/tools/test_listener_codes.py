"""What stands for the subjects of taste in a catalog."""

from collections.abc import Iterator

import numpy as np
import pytest

from segue.generator.codes import CodeTable
from segue.generator.track import Track
from segue.memory.events import Subject
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog
from segue.tools.catalog.semantic_ids import open_codes
from segue.tools.listener_codes import STANDING, ListenerCodes


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Catalog, CodeTable, ListenerCodes]]:
    with Catalog.open(default_catalog()) as catalog:
        table = open_codes(catalog)
        yield catalog, table, ListenerCodes(catalog, table)


def test_a_track_is_itself_and_an_unknown_one_nothing(opened: tuple[Catalog, CodeTable, ListenerCodes]) -> None:
    catalog, table, codes_of = opened
    found = codes_of(Subject(kind="track", value=catalog.ids[7]))
    assert np.array_equal(found, table.codes(np.array([7])))
    assert codes_of(Subject(kind="track", value="no such id")).shape == (0, 27)


def bears(track: Track, kind: str) -> bool:
    return {
        "artist": any(artist.name == "Portishead" for artist in track.artists),
        "genre": any("trip hop" in genre for genre in track.genres),
        "era": track.year is not None and 1990 <= track.year <= 1999,
    }[kind]


@pytest.mark.parametrize("subject", [("artist", "portishead"), ("genre", "Trip Hop"), ("era", "the 90s")])
def test_other_subjects_are_tracks_that_bear_them(
    opened: tuple[Catalog, CodeTable, ListenerCodes], subject: tuple[str, str]
) -> None:
    catalog, table, codes_of = opened
    found = codes_of(Subject.model_validate({"kind": subject[0], "value": subject[1]}))
    assert 0 < len(found) <= STANDING
    bearing = [row for row, track in enumerate(catalog) if bears(track, subject[0])]
    allowed = {row.tobytes() for row in table.codes(np.array(bearing))}
    assert all(row.tobytes() in allowed for row in found)


@pytest.mark.parametrize("subject", [("genre", "no such genre"), ("era", "1994"), ("theme", "love"), ("work", "x")])
def test_what_the_catalog_does_not_know_is_nothing(
    opened: tuple[Catalog, CodeTable, ListenerCodes], subject: tuple[str, str]
) -> None:
    assert opened[2](Subject.model_validate({"kind": subject[0], "value": subject[1]})).shape == (0, 27)
