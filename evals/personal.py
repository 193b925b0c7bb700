"""Playlists as listeners: half of each is what is known of somebody, the other half is to be found.

The generator is asked the same request with nothing else, with the listener's soft token, with the token of another
listener, and with the history in words or as music; what the token adds is the difference to "none", and that it is
this listener's shows in the difference to "another's". Co-listening codes (TC) are left out of all scores, for they
were made from playlists, and so is whatever a generator never learnt to predict. Knows catalogs, generators and
listeners' vectors.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from segue.evals.generators import dialogue_of
from segue.evals.metrics import Ranks, ranks_of
from segue.generator.dialogue import Dialogue, DialogueTurn, music_turn
from segue.generator.distribution import CodeDistribution, log_code_prior
from segue.generator.layout import CodeLayout, Codes
from segue.generator.modality import MODALITIES, Modality
from segue.generator.names import fold
from segue.generator.next_song.shipped import Continuation
from segue.generator.track import Track
from segue.memory.listener.history import History
from segue.memory.listener.model import ListenerModel
from segue.memory.listener.projection import TokenOf
from segue.tools.ranking.dialogues import JudgedTurn

NEUTRAL: Final = (
    "can you play me a few songs?", "let's hear some tunes", "hi, I'd like to hear some music", "got anything for me?",
    "play whatever you think fits", "some music for this evening?",
)  # fmt: skip
"""None of them is among the requests that the token was taught with."""
GENRE: Final = ("looking for {x} music", "could you put on {x}?", "I'd love to hear {x} today")
IN_WORDS: Final = 5
"""Tracks of the history that are said, or shown as music."""
MOST_KNOWN: Final = 20
"""Tracks of the history at most."""

Floats = NDArray[np.float32]
Scores = NDArray[np.float32]


class ReadsUsers(Protocol):
    """A generator that reads a soft token."""

    @property
    def layout(self) -> CodeLayout:
        """The layout of its semantic IDs."""

    def distribution(self, dialogue: Dialogue, user: Floats | None = None) -> CodeDistribution:
        """Return the distribution for a dialogue."""


@dataclass(frozen=True)
class Case:
    """One listener with what is to be found, by two requests."""

    listener: str
    known: tuple[int, ...]
    wanted: tuple[int, ...]
    neutral: str
    genre: str | None
    """None where no genre is shared by two of the tracks to be found."""
    of_genre: tuple[int, ...]


def cases(playlists: Mapping[str, Sequence[int]], tracks: Sequence[Track], most: int, *, seed: int = 0) -> list[Case]:
    """Return at most `most` playlists of eight tracks or more, cut in two at random."""
    random = Random(seed)
    long = sorted(name for name, rows in playlists.items() if len(rows) >= 8)
    found = []
    for name in random.sample(long, min(most, len(long))):
        rows = random.sample(list(playlists[name]), len(playlists[name]))
        known, wanted = rows[: min(len(rows) // 2, MOST_KNOWN)], rows[len(rows) // 2 :]
        by_genre: dict[str, list[int]] = {}
        for row in wanted:
            for genre in tracks[row].genres:
                by_genre.setdefault(fold(genre), []).append(row)
        shared = [one for one, of in by_genre.items() if len(of) > 1]
        asked = max(shared, key=lambda one: (len(by_genre[one]), one), default=None)
        found.append(
            Case(
                name, tuple(known), tuple(wanted), random.choice(NEUTRAL),
                random.choice(GENRE).format(x=asked) if asked else None,
                tuple(by_genre[asked]) if asked else (),
            )
        )  # fmt: skip
    return found


class PersonalRows:
    """Scores all tracks of a catalog, by row, for a case and a request."""

    def __init__(
        self,
        generator: ReadsUsers,
        model: ListenerModel,
        tracks: Sequence[Track],
        codes: Codes,
        dense: Floats,
        without: Collection[Modality] = (Modality.TC,),
        continuation: Continuation | None = None,
        token_of: TokenOf | None = None,
    ) -> None:
        """`without` are modalities that do not count; `continuation` adds what comes next to the rows of turns.

        `token_of` makes the soft token that the generator reads (`projection.token_for`); the model's own if None.
        """
        self._token_of = token_of or model.token
        self._generator = generator
        self._model = model
        self._tracks = tracks
        self._codes = codes
        self._dense = dense
        self._continuation = continuation
        self._songs = None if continuation is None else continuation.vectors(codes)
        self._prior = log_code_prior(codes, generator.layout)
        self._counts = np.array([modality not in without for modality in MODALITIES])

    def scores(self, case: Case, request: str, stranger: Case) -> dict[str, Scores]:
        """Return float32 [tracks] by row; `stranger` is the listener whose token is the wrong one."""
        own, other = self.vector(case), self.vector(stranger)
        alone, token = Dialogue.of(request), self._token_of(own)
        said = ", ".join(f"{self._tracks[row].title} by {self._tracks[row].artist}" for row in case.known[:IN_WORDS])
        words = Dialogue.of(f"I like {said}.", "Great taste!", request)
        music = self._with_music(case, request)
        liked = self._dense[list(case.known)].mean(axis=0)
        return {
            "none": self._generated(alone),
            "right token": self._generated(alone, token),
            "another's token": self._generated(alone, self._token_of(other)),
            "history in words": self._generated(words),
            "history as music": self._generated(music),
            "history as music, right token": self._generated(music, token),
            "vector without generator": self._model.scores(own, self._codes),
            "mean of descriptions": (self._dense @ liked).astype(np.float32),
        }

    def vector(self, case: Case) -> Floats:
        """Return the listener's vector, float32 [64], from the known half."""
        weights = np.ones(len(case.known), dtype=np.float32)
        return self._model.vector(History(self._codes[list(case.known)], weights))

    def scores_of_turn(self, turn: JudgedTurn, stranger: JudgedTurn) -> dict[str, Scores]:
        """Return float32 [tracks] by row for a turn of a conversation; the token is made of what was rated before."""
        dialogue = dialogue_of(turn.state, self._tracks, self._codes)
        return self._next(turn) | {
            "none": self._generated(dialogue),
            "right token": self._generated(dialogue, self._token_of(self._rated(turn))),
            "another's token": self._generated(dialogue, self._token_of(self._rated(stranger))),
            "vector without generator": self._model.scores(self._rated(turn), self._codes),
            "mean of descriptions": (self._dense @ self._dense[list(turn.state.liked)].sum(axis=0)).astype(np.float32),
        }

    def _next(self, turn: JudgedTurn) -> dict[str, Scores]:
        if self._continuation is None or self._songs is None:
            return {}
        rated = [
            (position, opinion)
            for past in turn.state.past
            for positions, opinion in ((past.disliked, False), (past.liked, True))
            for position in positions
        ]
        state = self._continuation.state(self._codes[[row for row, _ in rated]], [opinion for _, opinion in rated])
        return {"next song": self._songs @ state}

    def _rated(self, turn: JudgedTurn) -> Floats:
        liked, disliked = turn.state.liked, turn.state.disliked
        weights = np.array([1.0] * len(liked) + [-1.0] * len(disliked), dtype=np.float32)
        return self._model.vector(History(self._codes[[*liked, *disliked]], weights))

    def _with_music(self, case: Case, request: str) -> Dialogue:
        turns = [
            music_turn(self._codes[row], f"{self._tracks[row].title} by {self._tracks[row].artist}", True)
            for row in case.known[:IN_WORDS]
        ]
        return Dialogue(turns=(*turns, DialogueTurn(role="user", text=request)))

    def _generated(self, dialogue: Dialogue, user: Floats | None = None) -> Scores:
        gains = self._generator.distribution(dialogue, user).log_probabilities(self._codes) - self._prior
        scores: Scores = gains[:, self._counts].sum(axis=1)
        return scores


def rank_cases(rows: PersonalRows, found: Sequence[Case], pool: NDArray[np.bool_]) -> dict[str, dict[str, list[Ranks]]]:
    """Return the ranks of what was to be found, by request ("neutral", "genre") and row, among what is not known.

    `pool` [tracks] says which tracks may be answered; all that is to be found is among them.
    """
    ranks: dict[str, dict[str, list[Ranks]]] = {"neutral": {}, "genre": {}}
    for number, case in enumerate(found):
        candidates = pool.copy()
        candidates[list(case.known)] = False
        stranger = found[(number + 1) % len(found)]
        for kind, request, wanted in (("neutral", case.neutral, case.wanted), ("genre", case.genre, case.of_genre)):
            if request is not None:
                for name, scores in rows.scores(case, request, stranger).items():
                    ranks[kind].setdefault(name, []).append(ranks_of(scores, wanted, candidates))
    return ranks


def rank_turns(rows: PersonalRows, turns: Sequence[JudgedTurn]) -> tuple[dict[str, list[Ranks]], list[str]]:
    """Return the ranks of what was liked by row, and the dialogue of each turn in which something was rated before."""
    rated = [turn for turn in turns if turn.state.rated]
    ranks: dict[str, list[Ranks]] = {}
    for number, turn in enumerate(rated):
        later = [*rated[number + 1 :], *rated]
        stranger = next(other for other in later if other.dialogue != turn.dialogue)
        for name, scores in rows.scores_of_turn(turn, stranger).items():
            candidates = np.ones(len(scores), dtype=bool)
            candidates[list(turn.state.rated)] = False
            ranks.setdefault(name, []).append(ranks_of(scores, turn.relevant, candidates))
    return ranks, [turn.dialogue for turn in rated]
