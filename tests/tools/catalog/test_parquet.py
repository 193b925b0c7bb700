from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.generator.track import KEYS, Artist, Credit, ExternalIds, Listened, Sound, Track
from segue.tools.catalog.parquet import SCHEMA, from_rows, ids_of, read_table, to_batch, write_parquet

# Text as it comes: any character at all; the model cleans it, and may find nothing left.
text = st.text(min_size=1, max_size=12)
names = st.lists(text, max_size=3)
maybe = st.none() | text
share = st.none() | st.floats(0, 1)
floats = st.lists(st.floats(-1e6, 1e6, allow_nan=False), max_size=3)
visible = text.filter(lambda value: any(c.isalnum() for c in value))
artists = st.fixed_dictionaries(
    {"name": visible},
    optional={
        "kind": maybe, "gender": maybe, "origin": maybe, "active_from": st.none() | st.integers(0, 2100),
        "genres": names, "associated": names, "about": maybe,
    },
)  # fmt: skip
sounds = st.fixed_dictionaries(
    {},
    optional={
        "energy": share, "valence": share, "loudness": st.none() | st.floats(-120, 30), "timbre": floats,
    },
)  # fmt: skip
raw_tracks = st.fixed_dictionaries(
    {"id": visible, "title": visible, "artists": st.lists(artists, min_size=1, max_size=2)},
    optional={
        "album": maybe, "version": maybe, "genres": names, "tags": names, "language": maybe, "sound": sounds,
        "credits": st.lists(st.fixed_dictionaries({"name": visible}, optional={"role": maybe}), max_size=2),
        "tempo": st.none() | st.floats(0.1, 1000), "key": st.none() | st.sampled_from(KEYS),
        "released": st.none() | st.sampled_from(["1999", "1999-05", "1999-05-17"]),
        "facts": names, "plays": st.integers(0, 2**53), "popularity": share, "links": names,
        "listened": st.lists(
            st.fixed_dictionaries({"id": visible}, optional={"position": st.none() | st.integers(0, 2**53)}), max_size=2
        ),
        "ids": st.fixed_dictionaries({}, optional={"isrc": names, "youtube": names}),
    },
)  # fmt: skip
tracks = st.lists(raw_tracks.map(Track.model_validate), max_size=6)


@settings(deadline=None, max_examples=150)
@given(tracks)
def test_rows_hold_everything_that_a_track_holds(given_tracks: list[Track]) -> None:
    batch = to_batch(given_tracks)
    assert list(from_rows(batch)) == given_tracks


@settings(deadline=None, max_examples=50)
@given(tracks, st.integers(0, 5), st.integers(0, 5))
def test_a_slice_of_rows_gives_the_tracks_of_that_slice(given_tracks: list[Track], start: int, length: int) -> None:
    table = pa.Table.from_batches([to_batch(given_tracks[:2]), to_batch(given_tracks[2:])])
    assert list(from_rows(table.slice(start, length))) == given_tracks[start : start + length]


def full_track() -> Track:
    return Track(
        id="a/b é",
        title="Ночь",
        artists=(Artist(name="Ёлка", about="sings", active_from=1990), Artist(name="大橋トリオ")),
        album="Live (1999)",
        work_id="w",
        credits=(Credit(name="X", role="writer"),),
        sound=Sound(energy=0.1, embedding=(0.1, -2.5), embedding_model="clap"),
        tempo=119.99,
        key="F# minor",
        released="1999-05",
        listened=(Listened(id="p", kind="session", name="gym", position=3),),
        ids=ExternalIds(spotify=("s1", "s2")),
    )


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    assert write_parquet(path, [to_batch([full_track()]), to_batch([])]) == 1
    table = read_table(path, verify=True)
    assert list(from_rows(table)) == [full_track()]
    assert ids_of(table) == ["a/b é"]


def test_the_schema_has_a_column_for_every_field_of_a_track() -> None:
    assert list(Track.model_fields) == SCHEMA.names
    assert [SCHEMA.field("sound").type.field(i).name for i in range(SCHEMA.field("sound").type.num_fields)] == list(
        Sound.model_fields
    )


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": ["1"], "title": ["x"]}), path)
    with pytest.raises(ValueError, match="columns"):
        read_table(path)
