"""The reference of the relay: aiokafka alone, sending the same bytes pipelined, nothing marked."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

Record = tuple[str, bytes, bytes, list[tuple[str, bytes]]]
"""Topic, key, value, headers."""


def bare_producer(bootstrap: str) -> AIOKafkaProducer:
    """Make a producer with the same promises as the product's."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id="reference",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=128 * 1024,
        request_timeout_ms=10_000,
        compression_type="lz4",
    )


async def send_pipelined(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    """Send all without waiting for any, then wait for every acknowledgement."""
    waiting = [
        await producer.send(topic, key=key, value=value, headers=headers)
        for topic, key, value, headers in records
    ]
    await asyncio.gather(*waiting)
