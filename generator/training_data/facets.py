"""What a listener can say of a track: one facet per known fact, with the ways to put it into words.

A facet's forms fit three places of a sentence: before the noun ("slow", "90s"), after it ("about war", "by ABBA"), or
alone as a sentence of its own. Only fields that are known become facets; playlists' names appear as the theme that
they name, and that two tracks share a playlist is never said. Knows tracks and words; it composes no sentence.
"""

from calendar import month_name
from collections.abc import Iterator
from random import Random
from typing import Final, Literal, NamedTuple

from segue.generator.modality import Modality
from segue.generator.names import split_title
from segue.generator.track import Artist, Track
from segue.generator.training_data import words

Place = Literal["before", "after", "alone"]

MAX_SAID: Final = 120
"""Characters of a fact or a biography that a listener would repeat."""


_DID: Final = {
    "writer": "written by", "composer": "composed by", "producer": "produced by", "arranger": "arranged by",
    "vocals": "sung by", "engineer": "engineered by", "conductor": "conducted by", "with": "with",
}  # fmt: skip


class Facet(NamedTuple):
    """One thing that is true of a track."""

    kind: str
    modality: Modality
    forms: tuple[tuple[Place, str], ...]


def facets(track: Track, random: Random, *, playlist_names: bool = True) -> list[Facet]:
    """Return everything that can be said of `track`; which synonyms stand in the forms is drawn from `random`."""
    return [
        *_names(track),
        *_credits(track),
        *_tags(track),
        *_voices(track, random),
        *_sound(track, random),
        *_musical(track, random),
        *_release(track, random),
        *_facts(track),
        *_people(track.artists[0], random),
        *(_playlist_names(track) if playlist_names else ()),
    ]


def _facet(kind: str, modality: Modality, *, before: tuple[str, ...] = (), after: tuple[str, ...] = (),
           alone: tuple[str, ...] = ()) -> Facet:  # fmt: skip
    places: tuple[tuple[Place, tuple[str, ...]], ...] = (("before", before), ("after", after), ("alone", alone))
    return Facet(kind, modality, tuple((place, text) for place, texts in places for text in texts))


def _names(track: Track) -> Iterator[Facet]:
    title, artist = split_title(track.title).base, track.artists[0].name
    yield _facet("title", Modality.BM, alone=(
        f"{title} by {artist}", f"{artist} - {title}", f"{title} {artist}", f'"{title}" by {artist}', title,
        f"{artist}'s {title}", f"that song {title} by {artist}",
    ))  # fmt: skip
    yield _facet(
        "artist", Modality.AC, before=(artist,), after=(f"by {artist}", f"from {artist}", f"by {artist}"),
        alone=(artist, f"something by {artist}", f"anything by {artist}"),
    )  # fmt: skip
    if track.album and track.album != track.title:
        yield _facet("album", Modality.BM, after=(f"from the album {track.album}", f"off {track.album}"), alone=(
            f"{track.album} by {artist}", f"something off {track.album} by {artist}",
        ))  # fmt: skip
    for guest in (*(other.name for other in track.artists[1:]), *split_title(track.title).featured):
        yield _facet("guest", Modality.AC, after=(f"featuring {guest}", f"with {guest}", f"feat {guest}"))


def _credits(track: Track) -> Iterator[Facet]:
    for credit in track.credits:
        role = credit.role or "with"
        said = f"{_DID[role]} {credit.name}" if role in _DID else f"with {credit.name} on {role}"
        yield _facet("credit", Modality.AC, after=(said, said, f"that {credit.name} worked on"))
    for name in {name for artist in track.artists for name in artist.associated}:
        yield _facet("associated", Modality.AC, after=(f"with {name} in the band", f"connected to {name}"))


def _tags(track: Track) -> Iterator[Facet]:
    for genre in track.genres:
        yield _facet("genre", Modality.ST, before=(genre,), alone=(genre, f"{genre} music"))
    for mood in track.moods:
        yield _facet("mood", Modality.ST, before=(mood,), after=(
            f"with a {mood} feel", f"that feel {mood}", f"with {mood} vibes",
        ))  # fmt: skip
    for theme in track.themes:
        yield _facet("theme", Modality.ST, after=(
            f"about {theme}", f"about {theme}", f"on the theme of {theme}", f"with lyrics about {theme}",
        ))  # fmt: skip
    for activity in track.activities:
        yield _facet("activity", Modality.ST, before=(activity,), after=(f"for {activity}", f"good for {activity}"))
    for tag in track.tags:
        yield _facet("tag", Modality.ST, before=(tag,), alone=(tag,))
    for instrument in track.instruments:
        yield _facet("instrument", Modality.ST, after=(
            f"with {instrument}", f"with lots of {instrument}", f"with some nice {instrument}",
        ))  # fmt: skip


def _voices(track: Track, random: Random) -> Iterator[Facet]:
    if track.vocals == "instrumental":
        without = ("without vocals", "with no singing", "with no words", "without lyrics")
        yield _facet("vocals", Modality.ST, before=("instrumental",), after=without)
    elif track.vocals in words.VOCALS:
        yield _facet("vocals", Modality.ST, after=(f"with {random.choice(words.VOCALS[track.vocals])}",))
    if track.language and track.language.casefold() != "instrumental":
        language = track.language.split(",")[0]
        yield _facet("language", Modality.ST, before=(language,), after=(f"in {language}", f"sung in {language}"))


def _sound(track: Track, random: Random) -> Iterator[Facet]:
    sound = track.sound
    if sound.energy is not None:
        fifth = min(4, int(sound.energy * 5))
        before = (random.choice(words.ENERGY[fifth]),)
        yield _facet("energy", Modality.SC, before=before, after=(f"for {random.choice(words.GOOD_FOR[fifth])}",))
    if sound.valence is not None and (feelings := words.VALENCE[min(4, int(sound.valence * 5))]):
        yield _facet("valence", Modality.SC, before=(random.choice(feelings),))
    if sound.danceability is not None and sound.danceability >= 0.7:
        yield _facet("dance", Modality.SC, before=("danceable",), after=("to dance to", "you can dance to"))
    if sound.acousticness is not None and sound.acousticness >= 0.7:
        yield _facet("acoustic", Modality.SC, before=("acoustic", "unplugged"))
    if sound.instrumentalness is not None and sound.instrumentalness >= 0.7 and track.vocals is None:
        yield _facet("vocals", Modality.SC, before=("instrumental",), after=("without vocals",))
    if sound.liveness is not None and sound.liveness >= 0.85:
        yield _facet("live", Modality.SC, before=("live",), after=("recorded live",))


def _musical(track: Track, random: Random) -> Iterator[Facet]:
    pace = tempo_class(track)
    if pace:
        exact: tuple[str, ...] = ()
        if track.tempo is not None:
            bpm = round(track.tempo)
            exact = (f"around {round(bpm, -1)} bpm", f"at {bpm} bpm", f"at about {round(bpm / 5) * 5} BPM")
        yield _facet("tempo", Modality.MC, before=(random.choice(words.TEMPO[pace]),), after=exact)
    if track.key:
        short = track.key.removesuffix(" minor") + "m" if track.key.endswith("minor") else track.key.split(" ")[0]
        yield _facet("key", Modality.MC, after=(f"in {track.key}", f"in {track.key}", f"in the key of {short}"))


def _release(track: Track, random: Random) -> Iterator[Facet]:
    if track.year is None or track.decade is None:
        return
    year, decade = track.year, track.decade
    short = f"{decade % 100:02d}s"
    part = "early" if year % 10 < 4 else "mid" if year % 10 < 7 else "late"
    era = random.choice((f"{decade}s", short, f"'{short}"))
    after = [f"from the {era}", f"from the {part} {short}", f"from {year}", f"from around {year}"]
    if year < 1980:
        after += ["from before 1980", "from the old days"]
    if year >= 2010:
        after += [f"from after {decade}", "from the last years"]
    before = [era, era, f"{part} {short}", str(year)]
    before += ["oldies"] if year < 1970 else ["recent", "new"] if year >= 2018 else []
    yield _facet("era", Modality.RI, before=tuple(before), after=tuple(after))
    if len(track.released or "") > 4:
        name = month_name[int((track.released or "")[5:7])]
        yield _facet("month", Modality.RI, after=(f"that came out in {name} {year}", f"from {name} {year}"))


def _facts(track: Track) -> Iterator[Facet]:
    for fact in track.facts:
        said = _shortened(fact)
        yield _facet("fact", Modality.SF, alone=(
            f"the song of which they say: {said}", f"which song is it? {said}", f"I read about a song: {said}", said,
            f"something with a story like this: {said}",
        ))  # fmt: skip


def _people(artist: Artist, random: Random) -> Iterator[Facet]:
    if artist.origin:
        demonym = words.DEMONYMS.get(artist.origin)
        yield _facet("origin", Modality.AB, before=(random.choice(demonym),) if demonym else (), after=(
            f"from {artist.origin}", f"by artists from {artist.origin}", f"by someone from {artist.origin}",
        ))  # fmt: skip
    people = words.PEOPLE.get((artist.kind or "", artist.gender or ""))
    if people:
        yield _facet("people", Modality.AB, after=(f"by {random.choice(people)}",))
    if artist.active_from is not None:
        decade = artist.active_from // 10 * 10
        yield _facet("active", Modality.AB, after=(
            f"by someone who started in the {decade}s", f"by an artist active since {artist.active_from}",
        ))  # fmt: skip
    for genre in artist.genres:
        yield _facet("artist genre", Modality.AB, after=(f"by a {genre} artist", f"by someone known for {genre}"))
    if artist.about:
        said = _shortened(artist.about)
        yield _facet("about", Modality.AB, alone=(
            f"something by this artist: {said}", f"who is it again? {said}", said, f"music by a {_lowered(said)}",
        ))  # fmt: skip


def _playlist_names(track: Track) -> Iterator[Facet]:
    for name in {heard.name for heard in track.listened if heard.kind == "playlist" and heard.name}:
        yield _facet("occasion", Modality.ST, before=(name,), after=(f"for {name}",), alone=(name, f"{name} playlist"))


def tempo_class(track: Track) -> Literal["slow", "mid", "fast"] | None:
    """Return the felt tempo: as given, or from the beats per minute (slow below 90, fast from 125), or None."""
    if track.tempo_class or track.tempo is None:
        return track.tempo_class
    return "slow" if track.tempo < 90 else "fast" if track.tempo >= 125 else "mid"


def _shortened(text: str) -> str:
    """Return the first sentence, at most `MAX_SAID` characters of it, cut at a word, without its full stop."""
    sentence = text.split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= MAX_SAID else sentence[:MAX_SAID].rsplit(" ", 1)[0]


def _lowered(text: str) -> str:
    """Return `text` with a small first letter, unless its first word is a name or an acronym."""
    first = text.split(" ")[0]
    return text if first[1:] != first[1:].lower() else text[0].lower() + text[1:]
