"""Which policy a clock starts with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.sla.policies import Policies, Traits
from tests.unit.sla.cases import NOON, policy, profile, scope

TRAITS = Traits(channel="call112", classification="complaint", opd="DLH", topic="sampah")


def chosen(policies: Policies, started_at: datetime = NOON, traits: Traits = TRAITS) -> str:
    terms = policies.terms_for("follow_up", started_at, traits)
    assert terms is not None
    return terms.policy


def test_without_anything_special_the_general_policy_applies() -> None:
    assert chosen(Policies(profile())) == "follow-up-umum"


@pytest.mark.parametrize(
    ("fitting", "foreign"),
    [
        ({"channels": ("call112",)}, {"channels": ("web",)}),
        ({"classifications": ("complaint",)}, {"classifications": ("aspiration",)}),
        ({"opds": ("DLH", "PUPR")}, {"opds": ("PUPR",)}),
        ({"topics": ("sampah",)}, {"topics": ("jalan",)}),
    ],
)
def test_each_condition_chooses_and_excludes(
    fitting: dict[str, tuple[str, ...]], foreign: dict[str, tuple[str, ...]]
) -> None:
    special = policy("follow_up", 3600, id="khusus", scope=scope(**fitting))
    assert chosen(Policies(profile(special))) == "khusus"
    other = policy("follow_up", 3600, id="lain", scope=scope(**foreign))
    assert chosen(Policies(profile(other))) == "follow-up-umum"


def test_the_more_specific_policy_wins_whatever_the_order() -> None:
    one = policy("follow_up", id="satu", scope=scope(opds=("DLH",)))
    two = policy("follow_up", id="dua", scope=scope(opds=("DLH",), topics=("sampah",)))
    assert chosen(Policies(profile(one, two))) == "dua"
    assert chosen(Policies(profile(two, one))) == "dua"


def test_a_newer_regulation_replaces_an_older_one_at_midnight_in_the_pemdas_zone() -> None:
    newer = policy("follow_up", id="baru", valid_from="2026-04-01")
    policies = Policies(profile(newer))
    midnight = datetime(2026, 3, 31, 17, 0, tzinfo=UTC)
    assert chosen(policies, midnight - timedelta(seconds=1)) == "follow-up-umum"
    assert chosen(policies, midnight) == "baru"


def test_a_policy_ends_after_its_last_day() -> None:
    special = policy(
        "follow_up", id="sementara", scope=scope(opds=("DLH",)), valid_until="2026-03-09"
    )
    policies = Policies(profile(special))
    assert chosen(policies, NOON) == "sementara"
    assert chosen(policies, NOON + timedelta(days=1)) == "follow-up-umum"


def test_no_complaint_goes_without_its_clock_on_a_day_before_the_first_policy() -> None:
    assert chosen(Policies(profile()), NOON - timedelta(days=900)) == "follow-up-umum"


def test_a_stage_that_not_every_case_has_takes_no_policy_of_another_time() -> None:
    policies = Policies(profile())
    assert policies.terms_for("resolution", NOON - timedelta(days=900), TRAITS) is None


def test_a_policy_without_a_ladder_tells_nobody() -> None:
    quiet = policy("closing", id="diam", ladder=None, scope=scope(opds=("DLH",)))
    terms = Policies(profile(quiet)).terms_for("closing", NOON, TRAITS)
    assert terms is not None
    assert terms.rungs == ()


def test_emergency_outweighs_whatever_else_a_policy_names() -> None:
    everything = scope(
        channels=("call112",), classifications=("complaint",), opds=("DLH",), topics=("sampah",)
    )
    narrow = policy("follow_up", id="sempit", scope=everything)
    urgent = policy("follow_up", id="darurat", scope=scope(emergency=True))
    policies = Policies(profile(narrow, urgent))
    assert chosen(policies, traits=replace(TRAITS, emergency=True)) == "darurat"
    assert chosen(policies) == "sempit"
