"""Every kind of mistake in a service's file is told with its file and its line."""

from pathlib import Path

import pytest

from tests.unit.catalogue.files import FILE, check, tutorial_file

#: What is mistaken: the text replaced, what stands there then (`{...}` of it marks the line that is
#: told, else its first line), and what is said.
MISTAKES: dict[str, tuple[str, str, str]] = {
    "unknown key": ("enabled: true", "aktif: true", "unknown key"),
    "missing key": ("\ngroup: Kebudayaan", "", "this key is missing"),
    "wrong type": ("version: 1", "version: satu", "valid integer"),
    "other name": ("code: pinjam-gedung", "code: pinjam", "must be named pinjam.yaml"),
    "code of a topic": ("code: pinjam-gedung", "code: jalan-berlubang", "has a topic"),
    "unknown OPD": ("opds: [DISBUDPORAPAR]", "opds: [DLH]", "has no OPD 'DLH'"),
    "OPD twice": ("opds: [DISBUDPORAPAR]", "opds: [DISBUDPORAPAR, DISBUDPORAPAR]", "stands twice"),
    "unknown OPD of a stage": ("opd: addressed", "opd: DLH", "has no OPD 'DLH'"),
    "unknown kind of field": ("type: yes_no, required: true}", "type: tanya}", "does not match"),
    "a key of another type": ("unit: orang,", "lines: 3,", "unknown key"),
    "range of a number": ("min: 0, max: 2000", "min: 3, max: 2", "min is above max"),
    "range of a text": ("min_length: 5", "min_length: 130", "min_length is above"),
    "range of files": ("min: 1, max: 2, required", "min: 3, max: 2, required", "min is above max"),
    "too many to choose": ("      min: 0\n      max: 2\n", "      min: 3\n", "how many options"),
    "a day both": ("future: true", "past: true, future: true", "either past or future"),
    "name twice": ("code: surel,", "code: hp,", "the name 'hp' is taken"),
    "a parameter's name": (
        "code: judul, label: Judul a",
        "code: nilai_lulus, label: J",
        "is taken",
    ),
    "a general name": (
        "code: judul, label: Judul a",
        "code: eligible, label: Ax",
        "'eligible' is taken",
    ),
    "a derived name": ("code: judul, label: Judul a", "code: tanggal_days_ago, label: J", "taken"),
    "a name of stages": ("{code: kosong,", "{code: judul,", "the name 'judul' is taken"),
    "option twice": ("value: lampu", "value: suara", "stands already in line"),
    "bad pattern": ('"SG-[0-9]{4}"', '"SG-["', "not a regular expression"),
    "endless pattern": ('"SG-[0-9]{4}"', '"(a+)+"', "repetition inside a repetition"),
    "unknown name": ('when: acara == "pentas", r', 'when: acar == "pentas", r', "no field 'acar'"),
    "unknown value": ('when: acara == "pentas", r', 'when: acara == "x", r', "'x'"),
    "other kinds": ('when: acara == "pentas", r', "when: acara == 3, r", ""),
    "no condition": ("require: tiket == false", "require: penonton", "not a condition"),
    "broken condition": ("require: tiket == false", "require: tiket ==", ""),
    "asked for later": ('when: acara == "pentas", r', "when: penonton > 3, r", "asked for before"),
    "rule at no field": ("      field: tanggal\n", "      field: hari\n", "no field 'hari'"),
    "when in a group": (
        "type: text, required: true}\n        -",
        "type: text, when: tiket == true}\n        -",
        "inside a group",
    ),
    "share above 1": ("share: 1}", "share: 2}", "less than or equal to 1"),
    "answer twice": ("value: belum", "value: ada", "two options have the same value"),
    "evidence of nothing": ("share: 1}\n", "share: 0}\n", "belongs to answers"),
    "personal in a stage": (
        "label: Gedung kosong",
        "personal: true, label: Gedung kosong",
        "never",
    ),
    "two limits": ("clock: {days: 2,", "clock: {days: 2, seconds: 60,", "working_days need days"),
    "unknown ladder": ("ladder: standar", "ladder: curam", "has no ladder 'curam'"),
    "own word": ("code: pemeriksaan\n", "code: done\n", "word of the catalogue's own"),
    "unknown stage": ("next: serah-terima", "next: penilaian", "no stage 'penilaian'"),
    "no way there": ("next: serah-terima", "next: done", "no way leads to 'serah-terima'"),
    "no way out": ("next: done", "next: serah-terima", "to an end"),
    "refusal without reason": ("next: done", "next: refused", "if and only if it refuses"),
    "when alone": (
        "        otherwise: Hanya bila gedung kosong dan nilai kesiapan cukup.\n",
        "",
        "belong together",
    ),
    "personal in a tell": ("tell: Permohonan sedang", "tell: '{nama} sedang'  #", "is personal"),
    "unknown in a tell": ("tell: Permohonan sedang", "tell: '{naman} sedang'  #", "no 'naman'"),
    "lone brace": ("tell: Permohonan sedang", "tell: '{nama sedang'  #", "written {name}"),
    "stage name personal": (
        "when: kosong == true",
        'when: nama == "x" and kosong == true',
        "no field 'nama'",
    ),
    "no sequence": ('"PG-{seq:04}/{year}"', '"PG-{year}"', "{seq} must be there"),
    "no year": ('"PG-{seq:04}/{year}"', '"PG-{seq:04}"', "{year} must be there"),
    "number by no choice": ("{acara}/", "{judul}/", "'judul' is no choice"),
    "number by a personal choice": ("code: acara\n", "code: acara\n      personal: true\n", ""),
    "unknown series": ("    number: izin\n", "    number: surat\n", "no series 'surat'"),
    "no series": ("application_number: permohonan", "application_number: lain", "no such series"),
    "session backwards": ('ends: "10:00"', 'ends: "08:00"', "ends before it starts"),
    "session without field": ("type: appointment, required: true}", "type: text}", "appointment"),
    "document of no stage": (
        "stage: pemeriksaan\n    heading",
        "stage: x1\n    heading",
        "no stage 'x1'",
    ),
    "personal in public": ("public: [judul, tanggal]", "public: [judul, nama]", "no public field"),
    "unknown in a body": ('"{judul}"]', '"{jodul}"]', "no 'jodul'"),
    "unknown group": ("each: penampil", "each: pemain", "no group 'pemain'"),
    "unknown in a row": ("{kelompok}, {b", "{kelompot}, {b", "no field 'kelompot'"),
    "no file": ("file: foto_gedung", "file: judul", "no file 'judul'"),
    "body and file": (
        "file: foto_gedung}",
        "file: foto_gedung, body: [{text: X}]}",
        "or is a file",
    ),
    "no place": ("place: alamat", "place: judul", "no location 'judul'"),
    "expires never": ("  expires: tanggal\n", "  expires: judul\n", "'judul' is no date"),
    "no column": ("same: [judul]", "same: [judl]", "no column 'judl'"),
    "near nothing": ("  place: alamat\n", "", "near_metres needs a place"),
    "personal column": (
        "label: Nomor izin, source: number",
        "label: Nomor, source: nama",
        "public",
    ),
    "column twice": ("code: izin, label: Nomor izin", "code: judul, label: No", "already in line"),
    "register of nobody": (
        "  columns:\n    - {code: judul, label: Judul}\n    - {code: tanggal, label: Tanggal}\n"
        "    - {code: izin, label: Nomor izin, source: number, public: false}\n",
        "",
        "no file says the columns",
    ),
    "alias": ("requires: [KTP, Rencana acara]", "requires: *berkas", ""),
}

#: Mistakes that are told at what stands around them or refers to them: which whole line that is.
ELSEWHERE = {
    "missing key": "code: pinjam-gedung",
    "OPD twice": "code: pinjam-gedung",
    "too many to choose": "    - code: alat",
    "a derived name": (
        "    - {code: tanggal, label: Tanggal acara, type: date, future: true, "
        "not_before: 2026-01-01, required: true}"
    ),
    "answer twice": "      - code: kebersihan",
    "evidence of nothing": "      - code: kebersihan",
    "no way there": "  - code: serah-terima",
    "no way out": "  - code: serah-terima",
    "when alone": "      - code: setuju",
    "number by a personal choice": (
        '  - {series: izin, pattern: "400.6/{seq:03}/{acara}/{opd}/{roman_month}/{year}", '
        "per_opd: true}"
    ),
    "session without field": "appointment:",
    "no column": "registry:",
    "near nothing": "registry:",
    "register of nobody": "  code: pemakaian-gedung",
}


def test_tutorials_own_file_has_no_mistake(tmp_path: Path) -> None:
    problems, services = check(tmp_path, tutorial_file())
    assert (problems, [each.code for each in services]) == ([], ["pinjam-gedung"])


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_told_with_its_line(tmp_path: Path, mistake: str) -> None:
    old, new, said = MISTAKES[mistake]
    text = tutorial_file()
    assert old in text, "the tutorial has changed"
    first = text[: text.index(old)].count("\n") + 1
    broken = text.replace(old, new, 1)
    problems, _ = check(tmp_path, broken)
    found = [each for each in problems if said in each.message]
    assert found, problems
    assert found[0].file == FILE
    lines = range(first, first + max(old.count("\n"), new.count("\n")) + 1)
    if mistake in ELSEWHERE:
        told = broken.splitlines().index(ELSEWHERE[mistake]) + 1
        lines = range(told, told + 1)
    assert any(each.line in lines for each in found), (lines, found)
