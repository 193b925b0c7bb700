"""Training of the generators: what they learn from, and the loops that teach them."""
