"""The machinery's own rules, without I/O."""
