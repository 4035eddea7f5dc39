"""docs/channels.md tells of every platform, how to connect it and how to try it."""

import json
import re

import pytest

from services.all_in_one import settings_of
from services.intake.channels import CHANNELS
from tests.architecture.documents import ROOT

DOCUMENT = (ROOT / "docs/channels.md").read_text()
#: Each platform's own section, by the path of its webhook.
SECTIONS = {
    match[1]: section
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)
    if (match := re.search(r"\| Address \| `/intake/v1/channels/(\w+)", section))
}


def test_every_platform_has_a_section() -> None:
    assert set(SECTIONS) == set(CHANNELS)


@pytest.mark.parametrize("platform", sorted(CHANNELS))
def test_section_has_a_call_whose_body_the_adapter_reads(platform: str) -> None:
    section = SECTIONS[platform]
    assert "curl -s " in section
    bodies = re.findall(r"'(\{\".*\})'", section)
    (item,) = CHANNELS[platform].parse(json.loads(bodies[0]), {})
    assert item.channel == CHANNELS[platform].channel
    assert f"`{item.channel}`" in DOCUMENT


@pytest.mark.parametrize("platform", sorted(CHANNELS))
def test_section_names_settings_that_exist(platform: str) -> None:
    prefix = "TANGGAP_INTAKE_"
    fields = type(settings_of("intake", database_url="unset")).model_fields
    named = re.findall(rf"`{prefix}(\w+)`", SECTIONS[platform])
    assert named
    assert {name.lower() for name in named} <= set(fields)
