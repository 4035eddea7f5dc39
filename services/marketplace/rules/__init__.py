"""Pure decisions about traders, goods and searches; no I/O, time passed in."""
