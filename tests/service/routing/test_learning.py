"""Models from routing's own past: trained, compared, promoted, taken back, and refused."""

import asyncio
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from services.routing import model_queries
from services.routing.context import RoutingContext
from services.routing.model_queries import Past
from services.routing.operations import learning
from services.routing.operations.learning import (
    ModelNotBetter,
    ModelUnknown,
    NothingToRollBack,
    Present,
    Trained,
)
from services.routing.operations.watching import take_promoted
from services.routing.profile import read
from services.routing.rules import compile_rules
from shared.contracts.intake import ComplaintImported
from shared.ids import ComplaintId, new_id
from tests.service.routing.driver import Driver
from tests.support.invented_texts import invented_past
from tests.support.servers import PROFILE

NOW = datetime(2026, 3, 9, tzinfo=UTC)
# Matters whose words no rule and no topic of the profile knows.
NEW_MATTER = "mesin absen robot layanan ngadat melulu"


def context_of(routing: Driver) -> RoutingContext:
    context: RoutingContext = routing.system.app.apps["routing"].state.context
    return context


def with_new_matter() -> list[Past]:
    """Let a third of the past be of a matter that only a model can know."""
    past = invented_past()
    return [
        Past(f"{NEW_MATTER} {each.text[:20]}", "KOMINFO", "aplikasi-pemda", each.submitted_at)
        if number % 3 == 0
        else each
        for number, each in enumerate(past)
    ]


@cache
def first_model() -> Trained:
    """Train once what most tests need: the first model, after none."""
    return learning.train(with_new_matter(), compile_rules(read(PROFILE)), Present())


async def store_first(routing: Driver) -> int:
    async with routing.system.service("routing").database.transaction() as connection:
        return await learning.store_model(connection, first_model(), NOW)


async def train_again(routing: Driver, past: list[Past]) -> int:
    async with routing.system.service("routing").database.transaction() as connection:
        present = await learning.find_present(connection)
        router = context_of(routing).router
        trained = await asyncio.to_thread(learning.train, past, router, present)
        return await learning.store_model(connection, trained, NOW)


async def promote(routing: Driver, version: int, because: str | None = None) -> None:
    async with routing.system.service("routing").database.transaction() as connection:
        await learning.promote_model(connection, version, NOW, because)


async def take(routing: Driver) -> None:
    await take_promoted(routing.system.service("routing").database, context_of(routing))


async def classify(routing: Driver, text: str) -> dict[str, Any]:
    answer = await routing.system.client.post(
        "/routing/v1/classify", json={"text": text}, headers=routing.desk()
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_promoted_model_decides_without_a_restart(alone: Driver) -> None:
    before = await classify(alone, NEW_MATTER)
    assert (before["opd"], before["model_version"]) == (None, None)

    version = await store_first(alone)
    await promote(alone, version)
    await take(alone)
    after = await classify(alone, NEW_MATTER)
    assert (after["opd"], after["by"], after["model_version"]) == ("KOMINFO", "model", version)
    assert f"model/{version}" in after["reason"]

    # The case itself is placed by it, and says so.
    complaint_id = await alone.open(NEW_MATTER)
    case = await alone.case(complaint_id)
    assert (case["opd"], case["assigned_by"]) == ("KOMINFO", "model")
    event = (await alone.published(complaint_id))[0]
    assert event.model_dump()["by"] == "model"


async def test_a_rule_comes_before_the_model(alone: Driver) -> None:
    version = await store_first(alone)
    await promote(alone, version)
    await take(alone)
    found = await classify(alone, f"{NEW_MATTER}, ada kebakaran di pasar")
    assert (found["opd"], found["by"], found["rule"]) == ("DAMKAR", "rule", "darurat-kebakaran")


async def test_only_a_better_one_is_promoted(alone: Driver) -> None:
    first = await store_first(alone)
    await promote(alone, first)
    # Trained on the same past, it has nothing new to be better on.
    second = await train_again(alone, with_new_matter())
    with pytest.raises(ModelNotBetter):
        await promote(alone, second)
    await promote(alone, second, "dipaksa untuk uji")
    with pytest.raises(ModelUnknown):
        await promote(alone, 99)


async def test_of_two_promotions_at_once_one_is_refused(alone: Driver) -> None:
    versions = [await store_first(alone) for _ in range(2)]
    results = await asyncio.gather(
        *(promote(alone, version) for version in versions), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, ModelNotBetter)]
    assert len(refused) == 1, results


async def test_rolling_back_goes_down_the_versions(alone: Driver) -> None:
    database = alone.system.service("routing").database
    first = await store_first(alone)
    second = await store_first(alone)
    await promote(alone, first, "uji")
    await promote(alone, second, "uji")
    found = []
    for _ in range(2):
        async with database.transaction() as connection:
            found.append(await learning.roll_back(connection, NOW, "uji"))
    assert found == [first, None]
    await take(alone)
    assert (await classify(alone, NEW_MATTER))["opd"] is None
    async with database.transaction() as connection:
        with pytest.raises(NothingToRollBack):
            await learning.roll_back(connection, NOW, "uji")
        assert len(await model_queries.list_models(connection)) == 2


async def test_a_damaged_model_leaves_the_rules_to_decide_and_alarms(alone: Driver) -> None:
    version = await store_first(alone)
    await promote(alone, version)
    await alone.system.rows(
        "routing", r"UPDATE models SET content = content || '\x00'::bytea RETURNING version"
    )
    await take(alone)
    assert (await classify(alone, "PJU di gang kenanga padam"))["opd"] == "DISHUB"
    assert (await classify(alone, NEW_MATTER))["opd"] is None
    metrics = (await alone.system.client.get("/routing/metrics")).text
    assert "routing_model_damaged 1.0" in metrics
    assert "routing_model_version 0.0" in metrics


async def test_imported_complaints_are_kept_to_learn_from(alone: Driver) -> None:
    def imported(text: str, complaint_id: str) -> ComplaintImported:
        return ComplaintImported(
            complaint_id=ComplaintId(complaint_id),
            occurred_at=alone.now,
            text=text,
            opd="DISHUB",
            submitted_at=alone.now,
        )

    one = new_id()
    await alone.tell(imported("lampu padam", one), imported("lampu padam, sudah lama", one))
    async with alone.system.service("routing").database.transaction() as connection:
        past = await model_queries.list_past(connection)
    assert [each.text for each in past] == ["lampu padam, sudah lama"]
    assert await alone.system.rows("routing", "SELECT 1 FROM cases") == []


async def test_what_a_rule_alone_said_teaches_nothing(alone: Driver) -> None:
    untouched = await alone.open()
    corrected = await alone.open("PJU di depan pasar padam, tiangnya roboh ke saluran")
    answer = await alone.act(corrected, "assign", alone.desk())
    assert answer.status_code == 200
    async with alone.system.service("routing").database.transaction() as connection:
        past = await model_queries.list_past(connection)
    assert [each.opd for each in past] == ["PUPR"], untouched
