"""Practice: composed messages for what few real ones show: negation, comparison, eras, lasting statements, commands.

Templates with slots that are filled from the vocabulary lists and from names. `{+genre}` is wanted, `{-genre}` avoided,
`{~artist}` named to compare with. Taught along with real messages, never measured on.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from segue.agent.hear.messages import HeardMessage
from segue.agent.hear.vocabulary import lists

_SLOT: Final = re.compile(r"\{([+~-])(\w+)\}")
_KIND: Final = {
    "genre": "genres", "mood": "moods", "instrument": "instruments", "language": "languages", "country": "countries",
    "activity": "activities", "vocals": "vocals", "era": "eras", "artist": "artists", "title": "titles", "sound":
    "sound",
    "theme": "themes",
}  # fmt: skip
_ERAS: Final = (
    "80s", "90s", "70s", "60s", "2000s", "2010s", "late 80s", "early 90s", "mid 70s", "1990s", "1980s", "eighties",
    "before 1970", "after 2000", "from 1985 to 1992", "2015", "50s",
)  # fmt: skip
_SOUND: Final = (
    "fast", "slow", "loud", "quiet", "live recordings", "remixes", "covers", "acoustic", "autotune", "electronic",
    "heavy", "bass", "karaoke versions", "stripped down", "overproduced", "danceable", "upbeat",
)  # fmt: skip
_TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "request": (
        "{+mood} {+genre} but nothing too {-mood}", "anything but {-genre} please", "some {+genre}, no {-genre}",
        "{+genre} without {-instrument}", "{+genre} with {+instrument}, not {-artist}", "songs for {+activity}, not "
                                                                                        "{-mood}",
        "something like {~artist} but not {~artist} themselves", "bands similar to {~artist} or {~artist}",
        "i want {+genre} from the {+era}, no {-sound}", "music that isn't {-genre} or {-genre}",
        "looking for {+genre} songs similar to {~title} by {~artist}", "{+genre} but less {-mood}",
        "everything except {-genre}", "play {+title} by {+artist}", "any {+country} {+genre} that is not {-mood}?",
        "three {+mood} songs from the {+era}", "{+artist} but not {-title}", "songs about {+theme} but not {-mood} "
                                                                             "ones",
        "not looking for {-genre}, more like {~artist}", "{+genre} in {+language}, {+vocals}, no {-vocals}",
        "i don't want {-genre}, i want {+genre}", "what sounds like {~title}?", "artists in the vein of {~artist}",
        "if i like {~artist} and {~artist} what else will i like", "im tired of {-genre} give me some {+genre}",
        "{+genre} that doesn't have any {-instrument}", "a mix of {+genre} and {+genre} with no {-vocals}",
        "something {+mood}, avoid {-artist}", "{+era} {+genre}, nothing {-sound}", "more {+genre} than {-genre}",
        "songs with {+instrument} like in {~title}", "reminds me of {~artist}, but with {+vocals}",
        "{+era} {+genre}", "{+era} {+genre} songs", "some {+mood} {+era} {+genre}", "{+country} {+genre}",
        "{+language} {+genre}",
        "{+language} songs from the {+era}", "{+mood} {+instrument} music", "nothing but {+genre}", "only {+genre}",
        "quiero algo de {+genre}", "pon algo de {+artist}", "música {+mood} pero no {-genre}", "algo parecido a "
                                                                                               "{~artist}",
        "je veux du {+genre} mais pas de {-genre}", "quelque chose comme {~artist}", "un peu de {+genre} s'il te plaît",
        "ich möchte {+genre} ohne {-instrument}", "etwas wie {~artist}", "spiel was von {+artist}", "vorrei "
                                                                                                    "{+genre}, non "
                                                                                                    "{-genre}",
        "qualcosa come {~artist}", "quero ouvir {+genre}", "toca {+artist} por favor", "biraz {+genre} lütfen",
        "thoda {+genre} bajao",
        "{+mood} and {+mood} {+genre}", "{+genre}, {+genre} and {+genre}", "songs in {+language} about {+theme}",
        "something by {+artist}", "songs by {+artist}", "{+title}", "{+title} - {+artist}", "{+artist} - {+title}",
        "play {+artist}",
        "can you play {+title}?", "let me hear {+artist}", "similar to {~title} - {~artist}", "artists similar to "
                                                                                              "{~artist}",
        "need {+mood} music for {+activity} preferably {+genre}", "who else sounds like {~artist}?",
        "something that has the vibe of {~artist} but is not as {-mood}", "no {-genre} no {-genre} just {+genre}",
        "hello, {+genre} please", "best {+genre} of the {+era}", "{~artist} type music", "{~artist}-like {+genre}",
    ),
    "refine": (
        "more like that but {+sound}", "a bit less {-mood}", "ok but no {-artist}", "same but in {+language}",
        "less {-instrument}, more {+instrument}", "only from the {+era}", "without {-vocals} please",
        "keep it {+mood} but not {-sound}", "make it {+mood}", "not so {-mood}", "now with {+vocals}",
        "more {+mood}, less {-genre}", "nothing after the {-era}", "más {+mood} y menos {-mood}", "mais sem "
            "{-instrument}", "plus {+mood} et moins {-genre}", "weniger {-instrument} bitte",
        "{+mood} ones please", "with {+instrument}", "from the {+era} please", "and in {+language}", "instrumental "
            "only", "something more {+sound}", "can you leave out the {-sound}",
    ),
    "taste": (
        "i never want to hear {-genre}", "never play {-artist} again", "i hate {-genre}", "i can't stand {-artist}",
        "forget that i like {-genre}", "i always love {+genre}", "remember that i like {+artist}",
        "my favorite band is {+artist}", "i'm not a fan of {-genre} in general", "don't ever play {-theme} music",
        "i love {+genre} and {+genre} but hate {-genre}", "when i'm at the gym i like {+genre}", "stop recommending "
                                                                                                 "{-artist}",
        "please ban {-artist} for good", "i grew up with {+genre}", "nunca me pongas {-genre}", "nie wieder "
                                                                                                "{-genre} bitte",
        "never play {-theme} songs", "no {-genre} ever", "for {+activity} i always want {+genre}",
    ),
    "dislike": (
        "too {-mood}", "way too {-sound}, i asked for {+genre}", "ugh no, not {-artist}", "these are too {-mood} "
                                                                                          "for me",
        "not {-genre}, {+genre}", "i don't like {-artist}, give me {+artist}", "no, i meant {+artist}", "wrong, not "
                                                                                                        "{-genre}",
    ),
    "control": (
        "add {+title}", "remove {-title}", "put {+title} by {+artist} on the list", "skip {-title}", "queue {+title}",
        "undo that", "remove the {-mood} one", "add everything by {+artist}", "delete {-title} and {-title}",
        "save the playlist", "clear everything", "play the second one", "take {-artist} out",
    ),
    "question": (
        "who wrote {+title}?", "what year is {+title} from?", "which album is {+title} on?", "is {+artist} {+country}?",
        "why did you pick {+artist}?", "what genre is {+artist}?", "how long is {+title}", "what language is "
                                                                                           "{+title} in?",
    ),
    "like": ("love {+title}!", "{+artist} is great, thanks", "yes more {+mood} like this is great", "{+title} was "
        "lovely", "yes, {+title} is perfect"),
    "more": ("more {+artist} please", "more like that", "similar to {~artist} please", "more of this", "another one "
        "by {+artist}", "more songs like {~title}", "got any more {+genre}?", "more from {+artist}"),
}  # fmt: skip


def practice(names: Sequence[tuple[str, str]], *, each: int = 2, seed: int = 0) -> list[HeardMessage]:
    """Return `each` messages per template; `names` are pairs of title and artist to fill the slots from."""
    random = np.random.default_rng(seed)
    values: dict[str, list[str]] = {"era": list(_ERAS), "sound": list(_SOUND)}
    for slot, kind in _KIND.items():
        if slot not in values and slot not in ("artist", "title"):
            values[slot] = sorted(" ".join(phrase) for phrase, facets in lists().items() if kind in facets)
    values["vocals"] = ["female vocals", "male vocals", "a woman singing", "screaming", "singing", "vocals", "choir"]
    values["title"] = [title for title, _ in names]
    values["artist"] = [artist for _, artist in names]
    composed: list[HeardMessage] = []
    for act, templates in _TEMPLATES.items():
        for template in templates:
            for _ in range(each):
                composed.append(_fill(template, act, values, random, f"practice:{len(composed)}"))
    return composed


def _fill(
    template: str, act: str, values: Mapping[str, Sequence[str]], random: np.random.Generator, name: str
) -> HeardMessage:
    want: dict[str, list[str]] = {}
    avoid: dict[str, list[str]] = {}
    like: list[str] = []

    def put(match: re.Match[str]) -> str:
        sign, slot = match.groups()
        value = values[slot][int(random.integers(len(values[slot])))]
        if random.random() < 0.4:
            value = value.lower()
        if sign == "~":
            like.append(value)
        else:
            (want if sign == "+" else avoid).setdefault(_KIND[slot], []).append(value)
        return value

    text = _SLOT.sub(put, template)
    if random.random() < 0.4:
        text = text[:1].upper() + text[1:]
    return HeardMessage(id=name, text=text, act=act, want=want, avoid=avoid, like=like, practice=True)
