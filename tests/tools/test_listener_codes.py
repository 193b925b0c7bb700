"""What stands for the subjects of taste in a catalog."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from segue.generator.codes import CodeTable
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


def bearing(catalog: Catalog, kind: str) -> list[int]:
    column = catalog.table[{"artist": "artists", "genre": "genres", "era": "released"}[kind]].to_pylist()
    bears: dict[str, Callable[[Any], bool]] = {
        "artist": lambda artists: any(artist["name"] == "Portishead" for artist in artists),
        "genre": lambda genres: any("trip hop" in genre for genre in genres or ()),
        "era": lambda released: (released or "").startswith("199"),
    }
    return [row for row, value in enumerate(column) if bears[kind](value)]


@pytest.mark.parametrize("subject", [("artist", "portishead"), ("genre", "Trip Hop"), ("era", "the 90s")])
def test_other_subjects_are_tracks_that_bear_them(
    opened: tuple[Catalog, CodeTable, ListenerCodes], subject: tuple[str, str]
) -> None:
    catalog, table, codes_of = opened
    found = codes_of(Subject.model_validate({"kind": subject[0], "value": subject[1]}))
    assert 0 < len(found) <= STANDING
    allowed = {row.tobytes() for row in table.codes(np.array(bearing(catalog, subject[0])))}
    assert all(row.tobytes() in allowed for row in found)


@pytest.mark.parametrize("subject", [("genre", "no such genre"), ("era", "1994"), ("theme", "love"), ("work", "x")])
def test_what_the_catalog_does_not_know_is_nothing(
    opened: tuple[Catalog, CodeTable, ListenerCodes], subject: tuple[str, str]
) -> None:
    assert opened[2](Subject.model_validate({"kind": subject[0], "value": subject[1]})).shape == (0, 27)
