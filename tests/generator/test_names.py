import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.generator.names import artist_key, fold, split_title, work_key


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Beyoncé", "beyonce"),
        ("Guns N’ Roses", "guns n roses"),
        ("AC/DC", "ac dc"),
        ("Sigur Rós & Björk", "sigur ros and bjork"),
        ("A$AP Rocky", "asap rocky"),
        ("Mø", "mo"),
        ("宇多田ヒカル", "宇多田ヒカル"),
        ("방탄소년단", "방탄소년단"),
        ("!!!", "!!!"),
    ],
)
def test_fold_forgets_how_a_name_was_typed(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_fold_is_idempotent_and_never_loses_a_visible_name(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert bool(fold(text)) or not any(c.isalnum() for c in text)


def test_the_article_does_not_make_another_artist() -> None:
    assert artist_key("The Beatles") == artist_key("beatles")
    assert artist_key("The The") == "the"


@pytest.mark.parametrize(
    ("title", "base", "version"),
    [
        ("Bohemian Rhapsody - Remastered 2011", "Bohemian Rhapsody", "remaster"),
        ("Stan (Live at the Apollo) - 2004 Remaster", "Stan", "live"),
        ("Hey Ya! (Radio Mix)", "Hey Ya!", "radio edit"),
        ("Memories - Dillon Francis Remix", "Memories", "remix"),
        ("Hurt (In the Style of Johnny Cash) [Karaoke Version]", "Hurt", "karaoke"),
        ("Love Story (Taylor’s Version)", "Love Story", "re-recorded"),
        ("(Sittin' On) The Dock of the Bay", "(Sittin' On) The Dock of the Bay", None),
        ("Live and Let Die", "Live and Let Die", None),
        ("Don't You (Forget About Me)", "Don't You (Forget About Me)", None),
        ("I Get By (With a Little Help)", "I Get By (With a Little Help)", None),
        ("Mono", "Mono", None),
        ("Evergreen (Love Theme from A Star Is Born)", "Evergreen (Love Theme from A Star Is Born)", None),
        ("Brace for Impact (Live a Little)", "Brace for Impact (Live a Little)", None),
        ("Exit Music (For a Film)", "Exit Music (For a Film)", None),
        ("Let It Go (From Frozen)", "Let It Go", "version"),
        ("Creep (Explicit)", "Creep", "version"),
        ("Creep (Recorded Live at Home)", "Creep", "live"),
    ],
)
def test_split_title_tells_work_from_version(title: str, base: str, version: str | None) -> None:
    parts = split_title(title)
    assert (parts.base, parts.version) == (base, version)


def test_split_title_finds_guests() -> None:
    assert split_title("I Don't Care (with Justin Bieber)").featured == ("Justin Bieber",)
    assert split_title("Crazy in Love ft. Jay-Z").featured == ("Jay-Z",)


def test_versions_of_one_work_share_its_key_and_other_works_do_not() -> None:
    plain = work_key("Hurt", "Johnny Cash")
    assert work_key("Hurt - Live", "johnny cash") == plain
    assert work_key("Hurt (In the Style of Johnny Cash) [Karaoke Version]", "Sing King") == plain
    assert work_key("Hurt", "Nine Inch Nails") != plain
