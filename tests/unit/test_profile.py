"""The shipped profile is sound, and a bad one is told in which file and line it is wrong."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from services.intake import profile as intake
from services.marketplace import profile as marketplace
from services.routing import profile as routing
from services.sla import profile as sla
from services.sla.calendar_profile import WorkingWeek
from services.survey import profile as survey
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
    version_of,
)

CONTOH = Path(__file__).parents[2] / "deploy" / "profiles" / "contoh"
SERVICES: tuple[ModuleType, ...] = (intake, routing, sla, survey, marketplace)
Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that replaces a text in a copy of the shipped profile."""
    folder = tmp_path / "profile"
    shutil.copytree(CONTOH, folder, ignore=shutil.ignore_patterns("demo"))

    def edit(file: str, old: str, new: str) -> Path:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return edit


def line_of(folder: Path, file: str, text: str) -> int:
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return 1 + max(number for number, line in enumerate(lines) if text in line)


class TestShippedProfile:
    @pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.__name__)
    def test_it_has_no_problem(self, service: ModuleType) -> None:
        assert service.check(CONTOH) == []

    @pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.__name__)
    def test_each_part_survives_being_stored(self, service: ModuleType) -> None:
        part = service.read(CONTOH)
        assert type(part).model_validate_json(part.model_dump_json()) == part

    def test_every_file_has_one_owner(self) -> None:
        owned = Counter(file for service in SERVICES for file in service.FILES)
        owned.update(routing.OPTIONAL)
        assert owned == Counter(path.name for path in CONTOH.glob("*.yaml"))

    def test_it_is_as_large_as_a_city(self) -> None:
        profile = routing.read(CONTOH)
        assert 28 <= len(profile.opds) <= 40
        assert len(profile.topics) >= 120
        kinds = Counter(opd.kind for opd in profile.opds)
        assert kinds["kecamatan"] == 5
        for opd in profile.opds:
            has_topic = any(topic.opd == opd.code for topic in profile.topics)
            assert has_topic or opd.kind == "kecamatan", opd.code

    def test_its_deadlines_are_the_designs(self) -> None:
        profile = sla.read(CONTOH)
        seconds = {p.stage: p.seconds for p in profile.policies if p.scope.is_general}
        assert seconds["first_response"] == 2 * 3600
        assert seconds["follow_up"] == 24 * 3600
        steps = [(step.on, step.after_seconds, step.to) for step in profile.ladders[0].steps]
        assert steps == [
            ("near", 0, "officer"),
            ("missed", 0, "head"),
            ("missed", 4 * 3600, "sekda"),
            ("missed", 24 * 3600, "leader"),
        ]
        unassigned = [step.role_while_unassigned for step in profile.ladders[0].steps]
        assert unassigned == ["triage", "triage", "sekda", "leader"]

    def test_its_working_week_is_the_regulations(self) -> None:
        # Perpres 21/2023: 37 h 30 min a week without breaks, and 32 h 30 min in Ramadan.
        calendar = sla.read(CONTOH).calendars[0]
        assert hours_a_week(calendar) == 37.5
        assert hours_a_week(calendar.seasons[0]) == 32.5

    def test_its_bounds_hold_what_is_inside_and_no_more(self) -> None:
        bounds = intake.read(CONTOH).pemda.bounds
        assert bounds.contains(-7.60, 111.50)
        assert bounds.contains(-7.70, 111.45)
        assert not bounds.contains(-6.2, 106.8)
        assert not bounds.contains(111.50, -7.60)
        assert not bounds.contains(float("nan"), 111.50)

    def test_its_areas_are_twenty_five(self) -> None:
        codes = intake.read(CONTOH).area_codes()
        assert len(codes) == 25
        assert {"99.71.03", "99.71.03.1002"} <= codes


def hours_a_week(week: WorkingWeek) -> float:
    minutes = 0
    for windows in week.days.values():
        for window in windows:
            minutes += (window.end.hour - window.start.hour) * 60
            minutes += window.end.minute - window.start.minute
    return minutes / 60


# Which service reads it, the file, what is replaced by what, and what is said of which line.
MISTAKES = [
    (routing, "opds.yaml", "code: DLH,", "code: PUPR,", "'PUPR' stands already", "code: PUPR,"),
    (routing, "opds.yaml", "code: DLH,", "code: dlh,", "match pattern", "code: dlh,"),
    (routing, "opds.yaml", "kind: badan", "kind: kantor", "Input should be", "kind: kantor"),
    (routing, "opds.yaml", '"99.71.01"}', '"99.71.09"}', "no district", "99.71.09"),
    (routing, "opds.yaml", '"99.71.01"}', '"99.71.02"}', "serves it already", "KEC-TIRTAJAYA"),
    (routing, "opds.yaml", ', area_code: "99.71.01"', "", "needs one", "KEC-MEKARSARI"),
    (routing, "topics.yaml", "opd: PUPR", "opd: PUPRR", "no OPD 'PUPRR'", "PUPRR"),
    (routing, "topics.yaml", "opd: PUPR", "opdd: PUPR", "unknown key", "opdd"),
    (routing, "topics.yaml", "    opd: PUPR\n", "", "place: true", "code: jalan-berlubang"),
    (routing, "topics.yaml", "[pavingisasi,", "[a ~, pavingisasi,", "each side", "a ~"),
    (routing, "topics.yaml", "[pavingisasi,", "[paving, pavingisasi,", "more than one", "kampung-"),
    (routing, "topics.yaml", "code: drainase", "code: jalan-ambles", "already", "jalan-ambles"),
    (routing, "rules.yaml", "topic: kebakaran", "topic: banjir-api", "no topic", "banjir-api"),
    (routing, "rules.yaml", "    triage: true", "    opd: POLRI", "no OPD 'POLRI'", "POLRI"),
    (
        routing,
        "rules.yaml",
        "    triage: true",
        "    triage: false",
        "exactly one",
        "id: bukan-wewenang-l",
    ),
    (routing, "rules.yaml", "min_margin: 0.28", "min_margin: 28", "less than", "min_margin"),
    (routing, "rules.yaml", "  dalan: jalan", "  dalan: jalan raya", "not one word", "spellings:"),
    (routing, "rules.yaml", "SETDA-TAPEM", "SETDA-X", "no OPD 'SETDA-X'", "SETDA-X"),
    (routing, "examples.yaml", "  jalan-ambles:", "  jalan-amblas:", "no topic", "amblas:"),
    (routing, "examples.yaml", "- jembatan goyang", "- 0812 3456 7890 itu", "invented", "0812"),
    (
        routing,
        "examples.yaml",
        "- dalane ciut banget, tulung dijembarno",
        "- ciut",
        "at least 10",
        "- ciut",
    ),
    (sla, "sla.yaml", "near_at: 0.75", "near_at: 75", "less than 1", "near_at: 75"),
    (sla, "sla.yaml", "seconds: 7200", "seconds: 0", "greater than", "seconds: 0"),
    (sla, "sla.yaml", "ladder: standar", "ladder: tinggi", "no ladder 'tinggi'", "tinggi"),
    (sla, "sla.yaml", "stage: closing", "stage: penutupan", "'closing' has no policy", "policies:"),
    (sla, "sla.yaml", "14400, to", "90000, to", "lower one", "steps:"),
    (sla, "sla.yaml", "level: 3", "level: 2", "each level comes once", "steps:"),
    (sla, "sla.yaml", "2026-01-01", "2026-13-01", "valid date", "2026-13-01"),
    (sla, "calendars.yaml", "Asia/Jakarta", "Asia/Bandung", "not one of", "Asia/Bandung"),
    (sla, "calendars.yaml", "Asia/Jakarta", "Asia/Jayapura", "pemda.yaml says", "Asia/Jayapura"),
    (sla, "calendars.yaml", 'end: "12:00"', 'end: "06:00"', "after start", "06:00"),
    (sla, "calendars.yaml", 'start: "13:00"', 'start: "11:00"', "overlap", "days:"),
    (
        sla,
        "calendars.yaml",
        "default: kantor-5-hari",
        "default: k",
        "no calendar 'k'",
        "default: k",
    ),
    (sla, "calendars.yaml", "[SATPOLPP]", "[RSUD]", "'RSUD' has a calendar", "[RSUD]"),
    (sla, "calendars.yaml", "[SATPOLPP]", "[XX]", "no OPD 'XX'", "[XX]"),
    (sla, "calendars.yaml", "kind: holiday", "kind: off", "Input should be", "kind: off"),
    (sla, "sla.yaml", "days: 3\n", "seconds: 3600\n", "in days alone", "id: verifikasi-3-hari"),
    (sla, "sla.yaml", "{reason: citizen", "{reason: external", "never stands still", "external"),
    (sla, "sla.yaml", "days: 3\n", "days: 3\n    calendar: x\n", "no calendar 'x'", "calendar: x"),
    (sla, "contacts.yaml", "opd: DLH,", "opd: DLHX,", "no OPD 'DLHX'", "DLHX"),
    (sla, "contacts.yaml", "opd: DLH,", "opd: PUPR,", "the officer of DLH is missing", "contacts:"),
    (sla, "contacts.yaml", "sekda@contoh", "sekda contoh", "match pattern", "sekda contoh"),
    (sla, "contacts.yaml", "role: sekda", "role: bupati", "Input should be", "bupati"),
    (sla, "contacts.yaml", ", email: sekda@contoh.example", "", "needs an address", "role: sekda"),
    (sla, "notices.yaml", "Laporan {{ code }} (", "{{ kode }} (", "no 'kode'", "    text: |"),
    (sla, "notices.yaml", "{{ total }} pem", "{{ code }} pem", "no 'code'", "subject: "),
    (sla, "notices.yaml", "[total, counts]", "[total, x]", "no 'x'", "parameters: [total, x]"),
    (sla, "notices.yaml", "  closing: Penutupan\n", "", "'closing' has no name", "stages:"),
    (sla, "notices.yaml", "[sekda, leader], start", "[officer], start", "already", "22:00"),
    (sla, "notices.yaml", '"21:00"', '"25:00"', "hour value", "25:00"),
    (intake, "pemda.yaml", "Asia/Jakarta", "Asia/Bandung", "not one of", "Asia/Bandung"),
    (intake, "pemda.yaml", "south: -7.70", "south: -7.50", "below north", "bounds:"),
    (intake, "pemda.yaml", "south: -7.70", "south: -97", "greater than", "south: -97"),
    (intake, "pemda.yaml", '"99.71"', "99.71", "quotation marks", "region_code"),
    (intake, "pemda.yaml", '"99.71.01.1002"', '"99.71.02.1002"', "not inside", "Randuagung"),
    (intake, "pemda.yaml", '"99.71.01.1002"', '"99.71.01.1001"', "already", "Randuagung"),
    (
        intake,
        "pemda.yaml",
        "zone: Asia/Jakarta\n",
        "",
        "zone: this key is missing",
        "name: Pemer",
    ),
    (intake, "channels.yaml", "opd: DLH}", "opd: DLHX}", "no OPD 'DLHX'", "DLHX"),
    (intake, "channels.yaml", "code: app,", "code: web,", "'web' stands already", "Aplikasi"),
    (intake, "channels.yaml", "default_channel: web", "default_channel: fax", "no channel", "fax"),
    (survey, "survey.yaml", "opd: RSUD", "opd: RSU", "no OPD 'RSU'", "opd: RSU"),
    (survey, "survey.yaml", "period: monthly", "period: often", "Input should be", "often"),
    (
        marketplace,
        "marketplace.yaml",
        "code: jasa",
        "code: busana",
        "already",
        "busana, name: Jasa",
    ),
    (marketplace, "marketplace.yaml", '["12:00"]', '["25:00"]', "pattern", "25:00"),
    (marketplace, "marketplace.yaml", "caption: pendek", "caption: tiada", "no caption", "tiada"),
    (marketplace, "marketplace.yaml", "    publish: copy", "", "by hand", "tiktok"),
    (marketplace, "marketplace.yaml", "{hashtags}", "{tagar}", "there is no tagar", "text: |"),
    (marketplace, "marketplace.yaml", "opd: DISKOPDAG", "opd: DISKOP", "no OPD", "opd: DISKOP"),
    (
        marketplace,
        "marketplace.yaml",
        "{size: kecil, capital: 5",
        "{size: kecil, capital: 1",
        "abo",
        "sizes:",
    ),
    (marketplace, "marketplace.yaml", "size: kecil", "size: menengah", "this order", "sizes:"),
    (marketplace, "marketplace.yaml", "{code}. B", "B", "no place for {code}", "text:"),
    (marketplace, "marketplace.yaml", "{minutes}", "{menit}", "only {code}", "text:"),
    (marketplace, "marketplace.yaml", "[arak,", "[Arak!,", "small letters", "words:"),
    (marketplace, "marketplace.yaml", "action: flag", "action: hide", "Input should be", "hide"),
    (
        marketplace,
        "marketplace.yaml",
        "{code: penipuan",
        "{code: barang-terlarang",
        "already",
        "pemb",
    ),
]


@pytest.mark.parametrize(("service", "file", "old", "new", "says", "where"), MISTAKES)
def test_a_mistake_is_told_with_its_file_and_line(
    edited: Edit, service: ModuleType, file: str, old: str, new: str, says: str, where: str
) -> None:
    folder = edited(file, old, new)
    problems = [problem for problem in service.check(folder) if says in problem.message]
    assert problems, service.check(folder)
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    assert any(problem.file == file and where in lines[problem.line - 1] for problem in problems), (
        problems
    )
    with pytest.raises(ProfileInvalid, match=r"\.yaml:\d+: "):
        service.read(folder)


def test_several_mistakes_are_told_at_once(edited: Edit) -> None:
    edited("topics.yaml", "opd: PUPR", "opd: SATU")
    edited("topics.yaml", "opd: DLH", "opd: DUA")
    folder = edited("rules.yaml", "topic: kebakaran", "topic: tiga")
    told = [str(problem) for problem in routing.check(folder)]
    assert told == [
        f"rules.yaml:{line_of(folder, 'rules.yaml', 'topic: tiga')}: "
        "rules[0].topic: topics.yaml has no topic 'tiga'",
        f"topics.yaml:{line_of(folder, 'topics.yaml', 'opd: SATU')}: "
        "topics[0].opd: opds.yaml has no OPD 'SATU'",
        f"topics.yaml:{line_of(folder, 'topics.yaml', 'opd: DUA')}: "
        "topics[15].opd: opds.yaml has no OPD 'DUA'",
    ]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.__name__)
def test_an_empty_folder_misses_each_file(service: ModuleType, tmp_path: Path) -> None:
    missed = {problem.file for problem in service.check(tmp_path)}
    assert missed >= set(service.FILES)


class Item(ProfilePart):
    code: str
    share: float = Field(default=0.5, ge=0, le=1)


class Example(ProfilePart):
    items: list[Item]
    hour: str = ""
    answer: str = ""


def problems_of(folder: Path, content: str | bytes) -> list[ProfileProblem]:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (folder / "example.yaml").write_bytes(data)
    reader = ProfileReader(folder)
    reader.read("example.yaml", Example)
    return reader.problems


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("", 1, "empty"),
        ("- satu\n- dua\n", 1, "mapping"),
        ("items: [\n", 2, "not YAML"),
        ("items:\n\t- code: a\n", 2, "not YAML"),
        (b"items: \xff\xfe", 1, "not UTF-8"),
        ("items: []\nhour: \0", 1, "not YAML"),
        ("items: []\nitems: []\n", 2, "twice"),
        ("items: &all []\nhour: *all\n", 2, "aliases"),
        ("items: []\nhour: *all\n", 2, "aliases"),
        ("items: []\n? [a, b]\n: c\n", 2, "plain word"),
        ("items:\n  - code: a\n  - code: 12\n", 3, "quotation marks"),
        ("items:\n  - code: a\n    share: 2\n", 3, "less than or equal to 1"),
        ("items:\n  - share: 1\n", 2, "items[0].code: this key is missing"),
        ("items: []\nweird: 1\n", 2, "weird: unknown key"),
        ("items: " + "[" * 100_000, 1, "nested deeper"),
        ("items: []\nhour: '" + "x" * 2_100_000 + "'\n", 1, "larger"),
        ("items: !!python/object/apply:os.getcwd []\n", 1, "code"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    tmp_path: Path, content: str | bytes, line: int, says: str
) -> None:
    if says == "code":  # A tag is read as the plain list that it stands at; nothing is called.
        assert problems_of(tmp_path, content) == []
        return
    (problem,) = problems_of(tmp_path, content)
    assert problem.line == line
    assert says in problem.message
    assert str(problem).startswith(f"example.yaml:{line}: ")


def test_words_that_look_like_other_things_stay_words(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text("items: []\nhour: 07:30\nanswer: no\n")
    example = ProfileReader(tmp_path).read("example.yaml", Example)
    assert example is not None
    assert (example.hour, example.answer) == ("07:30", "no")


@given(content=st.binary(max_size=200) | st.text(":-[]{}&*!|>'\"\n \tabc#?,%@`0.", max_size=60))
def test_no_content_makes_the_reader_fail(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    assert problems_of(folder, content) or content


def test_the_version_changes_with_the_content_and_not_with_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\nb: 2\n")
    version = version_of(tmp_path)
    file.write_bytes(b"a: 1\r\nb: 2\r\n")
    assert version_of(tmp_path) == version
    file.write_bytes(b"a: 1\nb: 3\n")
    assert version_of(tmp_path) != version
    file.rename(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").write_bytes(b"a: 1\nb: 2\n")
    assert version_of(tmp_path) != version
    assert len(version) == 64
