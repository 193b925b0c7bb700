"""Billings are split where names end, and nowhere else."""

import pytest

from segue.generator.names import artist_key
from segue.tools.importing.artists import featured_in, split_artists


@pytest.mark.parametrize(
    ("billing", "names"),
    [
        ("Nina Simone", ["Nina Simone"]),
        ("Young Thug, Quavo, Offset", ["Young Thug", "Quavo", "Offset"]),
        ("A; B | C", ["A", "B", "C"]),
        ("Tyler, The Creator", ["Tyler, The Creator"]),
        ("Tyler, The Creator, Lil Wayne", ["Tyler, The Creator", "Lil Wayne"]),
        ("Earth, Wind & Fire", ["Earth, Wind & Fire"]),
        ("Earth, Wind & Fire, Ramsey Lewis", ["Earth, Wind & Fire", "Ramsey Lewis"]),
        ("Doja Cat, The Weeknd", ["Doja Cat", "The Weeknd"]),
        ("Beatles, The", ["The Beatles"]),
        ("Simon & Garfunkel", ["Simon & Garfunkel"]),
        ("Little Feat", ["Little Feat"]),
        ("AC/DC", ["AC/DC"]),
        ("Obie Trice feat. Dr. Dre, Dr. Dre", ["Obie Trice", "Dr. Dre"]),
        ("Tallak feat,Viv Gee", ["Tallak", "Viv Gee"]),
        ("Rihanna (feat. JAY-Z)", ["Rihanna", "JAY-Z"]),
    ],
)
def test_billings(billing: str, names: list[str]) -> None:
    assert split_artists(billing) == names


def test_an_ampersand_divides_only_artists_that_are_known_alone() -> None:
    known = {artist_key("Kygo"), artist_key("Selena Gomez")}.__contains__
    assert split_artists("Kygo & Selena Gomez", known) == ["Kygo", "Selena Gomez"]
    assert split_artists("Hall & Oates", known) == ["Hall & Oates"]


def test_guests_in_a_title() -> None:
    assert featured_in("Umbrella (feat. JAY-Z)") == ["JAY-Z"]
    assert featured_in("Umbrella") == []
