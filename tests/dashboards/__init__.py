"""Proves dashboards and alert rules against the running system and a real Prometheus.

`python -m tests.dashboards` (`make test-dashboards`) needs Debian's package `prometheus`, which
brings `promtool`; without it the proof fails, it is not left out.
"""
