"""Taste: what is remembered of a listener. Knows nothing of the graph's nodes or of HTTP."""
