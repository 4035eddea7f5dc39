"""How messages travel between services: in one process or over Kafka, with the same promises."""
