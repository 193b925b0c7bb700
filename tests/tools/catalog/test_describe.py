from segue.generator.track import Artist, ExternalIds, Listened, Track
from segue.tools.catalog.describe import FACT_CHARACTERS, describe


def test_a_description_holds_what_a_listener_would_ask_for() -> None:
    track = Track(
        id="1", title="Feeling Good", work_id="w", album="I Put a Spell on You", released="1965-06",
        artists=(Artist(name="Nina Simone", origin="USA", genres=("jazz",), about="The High Priestess of Soul."),),
        genres=("soul", "jazz"), moods=("triumphant",), vocals="female", language="English", tempo_class="slow",
        facts=("Written for a musical.", "A second fact."),
    )  # fmt: skip
    assert describe(track) == (
        "Feeling Good by Nina Simone. album I Put a Spell on You. 1965, 1960s. genre: soul, jazz. mood: triumphant. "
        "female vocals. in English. slow tempo. from USA. Written for a musical.. The High Priestess of Soul."
    )


def test_join_keys_and_listening_are_no_part_of_it() -> None:
    bare = Track(id="1", title="A", artists=(Artist(name="B"),), work_id="w")
    listened = bare.model_copy(
        update={"ids": ExternalIds(youtube=("xyz",)), "listened": (Listened(id="p", name="Gym"),), "plays": 5}
    )
    assert describe(bare) == describe(listened) == "A by B"


def test_long_stories_are_cut() -> None:
    track = Track(id="1", title="A", artists=(Artist(name="B", about="x" * 5000),), work_id="w", facts=("y" * 5000,))
    assert describe(track) == f"A by B. {'y' * FACT_CHARACTERS}. {'x' * FACT_CHARACTERS}"
