"""A message as every transport carries it: already bytes, with text headers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish. All messages of one key keep their order within the topic."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReceivedMessage(Message):
    """A message that was read, with the place it was read from; `offset` counts from 0."""

    partition: int
    offset: int
