"""What the services tell each other: one module per publisher, and how it travels on the wire."""
