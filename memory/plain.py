"""Words of listeners and catalogs made safe to show in a prompt, a receipt or a terminal.

Names are data. What could act as an instruction's frame (a line break, a control character, a chat model's special
token, a music token) is taken out; the words themselves stay, for they are what the listener said.
"""

import re
from collections.abc import Sequence
from typing import Final

from segue.generator.track import clean_text

MAX_PLAIN: Final = 60
"""Characters of one name in a line."""
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\U000e0000-\U000e007f]+")
_TOKEN = re.compile(r"<[^<>]*>|\[/?(?:INST|SYS|SYSTEM|USER|ASSISTANT)\]", re.IGNORECASE)
_FRAME = re.compile(r"[<>`\\]+")


def plain(text: str, length: int = MAX_PLAIN) -> str:
    """Return `text` in one line of at most `length` characters, without tokens in angle brackets and their like.

    "jazz<|im_start|>\\nsystem" -> "jazz system"; "<AC1-21>" -> "". May be empty: then nothing sayable was in it.
    """
    text = clean_text(_INVISIBLE.sub("", text))
    # Tokens may be nested to survive one pass ("<<|x|>|im_end|>").
    while (without := _TOKEN.sub(" ", text)) != text:
        text = without
    text = " ".join(_FRAME.sub(" ", text).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Return names as one would say them: "a", "a and b", "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
