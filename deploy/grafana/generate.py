"""Writes the Grafana dashboards from their descriptions in `panels.py` and `panels_*.py`.

`python deploy/grafana/generate.py` writes `dashboards/*.json`; with `--check` it only says whether
the committed files are what this program would write.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from panels import RESPONSE, Dashboard, Panel
from panels_opd import OPD
from panels_pipeline import PIPELINE
from panels_sla import SLA

TARGET = Path(__file__).parent / "dashboards"
DASHBOARDS = (RESPONSE, OPD, SLA, PIPELINE)
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24


def dashboard(of: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana's JSON model."""
    return {
        "uid": f"tanggap-{of.slug}",
        "title": of.title,
        "description": of.description,
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
                },
                *(_variable(name, metric) for name, metric in of.variables),
            ]
        },
        "annotations": {"list": []},
        "panels": list(_placed(of)),
    }


def _variable(name: str, metric: str) -> dict[str, Any]:
    """Let people choose some of a label's values; at first they see all."""
    return {
        "name": name,
        "label": name.upper(),
        "type": "query",
        "datasource": _DATASOURCE,
        "query": {"query": f"label_values({metric}, {name})", "refId": "A"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _placed(of: Dashboard) -> Iterator[dict[str, Any]]:
    """Number the panels and place them: rows of Grafana's 24 columns, filled from the left."""
    number, top = 0, 0
    for title, panels in of.rows:
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
    """Write the files, or check them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write, or check, the dashboards.")
    parser.add_argument("--check", action="store_true", help="say whether they are up to date")
    texts = {
        TARGET / f"{each.slug}.json": json.dumps(dashboard(each), indent=2, ensure_ascii=False)
        + "\n"
        for each in DASHBOARDS
    }
    if not parser.parse_args().check:
        for path, text in texts.items():
            path.write_text(text)
        return 0
    stale = [path.name for path, text in texts.items() if not _holds(path, text)]
    if stale:
        sys.stderr.write(f"Stale: {stale}. Run `python deploy/grafana/generate.py`.\n")
    return 1 if stale else 0


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
