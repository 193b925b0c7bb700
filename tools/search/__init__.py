"""Search over a catalog: filters, lexical and dense retrieval, entity linking, and their fusion.

`search.search` is the way in. Its parts know less than it does: `filters` knows columns and masks, `lexical` tokens and
BM25, `fusion` rankings, `entities` names and positions; none of them opens a catalog folder by itself.
"""
