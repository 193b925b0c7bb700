"""Simulated listeners: they want something, say so bit by bit, and judge what they get.

They never see the title, the artist or the album of what they are after, and a leak check reads every word they say.
"""
