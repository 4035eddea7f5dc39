"""A parameter that may be left out is refused once, under its own name, and is never null."""

from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import FastAPI, Header, Query

from shared.parameters import OrAbsent
from shared.problems import install_problem_handlers
from shared.written import WrittenDay

APP = FastAPI()
install_problem_handlers(APP)


@APP.get("/")
async def door(
    price: Annotated[OrAbsent[int], Query(ge=1, description="Rupiah.")] = None,
    by: Annotated[OrAbsent[Literal["price", "age"] | float], Query()] = None,
    on: Annotated[OrAbsent[WrittenDay], Query()] = None,
    match: Annotated[OrAbsent[str], Header(alias="If-Match", pattern="^[a-z]+$")] = None,
) -> dict[str, Any]:
    """Say what was given."""
    return {"price": price, "by": by, "on": on, "match": match}


async def knock(query: str, match: str | None = None) -> Any:
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        headers = {} if match is None else {"If-Match": match}
        return (await client.get(f"/?{query}", headers=headers)).json()


async def test_what_is_given_is_read_and_what_is_left_out_is_absent() -> None:
    given = {"price": 7, "by": "age", "on": "2026-03-09", "match": "abc"}
    assert await knock("price=7&by=age&on=2026-03-09", "abc") == given
    assert await knock("") == dict.fromkeys(given)


@pytest.mark.parametrize(
    ("query", "match", "field"),
    [
        ("price=x", None, "price"),
        ("price=0", None, "price"),
        ("price=", None, "price"),
        ("", "A", "If-Match"),
    ],
)
async def test_what_is_wrong_is_refused_once_under_its_name(
    query: str, match: str | None, field: str
) -> None:
    refused = await knock(query, match)
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_our_own_words_stand_alone() -> None:
    (error,) = (await knock("on=20260309"))["errors"]
    assert error == {"field": "on", "message": "harus berupa tanggal tertulis, seperti 2026-03-09"}


def test_the_schema_has_the_limits_and_no_null() -> None:
    price, by, _on, match = APP.openapi()["paths"]["/"]["get"]["parameters"]
    assert price["schema"].items() >= {"type": "integer", "minimum": 1}.items()
    assert [each.get("enum", each["type"]) for each in by["schema"]["anyOf"]] == [
        ["price", "age"],
        "number",
    ]
    assert match["schema"].items() >= {"type": "string", "pattern": "^[a-z]+$"}.items()
    assert "null" not in str([price, by, match])
