"""Survey's rules, without a database."""
