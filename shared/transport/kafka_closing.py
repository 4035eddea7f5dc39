"""Lets go of Kafka clients, also of those that hang because their broker is away."""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

log = structlog.get_logger(__name__)

_STOP_SECONDS = 5.0


async def stop_in_time(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop a client in order; one that hangs while its broker is away is aborted."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await client.stop()
    except Exception as error:  # noqa: BLE001 - it is being thrown away
        log.info("client_did_not_stop", error=repr(error))
        await abort(client)


async def abort(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Let go of connections and tasks without flushing.

    `stop()` waits for a broker that is away, and where it is cancelled leaves its tasks running
    (aiokafka#1101): each would send its old messages once more when the broker is back.
    """
    client._closed = True  # noqa: SLF001 - aiokafka has no public way
    inner = client._sender if isinstance(client, AIOKafkaProducer) else client._fetcher  # noqa: SLF001
    connections = client.client if isinstance(client, AIOKafkaProducer) else client._client  # noqa: SLF001
    # Closed connections end what waits for an answer; the sender may open one more meanwhile.
    for part in (connections, inner, connections):
        if part is None:
            continue
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await part.close()
        except Exception as error:  # noqa: BLE001 - it is being thrown away
            log.info("client_did_not_abort", error=repr(error))
