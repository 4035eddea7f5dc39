"""Registers: searched and drawn on a map by anybody where they are public, kept by their OPDs."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request

from services.intake.api.choosing import NUL_FREE, written
from services.intake.api.doors import Doors, TheDoors
from services.intake.errors import OpdNotYours
from services.intake.operations import register_search as searching
from services.intake.operations.applications import today_of
from services.intake.operations.auditing import record
from services.intake.operations.register_importing import Tally, batches, import_rows
from services.intake.paper_errors import RegisterFileInvalid
from services.intake.register_schemas import (
    EntryStatus,
    EntryWithdrawalForm,
    RegisterImport,
    RegisterItem,
    RegisterList,
    RegisterMap,
    RegisterPage,
)
from services.intake.rules.register_files import FileUnreadable, read_register
from services.intake.rules.registers import Book
from shared.auth import Principal, Role, require
from shared.http import allow_body
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.parameters import OrAbsent
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/intake/v1", tags=["registers"])

_MOST_BYTES: Final = 5 * 1024**2
_PUBLIC: Final = problem_responses(404, 422, 503)
_STAFF: Final = problem_responses(401, 403, 404, 422, 503)
_ACTS: Final = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)

Reader = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD, Role.ADMIN))]
Keeper = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD))]
RegisterCode = Annotated[
    str, Path(max_length=40, description="As the services' files name it.", examples=["reklame"])
]
EntryNumber = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a004"])
]


async def read_choice(
    q: Annotated[
        str,
        written('Words: `papan nama`, "phrases", `OR`, `-without`.', "papan nama"),
    ] = "",
    where: Annotated[
        list[Annotated[str, Query(max_length=300, pattern=NUL_FREE)]],
        Query(
            max_length=10,
            description="`column:value`, once for each column.",
            examples=[["jenis:billboard"]],
        ),
    ] = [],  # noqa: B006 - never changed
    status: Annotated[OrAbsent[EntryStatus], Query(description="In this state.")] = None,
    bbox: Annotated[
        OrAbsent[str],
        Query(
            max_length=100,
            description="West, south, east and north of a box, in degrees.",
            examples=["111.45,-7.70,111.60,-7.55"],
        ),
    ] = None,
    near: Annotated[
        OrAbsent[str],
        Query(
            max_length=100,
            description="Latitude, longitude and metres (5000 at most); the nearest come first.",
            examples=["-7.63,111.53,250"],
        ),
    ] = None,
) -> dict[str, Any]:
    """Read what the caller chooses by."""
    return {"text": q, "where": where, "status": status, "box": bbox, "near": near}


Choice = Annotated[dict[str, Any], Depends(read_choice)]
Cursor = Annotated[OrAbsent[str], Query(max_length=300, description="Where the page before ended.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Entries per page.")]


@router.get("/registers", operation_id="list_registers", responses=problem_responses(503))
async def list_registers(doors: TheDoors) -> RegisterList:
    """List the registers that anybody may search."""
    return RegisterList(registers=searching.list_books(doors.context, None))


@router.get("/registers/{register_code}/entries", operation_id="search_register", responses=_PUBLIC)
async def search_register(
    doors: TheDoors,
    register_code: RegisterCode,
    choice: Choice,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> RegisterPage:
    """Search a public register by its public columns."""
    return await _search(doors, register_code, None, choice, cursor, limit)


@router.get("/registers/{register_code}/map", operation_id="draw_register", responses=_PUBLIC)
async def draw_register(
    doors: TheDoors, register_code: RegisterCode, choice: Choice
) -> RegisterMap:
    """Show a public register as a layer of a map: GeoJSON, the newest 2,000 entries that match."""
    return await _draw(doors, register_code, None, choice)


@router.get("/staff/registers", operation_id="list_staff_registers", responses=_STAFF)
async def list_staff_registers(doors: TheDoors, caller: Reader) -> RegisterList:
    """List the registers of the caller's OPD."""
    return RegisterList(registers=searching.list_books(doors.context, caller))


@router.get(
    "/staff/registers/{register_code}/entries",
    operation_id="search_staff_register",
    responses=_STAFF,
)
async def search_staff_register(
    doors: TheDoors,
    caller: Reader,
    register_code: RegisterCode,
    choice: Choice,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> RegisterPage:
    """Search a register of the caller's OPD by all its columns."""
    return await _search(doors, register_code, caller, choice, cursor, limit)


@router.get(
    "/staff/registers/{register_code}/map", operation_id="draw_staff_register", responses=_STAFF
)
async def draw_staff_register(
    doors: TheDoors, caller: Reader, register_code: RegisterCode, choice: Choice
) -> RegisterMap:
    """Show a register of the caller's OPD as a layer of a map, with all its columns."""
    return await _draw(doors, register_code, caller, choice)


@router.post(
    "/staff/registers/{register_code}/import",
    operation_id="import_register",
    responses=_ACTS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {
                        "type": "string",
                        "examples": ["nomor,lat,lon,alamat\n1/2020,-7.6,111.5,Jalan Contoh 1\n"],
                    }
                }
            },
        }
    },
)
async def import_register(
    doors: TheDoors,
    caller: Keeper,
    request: Request,
    register_code: RegisterCode,
    key: IdempotencyKey = None,
) -> RegisterImport:
    """Take in an existing register from CSV in UTF-8, for the caller's OPD: all of it, or nothing.

    Headings are codes or labels of columns, and `lat`, `lon`, `alamat`. A row that came before, by
    its number or by all it says, is not taken twice.
    """
    book = searching.find_book(doors.context, register_code, caller)
    opd = _keeper(book, caller)
    allow_body(request, _MOST_BYTES)
    body = await request.body()
    try:
        text = body.decode("utf-8-sig")
        rows = list(read_register(book, text))
    except UnicodeDecodeError as error:
        raise RegisterFileInvalid(
            "Simpan berkas sebagai CSV dalam UTF-8, lalu kirim lagi."
        ) from error
    except FileUnreadable as error:
        raise RegisterFileInvalid(str(error)) from error

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        tally = Tally()
        for batch in batches(iter(rows)):
            await import_rows(unit, book, opd, batch, tally)
        record(
            unit,
            caller.subject,
            "register_imported",
            f"register:{book.code}",
            added=tally.added,
            changed=tally.changed,
        )
        return tally.shown().model_dump(mode="json")

    scope = f"{caller.subject}/registers/{book.code}"
    asked = doors.context.vault.blind_index("request", body)
    return RegisterImport.model_validate(await once(doors.units, scope, key, asked, work))


@router.post(
    "/staff/registers/{register_code}/entries/{entry_id}/withdraw",
    operation_id="withdraw_register_entry",
    responses=_ACTS,
)
async def withdraw_register_entry(
    doors: TheDoors,
    caller: Keeper,
    form: EntryWithdrawalForm,
    register_code: RegisterCode,
    entry_id: EntryNumber,
) -> RegisterItem:
    """Withdraw an entry of the caller's OPD's register; it stays, and says that it was."""
    book = searching.find_book(doors.context, register_code, caller)
    _keeper(book, caller)
    async with doors.units.begin() as unit:
        return await searching.withdraw_entry(
            unit, book, entry_id, form.reason, caller, today_of(doors.context, unit.now)
        )


def _keeper(book: Book, caller: Principal) -> str:
    """Return the OPD that changes a register: those that only work with it do not."""
    if caller.opd is None or caller.opd not in book.offered_by:
        raise OpdNotYours
    return caller.opd


async def _search(
    doors: Doors,
    code: str,
    caller: Principal | None,
    choice: dict[str, Any],
    cursor: str | None,
    limit: int,
) -> RegisterPage:
    book = searching.find_book(doors.context, code, caller)
    search = searching.make_search(book, caller, **choice)
    today = today_of(doors.context, doors.units.clock.now())
    async with doors.units.database.transaction() as connection:
        return await searching.search_register(
            connection, book, search, today, cursor=cursor, limit=limit
        )


async def _draw(
    doors: Doors, code: str, caller: Principal | None, choice: dict[str, Any]
) -> RegisterMap:
    book = searching.find_book(doors.context, code, caller)
    search = searching.make_search(book, caller, **choice, only_placed=True)
    today = today_of(doors.context, doors.units.clock.now())
    async with doors.units.database.transaction() as connection:
        return await searching.draw_register_map(connection, book, search, today)
