"""A referee for dialogues that give orders: it knows what was ordered and judges by the tracks' own fields.

Never by what an agent claims to have heard, and never with its filters. An answer is broken where one of its tracks
breaks an order that stands, where there are more tracks than were asked for (or more of one artist), where two are
versions of one work, and where a track comes again in its thread or after the listener has reacted to it anywhere.
The dialogues themselves are drawn by `segue.evals.obedience_scripts`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from segue.agent.turn import Turn
from segue.evals.suites.agent import SuiteAgent
from segue.evals.suites.facts import Trait, has, spelt
from segue.evals.suites.truth import Tracks
from segue.generator.names import artist_key, fold
from segue.generator.track import Track

_KIN: Final = (
    frozenset({"r and b", "rhythm and blues"}),
    frozenset({"hip hop", "rap"}),
    frozenset({"electronic", "electronica"}),
)
"""Genres that go by one another's names: whoever asks for one may get the other."""


@dataclass(frozen=True)
class Order:
    """A constraint as the script means it."""

    trait: Trait
    wanted: bool
    """False: no track may have it."""

    def __str__(self) -> str:
        return f"{'only' if self.wanted else 'nothing'} with {spelt(self.trait)}"

    def broken_by(self, track: Track) -> bool:
        """Tell whether a track breaks it; both what is wanted and what is unwanted must be known of a track."""
        kind, value = self.trait
        if self.wanted and kind == "genres":
            names = next((kin for kin in _KIN if fold(str(value)) in kin), {str(value)})
            return not any(has(track, (kind, name)) for name in names)
        return has(track, self.trait) != self.wanted


@dataclass(frozen=True)
class Line:
    """One message of a script."""

    message: str
    orders: tuple[Order, ...] = ()
    """All that must hold on its answer, standing orders included."""
    thread: str = "one"
    asks: bool = True
    """Whether it asks for music; False for a statement ("never play country")."""
    most: int | None = None
    """Tracks at most."""
    per_artist: int | None = None
    """Tracks of one artist at most."""
    reaction: Literal["disliked", "skipped", "played"] | None = None
    """What the listener does with the first track of the answer."""


@dataclass
class Verdict:
    """What a referee found in one answer."""

    line: Line
    turn: Turn
    broken: list[str] = field(default_factory=list)
    possible: int = 0
    """Tracks of the catalog that the answer could have had."""

    @property
    def declared(self) -> bool:
        """Whether the agent said of something in the message that it cannot apply it, or does not have it."""
        return bool(self.turn.wish.unmet or self.turn.wish.missing)

    @property
    def empty(self) -> bool:
        """Whether music was asked for, there was some, and none came."""
        return self.line.asks and not self.turn.tracks and self.possible > 0


async def play(agent: SuiteAgent, script: Sequence[Line], tracks: Tracks, user: str) -> list[Verdict]:
    """Say a script's lines and return what the referee finds in each answer."""
    verdicts: list[Verdict] = []
    shown: dict[str, set[str]] = defaultdict(set)
    done: set[str] = set()
    for line in script:
        thread = f"{user}-{line.thread}"
        turn = await agent.turn(line.message, user=user, thread=thread)
        verdicts.append(judge(line, turn, tracks, shown[thread] | done))
        shown[thread] |= {track.id for track in turn.tracks}
        if line.reaction is not None and turn.tracks:
            await agent.feedback(user, thread, turn.tracks[0].id, line.reaction)
            done.add(turn.tracks[0].id)
    return verdicts


def judge(line: Line, turn: Turn, tracks: Tracks, gone: set[str]) -> Verdict:
    """Return what an answer breaks; `gone` are the ids of the tracks that may not come (again)."""
    verdict = Verdict(line, turn)
    answer = [tracks[shown.id] for shown in turn.tracks]
    for track in answer:
        broken = [str(order) for order in line.orders if order.broken_by(track)]
        broken += ["nothing twice"] if track.id in gone else []
        verdict.broken += [f"{order}: “{track.title}” by {track.artist}" for order in broken]
    if line.most is not None and len(answer) > line.most:
        verdict.broken.append(f"{len(answer)} tracks instead of {line.most}")
    if line.per_artist is not None:
        artists = Counter(artist_key(track.artists[0].name) for track in answer)
        verdict.broken += [f"{n} tracks by {name}" for name, n in artists.items() if n > line.per_artist]
    works = Counter(track.work_id for track in answer)
    verdict.broken += [f"{n} versions of one work" for n in works.values() if n > 1]
    if not answer:
        verdict.possible = sum(
            track.id not in gone and not any(order.broken_by(track) for order in line.orders)
            for track in tracks.values()
        )
    return verdict
