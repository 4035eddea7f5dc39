"""By which way a reporter is answered, and of what they are told."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

#: Of what happens to a case its reporter is told this; the timeline shows the rest.
TOLD: Final = frozenset(
    {
        "assigned",
        "answered",
        "progressed",
        "information_requested",
        "resolved",
        "reopened",
        "closed",
        "rejected",
        "merged",
        "stage_entered",
    }
)
# A channel of the profile that one writes back by, and what the sender of it is called.
_OWN: Final[Mapping[str, str]] = {
    "whatsapp": "whatsapp",
    "telegram": "telegram",
    "facebook": "messenger",
    "instagram": "instagram",
    "x": "x",
    "sms": "sms",
    "email": "email",
}
_SPOKEN_KINDS: Final = frozenset({"voice", "desk"})
# A partner answers its own people; it is told of its reports by other doors.
_PARTNER: Final = "partner"
#: What people may be written to freely for a day after they wrote, and then by template or tag.
_WITH_WINDOW: Final = frozenset({"whatsapp", "messenger", "instagram"})
# A little less than the platforms' 24 hours: a message takes its time.
_WINDOW: Final = timedelta(hours=23, minutes=50)


def sending_channel(channel: str) -> str | None:
    """Return by which sender one writes back on a channel, if one can."""
    return _OWN.get(channel)


def hears_back(channel: str, answer_by: str | None) -> bool:
    """Tell whether a reporter who answers what we send is known again, and so can be asked.

    Who is answered elsewhere than they wrote, or by e-mail, is not.
    """
    return answer_by is not None and answer_by != "email" and _OWN.get(channel) == answer_by


def answering_channel(
    channel: str, kind: str, identity: Mapping[str, str], sends: Collection[str]
) -> str | None:
    """Return by which sender a reporter is answered, or None where nothing can reach them.

    On the channel they wrote by; who spoke to somebody, by SMS; who filled in a form, by e-mail.
    """
    if kind == _PARTNER:
        return None
    own = _OWN.get(channel)
    if own is not None and "sender" in identity:
        wanted = own
    elif kind in _SPOKEN_KINDS or own == "sms":
        wanted = "sms"
    else:
        wanted = "email"
    reachable = recipient_of(wanted, channel, identity) is not None
    return wanted if reachable and wanted in sends else None


def recipient_of(sends_by: str, channel: str, identity: Mapping[str, str]) -> str | None:
    """Return whom a reporter is to a sender: the platform's name for them, a number, an address."""
    if _OWN.get(channel) == sends_by and "sender" in identity:
        return identity["sender"]
    return identity.get({"sms": "phone", "email": "email"}.get(sends_by, ""))


def window_is_over(sends_by: str, heard_at: datetime, now: datetime) -> bool:
    """Tell whether a platform asks for a template or tag by now."""
    return sends_by in _WITH_WINDOW and now - heard_at >= _WINDOW
