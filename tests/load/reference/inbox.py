"""The reference of the inbox: a bare consumer loop, one plain insert per event, a commit a batch.

It decodes nothing, removes no duplicates, keeps no order between versions and publishes nothing.
"""

import asyncpg
from aiokafka import AIOKafkaConsumer

REFERENCE_TOPIC = "bench.reference.v1"
_INSERT = "INSERT INTO reference_effect (complaint_id, payload) VALUES ($1, $2)"


def bare_consumer(bootstrap: str, topic: str, batch_size: int) -> AIOKafkaConsumer:
    """Make a consumer that reads as the product's does."""
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id="reference",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=batch_size,
    )


async def consume_batch(consumer: AIOKafkaConsumer, pool: asyncpg.Pool) -> int:
    """Take in what one poll brings, a transaction per partition; returns how many events."""
    taken = 0
    for partition, records in (await consumer.getmany(timeout_ms=200)).items():
        async with pool.acquire() as connection, connection.transaction():
            for record in records:
                await connection.execute(_INSERT, record.key.decode(), record.value.decode())
        await consumer.commit({partition: records[-1].offset + 1})
        taken += len(records)
    return taken
