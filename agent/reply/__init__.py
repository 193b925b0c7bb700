"""What the agent says: short sentences that claim nothing but what fields of the catalog say.

`reasons.py` says why a track is there, `sentences.py` writes without a chat model, `phrase.py` lets a chat model write,
`verify.py` refuses every text with a claim that no field bears out, whoever wrote it.
"""
