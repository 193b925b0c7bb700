"""Importing: any music library, playlist or listening history becomes tracks of a catalog.

The flow reads from top to bottom in `library.py`: a source is recognised (`kinds.py`), read row by row (`delimited.py`,
`records.py`, `audio.py`) or entry by entry (`playlists.py`, `histories.py`), turned into tracks (`columns.py`,
`cells.py`, `convert.py`), matched with what the catalog already holds (`identity.py`) and merged (`merge.py`).
A bad row never stops an import and is never dropped silently (`rejections.py`).
"""
