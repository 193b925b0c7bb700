"""Segue: a conversational music recommender that answers with real tracks from your own catalog."""

from segue.generator.track import Track

__version__ = "0.1.0"
__all__ = ["Track", "__version__"]
