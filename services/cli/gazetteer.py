"""`tanggap profile gazetteer`: the districts and villages of a region, from the Ministry's codes.

The codes come as a CSV with the columns `kode` and `nama`, such as the one that
github.com/cahyadsn/wilayah keeps (MIT); none is shipped. What is made of it is YAML for a profile:
the `districts` of pemda.yaml, in which routing looks for the places that people name, and an OPD
for each kecamatan.
"""

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer
import yaml
from rich.console import Console

console = Console(highlight=False, soft_wrap=True)

_REGION: Final = re.compile(r"[0-9]{2}\.[0-9]{2}\Z")
_DISTRICTS: Final = re.compile(r"^districts:.*?(?=^[^\s#]|\Z)", re.MULTILINE | re.DOTALL)
_NO_LETTER: Final = re.compile(r"[^A-Z0-9]+")
_LONGEST_CODE: Final = 32
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9 .'/()-]*\Z")

Code = Annotated[str, typer.Argument(help="Code of the kota or kabupaten, such as 35.77.")]
Codes = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="CSV with the columns kode and nama.")
]
Into = Annotated[
    Path | None,
    typer.Option(
        exists=True, file_okay=False, help="Profile whose pemda.yaml gets these districts."
    ),
]


class GazetteerUnusable(ValueError):
    """The file or the code does not give the places of a region; the text says why."""


@dataclass(slots=True)
class District:
    """A kecamatan with the codes and names of its villages (kelurahan and desa)."""

    code: str
    name: str
    villages: list[tuple[str, str]] = field(default_factory=list)


def gazetteer(code: Code, codes: Codes, into: Into = None) -> None:
    """Make the districts and villages of a region, and their OPDs, from the Ministry's codes.

    Prints them as YAML to paste; with `--into`, pemda.yaml gets the districts and the OPDs alone
    are printed.
    """
    try:
        region, districts = read_region(codes, code)
        if into is not None:
            put_districts(into / "pemda.yaml", districts)
    except (GazetteerUnusable, OSError) as error:
        console.print(f"[red]✗[/red] {error}", markup=True)
        raise typer.Exit(1) from error
    villages = sum(len(each.villages) for each in districts)
    if into is None:
        console.print(f"# pemda.yaml: {region}", markup=False)
        console.print(districts_yaml(districts), markup=False)
    console.print("# opds.yaml", markup=False)
    console.print(opds_yaml(districts), markup=False)
    console.print(f"# {len(districts)} kecamatan, {villages} kelurahan and desa", markup=False)


def read_region(path: Path, code: str) -> tuple[str, list[District]]:
    """Return a region's name and its districts, in the order of their codes.

    Raises GazetteerUnusable.
    """
    if not _REGION.match(code):
        raise GazetteerUnusable(f"'{code}' is no code of a kota or kabupaten, such as 35.77")
    name: str | None = None
    districts: dict[str, District] = {}
    for row_code, row_name in sorted(_rows(path)):
        if row_code == code:
            name = row_name
        elif row_code.startswith(f"{code}."):
            _add(districts, row_code, row_name)
    if name is None or not districts:
        raise GazetteerUnusable(f"{path} has no region {code} with kecamatan")
    return name, list(districts.values())


def districts_yaml(districts: Iterable[District]) -> str:
    """Write the `districts` of pemda.yaml."""
    lines = ["districts:"]
    for district in districts:
        lines += [f'  - code: "{district.code}"', f"    name: {_text(district.name)}"]
        if district.villages:
            lines.append("    villages:")
        lines += [
            f'      - {{code: "{code}", name: {_text(name)}}}' for code, name in district.villages
        ]
    return "\n".join(lines)


def opds_yaml(districts: Iterable[District]) -> str:
    """Write an entry of opds.yaml for each kecamatan."""
    lines: list[str] = []
    used: set[str] = set()
    for district in districts:
        code = "KEC-" + _NO_LETTER.sub("", district.name.upper())[: _LONGEST_CODE - 8]
        if code in used:
            # Two kecamatan of one name in a region: their numbers tell them apart.
            code = f"{code}-{district.code.rpartition('.')[2]}"
        used.add(code)
        name = _text(f"Kecamatan {district.name}")
        area = f'area_code: "{district.code}"'
        lines.append(f"  - {{code: {code}, name: {name}, kind: kecamatan, {area}}}")
    return "\n".join(lines)


def put_districts(path: Path, districts: Iterable[District]) -> None:
    """Replace the `districts` of a pemda.yaml; all else in it stays as it is written.

    Raises GazetteerUnusable where the file has no such part.
    """
    text = path.read_text(encoding="utf-8")
    block = districts_yaml(districts) + "\n"
    changed, found = _DISTRICTS.subn(lambda _: block, text, count=1)
    if not found:
        raise GazetteerUnusable(f"{path} has no line 'districts:' to replace")
    path.write_text(changed, encoding="utf-8")


def _rows(path: Path) -> Iterable[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"kode", "nama"} <= set(reader.fieldnames or ()):
                raise GazetteerUnusable(f"{path} has no columns kode and nama in its first line")
            for row in reader:
                if row["kode"] and row["nama"]:
                    yield row["kode"].strip(), " ".join(row["nama"].split())
    except (UnicodeDecodeError, csv.Error) as error:
        raise GazetteerUnusable(f"{path} is no CSV in UTF-8: {error}") from error


def _add(districts: dict[str, District], code: str, name: str) -> None:
    parts = code.split(".")
    if len(parts) == 3:
        districts[code] = District(code, name)
    elif len(parts) == 4 and (district := districts.get(code.rpartition(".")[0])) is not None:
        district.villages.append((code, name))


def _text(value: str) -> str:
    """Write a name as YAML reads it back: quoted where it might be taken for something else."""
    if _PLAIN.match(value) and yaml.safe_load(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
