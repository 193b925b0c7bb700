"""Emoji that are a verdict: thumbs and faces say in one sign what is thought of the tracks in sight.

Knows the few that leave no doubt; a flame or a heart beside a wish is left to the model.
"""

from typing import Final, Literal

_UP: Final = frozenset("👍💯😍🥰")
_DOWN: Final = frozenset("👎💩🤮🤢")


def shown_by_emoji(text: str) -> Literal["like", "dislike"] | None:
    """Return what the emoji of a message think of tracks in sight, or None where they say nothing or both."""
    signs = set(text[:1000])
    up, down = bool(signs & _UP), bool(signs & _DOWN)
    if up == down:
        return None
    return "like" if up else "dislike"
