"""The pages work without script, say what is wrong beside the field, and speak two languages."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from services.survey.rules.index import ELEMENTS
from tests.service.survey.people import People, problem_of
from tests.support.system import START, System

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Page(HTMLParser):
    """What stands in a page: fields, labels, and whether it loads or runs anything."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every tag of a name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def value(self, name: str) -> str:
        """Return the value of a hidden field."""
        [found] = [each for each in self.all("input") if each.get("name") == name]
        return found["value"] or ""


async def show(survey: System, path: str) -> httpx.Response:
    survey.client.cookies.clear()
    return await survey.client.get(path, headers=BROWSER)


async def send(survey: System, path: str, **fields: str) -> httpx.Response:
    return await survey.client.post(path, data=fields, headers=BROWSER)


def filled(value: str = "3", **others: str) -> dict[str, str]:
    return {**dict.fromkeys(ELEMENTS, value), **others}


async def test_a_page_is_filled_in_and_sent(survey: System, people: People) -> None:
    path = "/survey/v1/pages/air-minum?service=tagihan"
    shown = await show(survey, path)
    assert shown.status_code == 200
    page = Page(shown.text)
    assert not page.all("script")
    assert not page.all("link")
    assert "src=" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    fields = filled("4", form=page.value("form"), sex="female", comment="Petugas ramah\r\nsekali")
    thanks = await send(survey, path, **fields)
    assert (thanks.status_code, "Terima kasih" in thanks.text) == (201, True)
    again = await send(survey, path, **fields)
    assert again.status_code == 201
    [stored] = await people.answers(unit="air-minum", service="tagihan")
    assert (stored["u9"], stored["sex"], stored["language"]) == (4, "female", "id")
    other = await send(survey, path, **filled("1", form="lain"))
    assert (other.status_code, "Sudah dijawab" in other.text) == (409, True)


async def test_every_field_has_a_name_that_can_be_read_aloud(survey: System) -> None:
    page = Page((await show(survey, "/survey/v1/pages/dukcapil")).text)
    names = {each["name"] for each in page.all("input") if each["type"] == "radio"}
    assert names >= {*ELEMENTS, "service", "sex", "age", "education", "occupation", "x_online"}
    assert page.text.count("<fieldset") == page.text.count("<legend>")
    radios = len([each for each in page.all("input") if each["type"] == "radio"])
    assert len(page.all("label")) == radios + len(page.all("textarea"))
    assert page.all("html") == [{"lang": "id"}]


async def test_the_order_of_questions_is_the_units(survey: System) -> None:
    page = Page((await show(survey, "/survey/v1/pages/puskesmas-tirtajaya")).text)
    names = [each["name"] or "" for each in page.all("input") if each["type"] == "radio"]
    asked = [name for name in dict.fromkeys(names) if name in ELEMENTS]
    assert asked == ["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U9", "U8"]
    form = (await survey.client.get("/survey/v1/forms/puskesmas-tirtajaya")).json()
    assert [each["code"] for each in form["elements"]] == asked


async def test_a_second_language_is_offered(survey: System) -> None:
    page = await show(survey, "/survey/v1/pages/rsud?lang=en")
    assert 'lang="en"' in page.text
    assert "How fast is the service given?" in page.text
    assert "lang=id" in page.text
    form = (await survey.client.get("/survey/v1/forms/rsud?lang=en")).json()
    assert form["elements"][2]["options"][3] == {"value": "4", "label": "Very fast"}
    assert form["elements"][2]["field"] == "/scores/U3"


async def test_what_is_wrong_is_shown_beside_its_field(survey: System, people: People) -> None:
    path = "/survey/v1/pages/rsud"
    await show(survey, path)
    no_service = await send(survey, path, **filled())
    assert no_service.status_code == 422
    assert "Pilih layanan yang Anda terima" in no_service.text
    assert re.search(r'name="U3" value="3"\s*checked', no_service.text)
    wrong = await send(survey, path, **filled(service="rawat-jalan", U3="9", sex="x"))
    assert wrong.status_code == 422
    assert 'href="#f-U3"' in wrong.text
    assert 'href="#f-sex"' in wrong.text
    assert 'role="alert"' in wrong.text
    empty = await send(survey, path, service="rawat-jalan")
    assert "sekurang-kurangnya satu" in empty.text
    assert not await people.answers(unit="rsud")


async def test_what_was_written_is_shown_as_text(survey: System) -> None:
    path = "/survey/v1/pages/rsud"
    await show(survey, path)
    shown = await send(survey, path, comment="</textarea><script>x</script>", U1="1")
    assert "<script>" not in shown.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in shown.text


async def test_without_a_cookie_a_page_says_what_to_do(survey: System) -> None:
    survey.client.cookies.clear()
    refused = await send(survey, "/survey/v1/pages/pbb", **filled(service="mutasi-pbb"))
    assert (refused.status_code, "izinkan kuki" in refused.text) == (422, True)


async def test_the_cookie_ends_with_the_period(survey: System) -> None:
    cookie = (await show(survey, "/survey/v1/pages/pbb")).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    # From 9 March 09:00 in Jakarta to the end of the 31st.
    assert f"Max-Age={22 * 86400 + 15 * 3600}" in cookie


async def test_a_link_is_answered_on_its_page_once(survey: System, people: People) -> None:
    path = f"/survey/v1/links/{people.link(service='akta-kelahiran')}"
    page = Page((await show(survey, path)).text)
    number = page.value("form")
    for _ in range(2):
        assert (await send(survey, path, **filled(form=number))).status_code == 201
    spent = await send(survey, path, **filled(form="lain"))
    assert (spent.status_code, "sudah dipakai" in spent.text) == (409, True)
    seen = await show(survey, path)
    assert (seen.status_code, "sudah dipakai" in seen.text) == (409, True)
    assert len(await people.answers(service="akta-kelahiran")) == 1
    wrong = await send(survey, f"/survey/v1/links/{people.link()}", **filled(U1="7"))
    assert (wrong.status_code, 'href="#f-U1"' in wrong.text) == (422, True)


async def test_a_broken_or_old_link_is_refused_as_a_page_or_a_problem(
    survey: System, people: People
) -> None:
    broken = await show(survey, "/survey/v1/links/rusak")
    assert (broken.status_code, "salin seluruhnya" in broken.text) == (404, True)
    old = await show(survey, f"/survey/v1/links/{people.link(period='2026-01')}")
    assert (old.status_code, "sudah ditutup" in old.text) == (409, True)
    problem = await survey.client.get("/survey/v1/links/rusak")
    assert problem_of(problem, 404) == "survey-link-invalid"


async def test_a_kiosk_thanks_and_returns_to_its_form(survey: System, people: People) -> None:
    made = await survey.client.put(
        "/survey/v1/kiosks/ruang-tunggu",
        json={"unit": "pbb", "service": "pembayaran-pbb"},
        headers=people.manager(),
    )
    path = f"/survey/v1/kiosk/{made.json()['token']}"
    for number in ("satu", "dua"):
        assert (await show(survey, path)).status_code == 200
        thanks = await send(survey, path, **filled(form=number))
        assert thanks.status_code == 201
        assert f'content="8; url={path}?lang=id"' in thanks.text
        survey.clock.advance(timedelta(seconds=11))
    survey.clock.advance(START - survey.clock.now())
    assert len(await people.answers(channel="kiosk", unit="pbb")) == 2
    unknown = await show(survey, "/survey/v1/kiosk/tidak-ada")
    assert (unknown.status_code, "Kios tidak dikenal" in unknown.text) == (401, True)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"U1=3&" * 300, "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)
async def test_what_is_no_form_is_refused(survey: System, content: bytes, kind: str) -> None:
    headers = {"Content-Type": kind}
    answer = await survey.client.post("/survey/v1/pages/pbb", content=content, headers=headers)
    assert problem_of(answer, 422) == "survey-form-unreadable"


async def test_without_a_browser_mistakes_are_problems(survey: System) -> None:
    survey.client.cookies.clear()
    answer = await survey.client.post("/survey/v1/pages/pbb", data={"U1": "3"})
    assert problem_of(answer, 422) == "survey-answers-invalid"
    with_cookie = {"Cookie": "survey_device=0123456789abcdef0123"}
    wrong = await survey.client.post(
        "/survey/v1/pages/pbb",
        data={"U1": "7", "service": "mutasi-pbb"},
        headers=with_cookie,
    )
    assert problem_of(wrong, 422) == "survey-answers-invalid"


async def test_a_poster_leads_to_the_form(survey: System) -> None:
    path = "/survey/v1/posters/dukcapil.html"
    whole: Any = await survey.client.get(path)
    assert (whole.status_code, "<svg" in whole.text) == (200, True)
    assert "127.0.0.1:8000/survey/v1/pages/dukcapil" in whole.text
    one = await survey.client.get(f"{path}?service=ktp-el&lang=en")
    assert "pages/dukcapil?service=ktp-el&amp;lang=en" in one.text
    assert "KTP elektronik" in one.text
    for missing in ("/survey/v1/posters/x.html", f"{path}?service=x"):
        assert problem_of(await survey.client.get(missing), 404) == "survey-unit-unknown"
