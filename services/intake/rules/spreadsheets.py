"""What a spreadsheet must not take for a formula: cells that a citizen wrote, or an old log."""

from typing import Final

# As a formula begins, also behind a tab or a line's end. Masking makes fullwidth signs plain.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_cell(text: str | None) -> str:
    """Return a text as a cell that is shown and never worked out; nothing for None.

    An apostrophe before it is how spreadsheets themselves mark a text.
    """
    if not text:
        return ""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
