"""Platforms on which people write to the Pemda: one adapter each, all of one shape.

An adapter proves that a webhook comes from its platform and turns what it says into one form of
message; what a message means and does is the same on every platform. docs/channels.md has them all.
"""

from typing import Final

from services.intake.channels import instagram, messenger, telegram, whatsapp, x
from services.intake.channels.message import ChannelAdapter

#: Every platform that calls a webhook of ours, by the last step of its path.
CHANNELS: Final[dict[str, ChannelAdapter]] = {
    adapter.platform: adapter
    for adapter in (
        whatsapp.ADAPTER,
        telegram.ADAPTER,
        messenger.ADAPTER,
        instagram.ADAPTER,
        x.ADAPTER,
    )
}
