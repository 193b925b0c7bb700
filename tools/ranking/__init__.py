"""Ranking: many sources of candidates, one learned order, a reason for every place.

`recommend.Recommender` is the way in: a `situation.Situation` goes in, tracks with their reasons come out.
"""
