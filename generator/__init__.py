"""Tracks, modalities and semantic IDs. Knows nothing of users, dialogue policy, HTTP or Chroma."""
