"""Which song comes next: a sequential recommender whose songs are semantic IDs (SiriusXM's paper)."""
