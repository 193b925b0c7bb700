import pytest

from segue.generator.names import artist_key
from segue.memory.contract import START, event
from segue.memory.events import Subject
from segue.memory.groups import members_of
from segue.memory.profile import fold


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("Neil Young & Crazy Horse", {"neil young", "crazy horse"}),
        ("Bob Marley & The Wailers", {"bob marley", "wailers"}),
        ("Prince and the Revolution", {"prince", "revolution"}),
        ("Duke Ellington and His Orchestra", {"duke ellington", "his orchestra"}),
        ("Earth, Wind & Fire", {"earth wind"}),
        ("Simon & Garfunkel", set()),
        ("Prince Royce", set()),
        ("The Wailers", set()),
    ],
)
def test_members_are_whole_names(group: str, members: set[str]) -> None:
    assert set(members_of(artist_key(group))) == members


@pytest.mark.parametrize(
    ("banned", "kept_out", "played"),
    [
        ("Neil Young", ("Neil Young", "Neil Young & Crazy Horse"), ("Crazy Horse", "Paul Young")),
        ("Prince", ("Prince & The Revolution",), ("Prince Royce", "The Fresh Prince")),
        ("The Wailers", ("Bob Marley and The Wailers",), ("Bob Marley",)),
        ("Bob Marley & The Wailers", ("Bob Marley & the Wailers",), ("Bob Marley", "The Wailers")),
        ("Fire", ("fire",), ("Earth, Wind & Fire",)),
    ],
)
def test_a_banned_artist_stays_out_as_a_member_of_groups(
    banned: str, kept_out: tuple[str, ...], played: tuple[str, ...]
) -> None:
    ban = event("b", kind="banned", subject=Subject(kind="artist", value=banned), attributes=())
    taste = fold([ban], START)

    def keeps_out(artist: str) -> bool:
        return taste.is_banned([Subject(kind="artist", value=artist)])

    assert [artist for artist in kept_out if not keeps_out(artist)] == []
    assert [artist for artist in played if keeps_out(artist)] == []
