"""Open wishes: "play me something" asks for nothing in particular, and its words are no words to search for.

Knows a wish, no taste and no tracks.
"""

import re
from typing import Final

from segue.agent.wish import Wish
from segue.generator.names import fold

_FILLERS: Final = """
a any anything can cool could do few find for get give go good great got have hear hello hey hi i id ill im in it just
kind lemme let like list listen listening little love me mood more music my need nice now of ok okay on one other pick
play playlist please pls put random recommend recommendation recommendations right shall should show so some somebody
something song songs stuff suggest suggestion suggestions surprise tell thanks that the there thing things to today
tonight track tracks tune tunes up want wanna we what whats whatever will with would you your choose choice feel feeling
free dj decide whichever
"""
_SAYS_NOTHING: Final = frozenset(_FILLERS.split())
"""Words of which an open request consists, as `names.fold` leaves them."""


def is_open(wish: Wish) -> bool:
    """Tell whether a request leaves it all to us: it names nothing, compares with nothing, and says nothing else."""
    if wish.act not in ("request", "more") or wish.want or wish.like or wish.mentions:
        return False
    words = re.findall(r"[^\W\d_]+", fold(wish.text))
    return all(word in _SAYS_NOTHING for word in words)
