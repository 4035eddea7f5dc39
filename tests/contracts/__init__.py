"""What services tell each other stays readable: golden files, wire format, AsyncAPI."""
