"""Cues: what a message shows as a whole, in a few dozen numbers, beside what the encoder makes of it.

A small encoder overlooks short words that decide ("never", "ever", "2"). Knows words and the tracks in sight.
"""

import re
from collections.abc import Sequence
from math import log1p
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.agent.hear.pointing import points
from segue.generator.track import Track
from segue.tools.search.entities import Mention
from segue.tools.search.words import Word

_PATTERNS: Final[tuple[str, ...]] = (
    r"\?",
    r"!",
    r"\b(?:more|another|additional|extra|again|keep (?:it|them|em)|any other|else)\b",
    r"\b(?:thanks|thank you|thx|ty|cheers|gracias|danke|merci|grazie|obrigad[oa])\b",
    r"\b(?:never|ever|always|from now on|in general|remember|forget|don'?t save|favou?rites?|faves?|all.time|nie|nunca"
    r"|jamais|kabhi|hiç|usually|normally|taste)\b",
    r"\b(?:i|we)(?:'m| am)? (?:really |absolutely |also |just )?(?:love|like|adore|enjoy|prefer|hate|detest"
    r"|can'?t stand)\b",
    r"^\W*(?:add|remove|delete|skip|save|play|put|move|drop|clear|stop|pause|rename|shuffle|repeat|next|undo|swap|take"
    r"|turn|queue|keep|mark|go back|start|set|sort|replay|kick|ditch|toss|export)\b",
    r"\b(?:add|remove|delete|skip|save|queue|playlist|list|shuffle|repeat|volume|undo)\b",
    r"^\W*(?:who|what|whats|what's|when|where|which|why|how|is|are|was|were|did|does|do|can|could|tell me)\b",
    r"\b(?:who|what|when|which|why|year|album|genre|wrote|sings?|sang|produced|called|release[ds]?|member|band)\b",
    r"\b(?:not|no|nope|nah|don'?t|isn'?t|aren'?t|without|less|too|hate|ugh|meh|eww?|bor(?:ing|ed)|wrong|awful|terrible"
    r"|worse|sucks?)\b",
    r"\b(?:yes|yeah|yep|yess+|great|perfect|nice|awesome|love|lovely|good|amazing|beautiful|brilliant|excellent"
    r"|cool|wow)\b",
    r"\b(?:similar|like|same|style|vibe|sounding|reminiscent|those lines|in this vein)\b",
    r"\b(?:but|instead|rather|actually|less|slower|faster|\w+er)\b",
    r"\b(?:songs?|music|tracks?|playlist|artists?|bands?|albums?|recommend\w*|suggest\w*|looking for)\b",
    r"\b(?:it|this|that|these|those|they|them|she|he|her|his|him|ones?)\b",
    r"\b(?:tonight|today|now|this time|for a change|right now|rn)\b",
    r"\b(?:you|your)\b",
    r"[😀-🙏👍👎💀🔥❤]",
    r"\b(?:hi|hello|hey|good (?:morning|night|evening)|bye|goodbye|how are you)\b",
)
_COMPILED: Final = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)
CUES: Final = len(_PATTERNS) + 10


def message_cues(
    text: str, found: Sequence[Word], before: str, mentions: Sequence[Mention], shown: Sequence[Track]
) -> NDArray[np.float32]:
    """Return the cues of a message, float32 of shape (CUES,)."""
    head = text[:2000]
    pointing = points(head, shown)
    kinds = [mention.kind for mention in mentions]
    row = [float(pattern.search(head) is not None) for pattern in _COMPILED]
    row += [
        log1p(len(found)) / 4,
        float(len(found) <= 3),
        float(not before.strip()),
        float(before.rstrip().endswith("?")),
        float(bool(pointing.numbers)),
        float(pointing.everything),
        float(pointing.named),
        min(kinds.count("artist"), 3) / 3,
        min(kinds.count("title"), 3) / 3,
        float(not text.isascii()),
    ]
    return np.array(row, dtype=np.float32)
