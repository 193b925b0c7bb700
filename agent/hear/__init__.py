"""Hearing: one message in its thread becomes a `Wish`.

`hearer.py` shows the way from top to bottom. `training.py` makes the weights that ship in `weights`.
"""

from segue.agent.hear.hearer import Hearer

__all__ = ["Hearer"]
