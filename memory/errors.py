"""The errors of taste memory.

SegueError
├── UserError
│   └── TasteFileInvalid    an exported profile that cannot be read back
├── IntegrityError
│   └── TasteCorrupt        the file of a taste store is damaged or foreign
└── TasteStoreBusy          other processes held the store for too long
"""

from segue.generator.errors import IntegrityError, SegueError, UserError


class TasteFileInvalid(UserError):
    """Raised by an import when data is no exported taste; nothing of it has been stored."""


class TasteCorrupt(IntegrityError):
    """Raised when the file of a taste store is no database, or holds an event that cannot be read."""


class TasteStoreBusy(SegueError):
    """Raised when a store stays locked by others, or cannot be written; nothing of the call was stored. Try again."""
