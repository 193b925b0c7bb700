"""Layers whose numbers are read from a file: built without drawing random ones, which takes longer than reading them.

Their numbers mean nothing until they are filled. Knows no files.
"""

from torch import nn


class UndrawnLinear(nn.Linear):
    """`nn.Linear` over memory as it was found."""

    def reset_parameters(self) -> None:
        """Draw nothing."""


class UndrawnEmbedding(nn.Embedding):
    """`nn.Embedding` over memory as it was found."""

    def reset_parameters(self) -> None:
        """Draw nothing."""
