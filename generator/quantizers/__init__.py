"""Quantizers: what turns one modality's vectors into a few codes, and codes back into vectors.

`protocol.Quantizer` is the interface; `registry` knows the implementations by name. Two make semantic IDs
(`residual-kmeans`, `rq-vae`); the others are the baselines of the literature, shipped so that every comparison can be
repeated. Nothing here knows tracks, modalities or the reserved "unknown" code.
"""
