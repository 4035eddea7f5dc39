"""The product's typed identifiers and the one function that makes them.

Ids are UUIDv7 in canonical lower case: they sort by time of creation, so that indexes stay compact.
"""

from typing import Final, NewType

import uuid_utils

ComplaintId = NewType("ComplaintId", str)
EventId = NewType("EventId", str)
ClockId = NewType("ClockId", str)
AttachmentId = NewType("AttachmentId", str)
MessageId = NewType("MessageId", str)

#: The canonical lower-case form of a UUID of any version.
UUID_PATTERN: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def new_id() -> str:
    """Return a new UUIDv7 as 36 lower-case characters; wrap it in the id type it is for."""
    return str(uuid_utils.uuid7())
