"""The clocks' rules, without any I/O."""
