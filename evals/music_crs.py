"""The Music-CRS challenge: its JSON read and written, and its figures.

Definitions follow the challenge's public evaluator (github.com/nlp4musa/music-crs-evaluator): nDCG with binary
relevance; the mean over sessions for each turn number, then over turn numbers; catalog diversity = distinct recommended
tracks / tracks of the catalog. Its lexical diversity is `distinct-1`; `distinct-2`, the same over pairs of neighbouring
words, is that of Li et al., "A Diversity-Promoting Objective Function" (2016), section 5. Knows files and ids, no
catalog.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from segue.agent.turn import Turn
from segue.evals.metrics import ndcg
from segue.generator.errors import SourceError

CUTS: Final = (1, 10, 20)
_NOT_FOUND: Final = 10**9


class Prediction(BaseModel):
    """What a system answered in one turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    user_id: str
    turn_number: Annotated[int, Field(ge=1)]
    predicted_track_ids: tuple[str, ...]
    """The best first, none twice."""
    predicted_response: str = ""

    @field_validator("predicted_track_ids")
    @classmethod
    def _distinct(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(ids)) < len(ids):
            raise ValueError(f"{len(ids) - len(set(ids))} ids stand there twice")
        return ids

    @classmethod
    def of_turn(cls, turn: Turn, *, session_id: str | None = None) -> "Prediction":
        """Return an agent's turn as a prediction; the session is its thread unless another is given."""
        return cls(
            session_id=session_id or turn.thread,
            user_id=turn.user,
            turn_number=turn.number,
            predicted_track_ids=tuple(track.id for track in turn.tracks),
            predicted_response=turn.text,
        )


class Answer(BaseModel):
    """What was right in one turn; other fields of the file are not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    session_id: str
    turn_number: Annotated[int, Field(ge=1)]
    ground_truth_track_id: Annotated[
        tuple[str, ...],
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        Field(min_length=1),
    ]
    """One id, or several."""


Item = TypeVar("Item", Prediction, Answer)


class Scores(BaseModel):
    """The figures of a run."""

    model_config = ConfigDict(frozen=True)

    turns: int
    sessions: int
    over_turns: dict[str, float]
    """ndcg@k: mean over sessions for each turn number, then over turn numbers (the challenge's)."""
    over_sessions: dict[str, float]
    """ndcg@k: mean over turns for each session, then over sessions."""
    by_turn: dict[int, dict[str, float]]
    catalog_diversity: float
    distinct_1: float
    distinct_2: float


def read_predictions(path: Path) -> list[Prediction]:
    """Read a file of predictions (SourceError where it is none, or has a turn twice)."""
    return _once(path, _read(path, Prediction))


def read_answers(path: Path) -> list[Answer]:
    """Read a file of right answers (SourceError where it is none, or has a turn twice)."""
    return _once(path, _read(path, Answer))


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write predictions as the challenge wants them: one JSON array, letters as they are."""
    rows = [prediction.model_dump(mode="json") for prediction in predictions]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def score(predictions: Sequence[Prediction], answers: Sequence[Answer], *, catalog_size: int) -> Scores:
    """Return the figures of `predictions`.

    Args:
        predictions: one for each turn of `answers`; further ones are refused, for they would count in the diversity.
        answers: the right tracks.
        catalog_size: tracks that could have been recommended.

    Raises:
        SourceError: there are no answers, a turn has no prediction, or a prediction has no turn.
    """
    given = {(one.session_id, one.turn_number): one for one in predictions}
    wanted = {(one.session_id, one.turn_number): one for one in answers}
    for what, names in (("no prediction for", wanted.keys() - given.keys()), ("no such", given.keys() - wanted.keys())):
        if names:
            session, turn = min(names)
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise SourceError(f"{what} turn {turn} of session {session!r}{more}")
    if not wanted:
        raise SourceError("there is nothing to score")
    if catalog_size < 1:
        raise SourceError("a catalog has at least one track")
    rows = [(*key, _gains(given[key], answer)) for key, answer in wanted.items()]
    by_turn = {
        turn: _means([gains for _, at, gains in rows if at == turn]) for turn in sorted({row[1] for row in rows})
    }
    sessions = sorted({row[0] for row in rows})
    by_session = [_means([gains for session, _, gains in rows if session == name]) for name in sessions]
    used = [given[key] for key in wanted]
    return Scores(
        turns=len(rows),
        sessions=len(sessions),
        over_turns=_means(list(by_turn.values())),
        over_sessions=_means(by_session),
        by_turn=by_turn,
        catalog_diversity=len({track for one in used for track in one.predicted_track_ids}) / catalog_size,
        distinct_1=distinct([one.predicted_response for one in used], 1),
        distinct_2=distinct([one.predicted_response for one in used], 2),
    )


def distinct(texts: Iterable[str], n: int) -> float:
    """Return distinct n-grams / n-grams over all texts, words divided by white space; 0 where there are none."""
    grams: list[tuple[str, ...]] = []
    for text in texts:
        words = text.split()
        grams += zip(*(words[start:] for start in range(n)), strict=False)
    return len(set(grams)) / len(grams) if grams else 0.0


def _gains(prediction: Prediction, answer: Answer) -> dict[str, float]:
    places = {track: rank for rank, track in enumerate(prediction.predicted_track_ids, 1)}
    right = dict.fromkeys(answer.ground_truth_track_id)
    ranks = np.array([places.get(track, _NOT_FOUND) for track in right], dtype=np.int64)
    return {f"ndcg@{k}": ndcg(ranks, k) for k in CUTS}


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _read(path: Path, model: type[Item]) -> list[Item]:
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(data, list):
        raise SourceError(f"{path} is no JSON array")
    found = []
    for number, row in enumerate(data):
        try:
            found.append(model.model_validate(row))
        except ValidationError as error:
            problem: ErrorDetails = error.errors(include_url=False)[0]
            where = ".".join(map(str, (number, *problem["loc"])))
            raise SourceError(f"{path}: item {where}: {problem['msg'].removeprefix('Value error, ')}") from error
    return found


def _once(path: Path, items: list[Item]) -> list[Item]:
    seen: set[tuple[str, int]] = set()
    for number, item in enumerate(items):
        key = (item.session_id, item.turn_number)
        if key in seen:
            raise SourceError(f"{path}: item {number}: turn {key[1]} of session {key[0]!r} stands there twice")
        seen.add(key)
    return items
