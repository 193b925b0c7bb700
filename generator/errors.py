"""Every error that Segue raises on purpose.

    SegueError
    ├── UserError               bad input: printed as one line, without a traceback
    │   ├── SourceError         a file or folder to import that cannot be read at all
    │   ├── SettingsError       an environment variable that is unknown or cannot be read
    │   ├── CatalogNotFound     no catalog stands in that folder
    │   ├── CatalogLocked       another process is writing this catalog
    │   ├── CatalogNotWritable  the disk is full, or the folder may not be written
    │   ├── TrackNotFound       no track of the catalog has that id
    │   ├── SemanticIdError     text, tokens or bytes that spell no semantic ID
    │   ├── BaseModelNotFound   the language model is not installed
    │   ├── GenerationTimeout   a generator did not answer before its deadline
    │   ├── GeneratorUnavailable  a generator's server is down, overloaded or answers nonsense
    │   ├── SynthesisError      a chat model that keeps answering what is no conversation
    │   └── QueryError          a search that cannot be run as asked
    └── IntegrityError          stored data that must not be trusted
        ├── CatalogCorrupt      a catalog's files do not agree with its manifest
        ├── CodesCorrupt        a code file is torn, foreign or damaged
        ├── WeightsCorrupt      model weights are not the ones they must be
        ├── TokenizerCorrupt    a tokenizer's files are missing, truncated or altered
        ├── GeneratorMismatch   a listener's soft token was learnt for another generator than the one at hand
        └── TokenizerMismatch   codes were made by another tokenizer than the one at hand

What an embedding product writes:

    try:
        catalog = Catalog.open(folder)
    except UserError as error:        # tell the person who chose the folder
        print(error)
    except IntegrityError as error:   # tell the operator; `segue catalog repair` may help
        alert(error)

This module lives in the lowest layer so that all others may raise from one tree.
"""


class SegueError(Exception):
    """Base of all errors raised on purpose; anything else that escapes is a bug."""


class UserError(SegueError):
    """The input is at fault; the message tells the person what to change. Printed without a traceback."""


class SourceError(UserError):
    """Raised by the importers when a whole source cannot be read; a bad row is rejected instead."""


class SettingsError(UserError):
    """Raised when the environment holds a SEGUE_ variable that is unknown or cannot be read."""


class CatalogNotFound(UserError):
    """Raised when a folder holds no catalog."""


class CatalogLocked(UserError):
    """Raised within two seconds when another process holds the write lock of a catalog."""


class CatalogNotWritable(UserError):
    """Raised when a catalog cannot be written (disk full, no permission); the old catalog stands as it was."""


class TrackNotFound(UserError):
    """Raised when an id names no track of the catalog."""


class SemanticIdError(UserError):
    """Raised by the codec for text, token ids or bytes that spell no semantic ID; nothing is repaired or guessed."""


class BaseModelNotFound(UserError):
    """Raised when the package that holds the base language model is not installed; the message says how to get it."""


class GenerationTimeout(UserError):
    """Raised by a generator that cannot answer in time; the agent goes on without it and says so."""


class GeneratorUnavailable(UserError):
    """Raised by a generator behind a server that is down, overloaded, or answers what is no answer.

    The agent ranks by search alone meanwhile and says so; the generator finds out by itself when the server is back.
    """


class SynthesisError(UserError):
    """Raised when a chat model answers too often with something that is no valid conversation."""


class QueryError(UserError):
    """Raised when a search or a filter is malformed (an inverted year range, an unknown field)."""


class IntegrityError(SegueError):
    """Stored data is damaged or does not belong together; nothing is guessed from it."""


class CatalogCorrupt(IntegrityError):
    """Raised when a catalog's files do not agree with its manifest; `segue catalog repair` rebuilds what is derived."""


class CodesCorrupt(IntegrityError):
    """Raised when a code file is truncated, altered or of a foreign format."""


class WeightsCorrupt(IntegrityError):
    """Raised when a weight file does not have the hash that it must have."""


class TokenizerCorrupt(IntegrityError):
    """Raised when a tokenizer's files are missing, truncated, altered or of a foreign format."""


class GeneratorMismatch(IntegrityError):
    """Raised when a listener's soft token is wanted for a generator that it was not learnt for."""


class TokenizerMismatch(IntegrityError):
    """Raised when codes or weights carry the fingerprint of another tokenizer than the one loaded."""
