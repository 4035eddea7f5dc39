"""Real servers without containers: PostgreSQL and Apache Kafka as child processes.

Also the supervisor that runs the services of `make stack` as processes of their own.
"""
