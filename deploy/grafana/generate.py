"""Writes the Grafana dashboard "Response" from the description in `panels.py`.

`python deploy/grafana/generate.py` writes `dashboards/response.json`; with `--check` it only says
whether the committed file is what this program would write.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from panels import ROWS, Panel

TARGET = Path(__file__).parent / "dashboards" / "response.json"
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana's JSON model."""
    return {
        "uid": "tanggap-response",
        "title": "Response",
        "description": "Is every citizen answered in time? Does every event get through?",
        "tags": ["tanggap"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "timezone": "browser",
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                    "current": {},
                }
            ]
        },
        "annotations": {"list": []},
        "panels": list(_placed()),
    }


def _placed() -> Iterator[dict[str, Any]]:
    """Number the panels and place them: rows of Grafana's 24 columns, filled from the left."""
    number, top = 0, 0
    for title, panels in ROWS:
        number += 1
        place = {"x": 0, "y": top, "w": _COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": title, "gridPos": place, "panels": []}
        left, top, height = 0, top + 1, 0
        for panel in panels:
            if left + panel.width > _COLUMNS:
                left, top, height = 0, top + height, 0
            number += 1
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield {"id": number, "gridPos": place, **_drawn(panel)}
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _drawn(panel: Panel) -> dict[str, Any]:
    steps = [{"value": value, "color": colour} for value, colour in panel.colours]
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        defaults["custom"] = {"fillOpacity": 10, "showPoints": "never", **panel.custom}
        defaults["custom"]["thresholdsStyle"] = {"mode": "dashed" if len(steps) == 2 else "off"}
    drawn: dict[str, Any] = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _DATASOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
                "format": "table" if panel.kind == "table" else "time_series",
            }
            for place, query in enumerate(panel.queries)
        ],
    }
    if panel.kind == "timeseries" and panel.custom.get("drawStyle") == "bars":
        # A bar is what happened in its own hour or more: windows must not overlap.
        drawn["interval"] = "1h"
    if panel.kind == "table":
        drawn |= _table(panel)
    return drawn


def _table(panel: Panel) -> dict[str, Any]:
    """Join the queries by their label into one row each, and name the columns."""
    values = [f"Value #{chr(ord('A') + place)}" for place in range(len(panel.queries))]
    names = dict(zip(values, (name for name, _ in panel.columns), strict=True))
    units = zip(values, (unit for _, unit in panel.columns), strict=True)
    return {
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "custom": {"filterable": True}},
            "overrides": [
                {
                    "matcher": {"id": "byName", "options": names[value]},
                    "properties": [{"id": "unit", "value": unit}],
                }
                for value, unit in units
            ],
        },
        "transformations": [
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "renameByName": {"opd": "OPD", **names},
                },
            },
        ],
    }


_REDUCED = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "stat": {"reduceOptions": _REDUCED, "colorMode": "value", "graphMode": "none"},
    "bargauge": {
        "reduceOptions": _REDUCED,
        "orientation": "horizontal",
        "displayMode": "basic",
        "showUnfilled": True,
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}


def main() -> int:
    """Write the file, or check it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write, or check, the dashboard Response.")
    parser.add_argument("--check", action="store_true", help="say whether the file is up to date")
    text = json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"
    if not parser.parse_args().check:
        TARGET.write_text(text)
        return 0
    if TARGET.exists() and TARGET.read_text() == text:
        return 0
    sys.stderr.write("The dashboard is stale: run `python deploy/grafana/generate.py`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
