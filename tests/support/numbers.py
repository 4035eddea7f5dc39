"""Looks for a phone number in what is answered or kept, however it is written there."""

import re

_TOLD = 8


def tells_number(text: str, number: str) -> bool:
    """Tell whether a number's last eight digits are in the text, with any signs between them.

    A few digits alone would do no harm, and are in every hundredth text that holds ids.
    """
    digits = re.sub(r"\D", "", number)[-_TOLD:]
    return re.search(r"[\W_]{0,3}".join(digits), text) is not None
