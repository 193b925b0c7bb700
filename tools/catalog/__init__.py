"""A catalog folder on disk: one truth, what is derived from it, one writer, many readers.

    DIR/CURRENT                 one line, the name of the current version; replaced atomically
    DIR/lock                    held by the one writer
    DIR/versions/NAME/          never changed once CURRENT has named it
        tracks.parquet          the truth
        manifest.json           format, sizes and checksums of every file, encoder, library versions, provenance
        readers                 shared lock of the readers that have this version open
        dense/                  vectors, text hashes and the Chroma index  (derived)
        lexical/, codes ...     one file or folder for each further artefact  (derived)

A writer builds a whole new version beside the current one and then swaps CURRENT, so that a killed writer leaves the
old catalog or the new one. Readers keep the version they opened; a version goes when it is no longer current and no
reader holds it. Nothing here knows of search, semantic IDs or dialogue: what others derive plugs in by `derived.py`.
"""
