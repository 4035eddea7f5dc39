"""One invented example of every event class, a module per publisher."""
