"""Which tracks bear what a wish names, whatever field it stands in."""

import numpy as np
import pyarrow as pa

from segue.tools.search.labels import FIELDS, LabelIndex


def index() -> LabelIndex:
    rows = [{"moods": ["sad"], "tags": ["Piano"]}, {"genres": ["indie rock"], "instruments": ["piano"]}, {}]
    return LabelIndex(pa.table({field: [row.get(field, []) for row in rows] for field in FIELDS}))


def test_a_track_is_told_by_the_share_of_labels_that_it_bears_in_any_field() -> None:
    assert index().share(["sad", "piano"]).tolist() == [1.0, 0.5, 0.0]


def test_a_label_is_borne_by_whoever_has_one_that_contains_its_words() -> None:
    assert index().share(["Rock"]).tolist() == [0.0, 1.0, 0.0]
    assert index().share(["indie rock and roll"]).tolist() == [0.0, 0.0, 0.0]


def test_what_no_track_bears_does_not_count_and_nothing_wanted_is_nothing() -> None:
    assert index().share(["sad", "lofi beats", "sad"]).tolist() == [1.0, 0.0, 0.0]
    assert not np.any(index().share([]))
    assert not np.any(index().share(["", "!"]))
