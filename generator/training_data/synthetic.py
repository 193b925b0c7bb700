"""Checks on conversations that a chat model wrote: what fails them teaches nothing.

Pure functions of text and track ids. Models put the assistant's words before or after the music; music first is the
order that is learnt (TalkPlay, section 4.4), so the two are swapped where needed.
"""

import json
import re
from collections.abc import Collection, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

_FENCE: Final = re.compile(r"^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$", re.DOTALL)
_VERBALISED: Final = re.compile(
    r"\b(?:(?:same|these|those|provided|given|negative|this) (?:playlist|set|list)s?"
    r"|(?:in|from|on|of) (?:the|your|this|that|a|its) (?:playlist|tracklist|set)s?"
    r"|(?:heard|played|listened to|appear|appears) together|co-?occur\w*|playlist mate\w*)\b",
    re.IGNORECASE,
)
"""Ways of saying that tracks were taken from a playlist. To want a playlist ("for my party playlist") is none."""


class InvalidConversation(ValueError):
    """An answer that is no usable conversation; the message says why, in words that the model can act on."""


class SyntheticTurn(BaseModel):
    """One element of the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["user", "assistant", "music"]
    content: Annotated[str, Field(min_length=1, max_length=2_000)]


_TURNS: Final = TypeAdapter(tuple[SyntheticTurn, ...])


def conversation_from(answer: str, tracks: Sequence[str], negatives: Collection[str]) -> tuple[SyntheticTurn, ...]:
    """Return the turns of an answer as user, music, assistant, user, ... Raises InvalidConversation, saying why.

    `tracks` are the ids of which at least half must be recommended, `negatives` those that must be turned down.
    """
    turns = _in_order(_parsed(answer))
    music = [turn.content for turn in turns if turn.role == "music"]
    foreign = [name for name in music if name not in tracks and name not in negatives]
    if foreign:
        raise InvalidConversation(f"{foreign[0]!r} is not the id of a given track")
    if len(set(music)) < len(music):
        raise InvalidConversation("a track is recommended twice")
    recommended = [name for name in music if name in tracks]
    if 2 * len(recommended) < len(tracks):
        raise InvalidConversation(f"only {len(recommended)} of {len(tracks)} tracks are recommended, not half of them")
    if music[-1] in negatives:
        raise InvalidConversation("after a track of the negative set the listener must say what is wanted instead")
    for turn in turns:
        if turn.role == "music":
            continue
        # A bare word can be an id by chance ("a1" in "a1 steak sauce"), a shape with digits and length cannot.
        if any(len(name) > 4 and name in turn.content for name in (*tracks, *negatives)):
            raise InvalidConversation("a message contains a track id")
        if said := _VERBALISED.search(turn.content):
            raise InvalidConversation(f"a message speaks of where the tracks come from: {said.group(0)!r}")
    return turns


def _parsed(answer: str) -> tuple[SyntheticTurn, ...]:
    fenced = _FENCE.match(answer)
    try:
        return _TURNS.validate_python(json.loads(fenced.group(1) if fenced else answer))
    except json.JSONDecodeError as error:
        raise InvalidConversation(f"not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidConversation(f"element {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _in_order(turns: Sequence[SyntheticTurn]) -> tuple[SyntheticTurn, ...]:
    if not turns or len(turns) % 3:
        raise InvalidConversation("each exchange needs one user, one music and one assistant element")
    ordered: list[SyntheticTurn] = []
    for start in range(0, len(turns), 3):
        user, *rest = turns[start : start + 3]
        by_role = {turn.role: turn for turn in rest}
        if user.role != "user" or by_role.keys() != {"music", "assistant"}:
            raise InvalidConversation(f"exchange {start // 3 + 1} is not user, music, assistant")
        ordered += [user, by_role["music"], by_role["assistant"]]
    return tuple(ordered)
