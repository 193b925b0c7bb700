from datetime import date

import pytest

from segue.agent.hear.eras import Years, hull, written_ranges, years_of

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("phrase", "ranges"),
    [
        ("late 80s", [(1986, 1989)]),
        ("mid to late 90s", [(1993, 1999)]),
        ("90s and 2000s", [(1990, 2009)]),
        ("60s and 80s", [(1960, 1969), (1980, 1989)]),
        ("before 1970", [(None, 1969)]),
        ("nothing after the 80s", [(None, 1989)]),
        ("after the 80s", [(1990, None)]),
        ("since 2010", [(2010, None)]),
        ("2018 upwards", [(2018, None)]),
        ("2000s onward", [(2000, None)]),
        ("from 1985 to 1992", [(1985, 1992)]),
        ("between 1990 and 1995", [(1990, 1995)]),
        ("97 to 03", [(1997, 2003)]),
        ("'90s", [(1990, 1999)]),
        ("the eighties", [(1980, 1989)]),
        ("last ten years", [(2016, None)]),
        ("early 20th century", [(1900, 1933)]),
        ("1999", [(1999, 1999)]),
        ("old school", []),
        ("newer", []),
        ("", []),
    ],
)
def test_years_of_a_phrase(phrase: str, ranges: list[tuple[int | None, int | None]]) -> None:
    assert years_of(phrase, TODAY) == ranges


def test_years_apart_are_told_from_years_in_a_row() -> None:
    assert hull([Years(1960, 1969), Years(1980, 1989)]) == (Years(1960, 1989), True)
    assert hull([Years(1990, 1999), Years(2000, 2009)]) == (Years(1990, 2009), False)
    assert hull([Years(None, 1969)]) == (Years(None, 1969), False)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("disco songs between 1978 and 1982, please", ["between 1978 and 1982"]),
        ("soul from the 60s to the late 70s", ["from the 60s to the late 70s"]),
        ("rock 1991-1994", ["1991-1994"]),
        ("something from 1978 and to dance", []),
        ("10 songs from 5 to 7 minutes", []),
        ("only from after 2010", ["after 2010"]),
        ("nothing from before the 90s, please", ["before the 90s"]),
        ("soul since 1999 or newer than 2005", ["since 1999", "newer than 2005"]),
        ("the 60s or earlier", ["the 60s or earlier"]),
        ("after the party, before 5 o'clock", []),
    ],
)
def test_ranges_that_are_written_out_are_found_in_a_message(text: str, ranges: list[str]) -> None:
    assert [text[start:end] for start, end in written_ranges(text)] == ranges
