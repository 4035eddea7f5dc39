"""What the dashboard "Pipeline health" shows: does every event and message get through?"""

from collections.abc import Sequence

from panels import BY_SERVICE, NONE_IS_GOOD, Dashboard, Panel, Query, gauge, quantile

_HTTP = "tanggap_http_request_seconds_bucket"
_REQUESTS = "sum by (service) (rate(tanggap_http_requests_total[$__rate_interval]))"
_FAILED = (
    'sum by (service) (rate(tanggap_http_requests_total{status=~"5.."}[$__rate_interval]))'
    f" or 0 * {_REQUESTS}"
)

_EVENTS: Sequence[Panel] = (
    Panel(
        "Waiting in the outbox",
        "timeseries",
        "short",
        "Events that are committed and not yet on the bus.",
        [Query("max by (service) (tanggap_outbox_unpublished)", BY_SERVICE)],
    ),
    Panel(
        "Oldest unpublished event",
        "timeseries",
        "s",
        "Age of the oldest event in each outbox. Above 30 s somebody is woken.",
        [Query("max by (service) (tanggap_outbox_oldest_seconds)", BY_SERVICE)],
        colours=((None, "green"), (30, "red")),
    ),
    Panel(
        "Published",
        "timeseries",
        "cps",
        "Events published and marked, per second.",
        [
            Query(
                "sum by (service) (rate(tanggap_outbox_published_total[$__rate_interval]))",
                BY_SERVICE,
            )
        ],
    ),
    Panel(
        "Taken in, by what became of them",
        "timeseries",
        "cps",
        "Handled, heard again (stale), waiting for an earlier one (parked), failed (dead).",
        [
            Query(
                "sum by (outcome) (rate(tanggap_inbox_events_total[$__rate_interval]))",
                "{{outcome}}",
            )
        ],
    ),
    Panel(
        "Consumer lag",
        "timeseries",
        "short",
        "Events on the bus that a service has not yet handled.",
        [Query("sum by (service) (tanggap_consumer_lag)", BY_SERVICE)],
    ),
    Panel(
        "Partitions that wait for a retry",
        "timeseries",
        "short",
        "While a database is away, partitions wait and are tried again.",
        [Query("sum by (service) (tanggap_consumer_paused)", BY_SERVICE)],
        colours=NONE_IS_GOOD,
    ),
    Panel(
        "Parked events",
        "timeseries",
        "short",
        "Events that wait for an earlier one of their complaint.",
        [Query("max by (service) (tanggap_inbox_parked)", BY_SERVICE)],
        colours=NONE_IS_GOOD,
    ),
    Panel(
        "Dead events",
        "timeseries",
        "short",
        "Events that failed for good and wait for a person (`tanggap replay`).",
        [Query("max by (service) (tanggap_inbox_dead)", BY_SERVICE)],
        colours=NONE_IS_GOOD,
    ),
)

_MESSAGES: Sequence[Panel] = (
    Panel(
        "Oldest message to send",
        "timeseries",
        "s",
        "Age of the oldest message to a citizen or to staff that waits to be sent.",
        [Query("max by (service) (tanggap_messages_oldest_seconds)", BY_SERVICE)],
        width=12,
    ),
    Panel(
        "Messages held",
        "timeseries",
        "short",
        "Messages that wait for a person: perhaps sent (unsure), or failed for good (dead).",
        [Query(gauge("tanggap_messages_held", "state"), "{{state}}")],
        width=12,
        colours=NONE_IS_GOOD,
    ),
)

_DOORS: Sequence[Panel] = (
    Panel(
        "Requests",
        "timeseries",
        "reqps",
        "HTTP requests answered, per second.",
        [Query(_REQUESTS, BY_SERVICE)],
    ),
    Panel(
        "HTTP p95",
        "timeseries",
        "s",
        "Nineteen of twenty requests are answered faster than this.",
        [Query(quantile(0.95, _HTTP, "$__rate_interval", "service"), BY_SERVICE)],
    ),
    Panel(
        "HTTP p99",
        "timeseries",
        "s",
        "99 of 100 requests are answered faster than this.",
        [Query(quantile(0.99, _HTTP, "$__rate_interval", "service"), BY_SERVICE)],
    ),
    Panel(
        "HTTP errors",
        "timeseries",
        "percentunit",
        "Share of requests that failed by the server's fault (5xx).",
        [Query(f"({_FAILED}) / {_REQUESTS}", BY_SERVICE)],
        colours=((None, "green"), (0.05, "red")),
    ),
)

_PROCESSES: Sequence[Panel] = (
    Panel(
        "Services up",
        "timeseries",
        "short",
        "How many processes of each service answer Prometheus.",
        [Query('sum by (service) (up{job="tanggap"})', BY_SERVICE)],
        custom={"lineInterpolation": "stepAfter"},
    ),
    Panel(
        "Consumers that read",
        "timeseries",
        "short",
        "Processes whose polls and handlers come back.",
        [Query("sum by (service) (tanggap_consumer_reading)", BY_SERVICE)],
        custom={"lineInterpolation": "stepAfter"},
    ),
    Panel(
        "Processor",
        "timeseries",
        "percentunit",
        "Cores that each service uses; in one process, all services show the same.",
        [Query("sum by (service) (rate(process_cpu_seconds_total[$__rate_interval]))", BY_SERVICE)],
    ),
    Panel(
        "Memory",
        "timeseries",
        "bytes",
        "Resident memory; in one process, all services show the same.",
        [Query("sum by (service) (process_resident_memory_bytes)", BY_SERVICE)],
    ),
)

PIPELINE = Dashboard(
    slug="pipeline",
    title="Pipeline health",
    description="Does every event, message and request get through, and do the processes run?",
    rows=(
        ("Events", _EVENTS),
        ("Messages", _MESSAGES),
        ("Doors", _DOORS),
        ("Processes", _PROCESSES),
    ),
)
