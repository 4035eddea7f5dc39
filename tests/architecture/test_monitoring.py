"""Prometheus and Grafana look where compose.yaml puts the services.

That they show something there is proved by `make test-dashboards`.
"""

import asyncio
import re
import sys
from pathlib import Path

import yaml

from services.all_in_one import EVENT_DRIVEN
from services.cli.serving import FIRST_STACK_PORT
from shared.contracts.topics import SERVICES
from tests.architecture.deployment_files import DEPLOY, ROOT, compose
from tests.dashboards import lint


def test_prometheus_scrapes_the_services_of_compose() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    found = {each["labels"]["service"]: each for each in job["static_configs"]}
    assert list(found) == list(SERVICES)
    for port, name in enumerate(SERVICES, FIRST_STACK_PORT):
        assert found[name]["targets"] == [f"{name}:{port}"]
        assert found[name]["labels"]["__metrics_path__"] == f"/{name}/metrics"
    prometheus = compose()["services"]["prometheus"]
    assert "./prometheus:/etc/prometheus:ro" in prometheus["volumes"]
    assert "--config.file=/etc/prometheus/prometheus.yml" in prometheus["command"]


def test_alerts_name_the_services_that_have_events() -> None:
    text = "".join(p.read_text() for p in (DEPLOY / "prometheus" / "rules").glob("*.rules.yml"))
    lists = re.findall(r'service=~"([a-z|]+)"', text)
    assert lists
    assert all(set(each.split("|")) == EVENT_DRIVEN for each in lists)


def test_dashboards_and_rules_pass_the_lint() -> None:
    assert lint.problems() == []


def test_grafana_finds_its_data_source_and_the_dashboard() -> None:
    grafana = compose()["services"]["grafana"]
    provisioning = DEPLOY / "grafana" / "provisioning"
    sources = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())
    assert sources["datasources"][0]["url"] == "http://prometheus:9090"
    providers = yaml.safe_load((provisioning / "dashboards" / "tanggap.yaml").read_text())
    folder = providers["providers"][0]["options"]["path"]
    assert f"./grafana/dashboards:{folder}:ro" in grafana["volumes"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == folder
    dashboards = {each.name for each in (DEPLOY / "grafana" / "dashboards").iterdir()}
    assert dashboards == {home.name, "opd.json", "pipeline.json", "sla.json"}


async def test_committed_dashboards_are_what_their_program_writes() -> None:
    program = DEPLOY / "grafana" / "generate.py"
    process = await asyncio.create_subprocess_exec(sys.executable, program, "--check")
    assert await process.wait() == 0


def test_make_has_the_targets_that_the_documents_name() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", (DEPLOY / "README.md").read_text()))
    assert named
    assert named <= targets
