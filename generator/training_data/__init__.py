"""Training data for the generators, rendered from any catalog: who asked what, and which track answered."""
