"""The script of the simulated day is playable: known codes, legal order, nobody real in it."""

import re
import time
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import yaml

from shared.contracts.event import Classification

PROFILE = Path(__file__).resolve().parents[2] / "deploy" / "profiles" / "contoh"
SCRIPT = PROFILE / "demo" / "complaints.yaml"
TRIAGE = "TRIAGE"
KEYS = frozenset(
    [
        "id",
        "at",
        "channel",
        "classification",
        "title",
        "text",
        "area_code",
        "lat",
        "lon",
        "reporter",
        "anonymous",
        "secret",
        "emergency",
        "expected_opd",
        "triage",
        "officer",
        "citizen_message",
        "withdraw",
        "feedback",
    ]
)
OFFICER_KEYS = frozenset(
    [
        "return",
        "ask",
        "reject",
        "answer_after_minutes",
        "answer",
        "progress_after_minutes",
        "progress",
        "resolve_after_minutes",
        "resolution",
    ]
)
PHONE = re.compile(r"0812-0000-0\d{3}")
NIK = re.compile(r"9971\d{12}")

Entry = dict[str, Any]


def read_yaml(path: Path) -> Any:
    """Return the content of one YAML file."""
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


@cache
def script() -> Entry:
    content: Entry = read_yaml(SCRIPT)
    return content


def complaints() -> list[Entry]:
    entries: list[Entry] = script()["complaints"]
    return entries


def officer(entry: Entry) -> Entry:
    found: Entry = entry.get("officer", {})
    return found


def staff_steps(entry: Entry) -> list[tuple[str, int]]:
    """Return (step, minutes after the complaint) in the order in which a case must see them."""
    desk, work = entry.get("triage"), officer(entry)
    back, asked = work.get("return", {}), work.get("ask", {})
    steps = [
        ("triage", desk["after_minutes"] if desk else None),
        ("return", back.get("after_minutes")),
        ("reassign", back.get("reassign_after_minutes")),
        ("ask", asked.get("after_minutes")),
        ("reply", asked.get("reply_after_minutes")),
        ("reject", work.get("reject", {}).get("after_minutes")),
        ("answer", work.get("answer_after_minutes")),
        ("progress", work.get("progress_after_minutes")),
        ("resolve", work.get("resolve_after_minutes")),
    ]
    return [(name, minutes) for name, minutes in steps if minutes is not None]


def first_response(entry: Entry) -> int | None:
    """Return the minutes until staff first spoke to the citizen, or None if they never did."""
    spoken = [m for step, m in staff_steps(entry) if step in {"ask", "reject", "answer", "resolve"}]
    return min(spoken, default=None)


def words_of(value: Any) -> list[str]:
    """Return every string inside a value of YAML."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for each in value.values() for word in words_of(each)]
    if isinstance(value, list):
        return [word for each in value for word in words_of(each)]
    return []


def normalised(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def opds_named(entry: Entry) -> set[str]:
    named = {entry["expected_opd"]} - {TRIAGE}
    if "triage" in entry:
        named.add(entry["triage"]["assign_to"])
    if "return" in officer(entry):
        named.add(officer(entry)["return"]["reassign_to"])
    return named


def test_it_loads_in_less_than_a_second() -> None:
    started = time.process_time()
    read_yaml(SCRIPT)
    assert time.process_time() - started < 1.0


def test_it_holds_at_least_150_complaints_and_no_text_twice() -> None:
    texts = [normalised(entry["text"]) for entry in complaints()]
    assert len(texts) >= 150
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_no_answer_of_an_officer_is_used_twice() -> None:
    said = [
        normalised(text)
        for entry in complaints()
        for text in words_of(officer(entry))
        if len(text) > 30
    ]
    assert [text for text, times in Counter(said).items() if times > 1] == []


def test_ids_are_unique_and_complaints_stand_in_order_of_time() -> None:
    ids = [entry["id"] for entry in complaints()]
    times = [entry["at"] for entry in complaints()]
    assert len(set(ids)) == len(ids)
    assert times == sorted(times)


def test_every_key_is_known() -> None:
    assert {key for entry in complaints() for key in entry} <= KEYS
    assert {key for entry in complaints() for key in officer(entry)} <= OFFICER_KEYS


def test_channels_and_classifications_are_known_and_nearly_all_are_used() -> None:
    known = {channel["code"] for channel in read_yaml(PROFILE / "channels.yaml")["channels"]}
    used = {entry["channel"] for entry in complaints()}
    assert used <= known
    assert len(used) >= 13
    assert {entry["classification"] for entry in complaints()} == set(get_args(Classification))


def test_every_opd_named_is_one_of_the_profile() -> None:
    known = {opd["code"] for opd in read_yaml(PROFILE / "opds.yaml")["opds"]}
    named = {code for entry in complaints() for code in opds_named(entry)}
    assert named - known == set()


def test_places_lie_inside_the_city() -> None:
    city = read_yaml(PROFILE / "pemda.yaml")
    bounds = city["bounds"]
    areas = {district["code"] for district in city["districts"]}
    assert {entry["area_code"] for entry in complaints() if "area_code" in entry} == areas
    placed = [entry for entry in complaints() if "lat" in entry or "lon" in entry]
    assert len(placed) > len(complaints()) / 3
    for entry in placed:
        assert bounds["south"] <= entry["lat"] <= bounds["north"], entry["id"]
        assert bounds["west"] <= entry["lon"] <= bounds["east"], entry["id"]


def test_phones_niks_and_mail_addresses_are_plainly_invented() -> None:
    for word in words_of(complaints()):
        bare = PHONE.sub("", NIK.sub("", word))
        assert not re.search(r"\d{8,}|(?:\+?62|\b0)8\d{2}[ -]?\d{3}", bare), word
        assert all(host == "contoh.example" for host in re.findall(r"\S@(\S+)", word)), word
    reporters = [entry["reporter"] for entry in complaints() if "reporter" in entry]
    for reporter in reporters:
        assert re.fullmatch(r"Warga Contoh \d{3}", reporter["name"])
        assert PHONE.fullmatch(reporter.get("phone", "0812-0000-0000"))
        assert NIK.fullmatch(reporter.get("nik", "9971000000000000"))
    for field in ("phone", "nik", "email"):
        values = [reporter[field] for reporter in reporters if field in reporter]
        assert values, field
        assert len(set(values)) == len(values), field


def test_everything_happens_within_the_day() -> None:
    last = script()["day"]["minutes"]
    assert last == 24 * 60
    for entry in complaints():
        later = [minutes for _, minutes in staff_steps(entry)]
        later += [
            entry[key]["after_minutes"]
            for key in ("citizen_message", "withdraw", "feedback")
            if key in entry
        ]
        assert entry["at"] >= 0
        assert all(minutes > 0 for minutes in later), entry["id"]
        assert entry["at"] + max(later, default=0) <= last, entry["id"]


def test_the_steps_of_each_case_are_in_legal_order() -> None:
    for entry in complaints():
        steps = staff_steps(entry)
        names = {step for step, _ in steps}
        assert all(before < after for (_, before), (_, after) in pairwise(steps)), entry["id"]
        assert not names & {"progress", "resolve"} or "answer" in names, entry["id"]
        if "ask" in names and "reply" not in names:
            assert not names & {"answer", "progress", "resolve"}, entry["id"]
        if "reject" in names:
            assert not names & {"answer", "progress", "resolve"}, entry["id"]
        if "feedback" in entry:
            assert entry["feedback"]["after_minutes"] > dict(steps)["resolve"], entry["id"]
        if "withdraw" in entry:
            assert entry["withdraw"]["after_minutes"] > max((m for _, m in steps), default=0)
            assert "resolve" not in names, entry["id"]


def test_what_the_desk_left_unplaced_is_rejected_by_it_or_waits() -> None:
    for entry in complaints():
        if entry["expected_opd"] != TRIAGE:
            assert "triage" not in entry, entry["id"]
        elif "triage" not in entry:
            assert set(officer(entry)) <= {"reject"}, entry["id"]


def test_the_day_looks_like_a_city_that_mostly_keeps_its_promise() -> None:
    answers = [first_response(entry) for entry in complaints() if "withdraw" not in entry]
    in_time = sum(minutes is not None and minutes <= 120 for minutes in answers)
    never = answers.count(None)
    assert 0.65 <= in_time / len(answers) <= 0.80
    assert 0.03 <= never / len(answers) <= 0.08
    verdicts = Counter(
        entry["feedback"]["satisfied"] for entry in complaints() if "feedback" in entry
    )
    assert 0.25 <= verdicts.total() / len(complaints()) <= 0.45
    assert verdicts[False] >= 5
    opds = Counter(entry["expected_opd"] for entry in complaints())
    assert opds.most_common(1)[0][0] == "PUPR"
    assert len(opds) >= 25
