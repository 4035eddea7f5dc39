"""HTTP in: parse, authorise, call one operation."""
