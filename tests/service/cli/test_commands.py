"""What each command says: help that teaches, documents, tokens, and refusals that help on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from services.cli import app
from shared.auth import Role, TokenVerifier
from shared.clock import SystemClock
from shared.contracts.topics import SERVICES
from shared.errors import Unauthenticated
from shared.local_issuer import LocalIssuer
from tests.support.servers import PROFILE

ROOT = Path(__file__).parents[3]


def walk(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, the group's own first."""
    yield words
    for name, each in getattr(command, "commands", {}).items():
        yield from walk(each, (*words, name))


COMMAND: Any = typer.main.get_command(app)
ALL = list(walk(COMMAND))


@pytest.fixture(autouse=True)
def quiet_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no setting of this machine in, and lines be as long as they are."""
    for name in ("TANGGAP_KAFKA_BOOTSTRAP", "TANGGAP_OIDC_JWKS_URL", "TANGGAP_CLOCK_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TANGGAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TERM", "dumb")
    # It is the whole process's, and would go on writing to the runner's closed streams.
    monkeypatch.setattr("services.cli.serving.configure_logging", lambda *_: None)


def run(*words: str) -> Result:
    """Type `tanggap` and these words."""
    return CliRunner().invoke(app, list(words), prog_name="tanggap")


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_teaches(words: tuple[str, ...]) -> None:
    command = COMMAND
    for word in words:
        command = command.commands[word]

    said = run(*words, "--help")

    assert said.exit_code == 0
    assert f"Usage: {' '.join(('tanggap', *words))}" in said.stdout
    assert command.help
    assert command.help.split(".")[0].split("\n")[0][:40] in said.stdout
    unexplained = [
        parameter.name
        for parameter in command.params
        if parameter.name not in {"install_completion", "show_completion"}
        and not getattr(parameter, "help", None)
    ]
    assert unexplained == []


def test_a_command_imports_nothing_that_only_others_need() -> None:
    program = (
        "import sys; from services.cli import app; "
        "app(['token', '--role', 'triage'], standalone_mode=False); print(*sys.modules)"
    )
    said = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    imported = set(said.stdout.splitlines()[-1].split())
    assert imported >= {"services.cli", "services.cli.staff"}
    assert not imported & {"services.cli.serving", "services.cli.bank", "sqlalchemy"}


def test_there_are_the_commands_that_the_readme_tells_of() -> None:
    commands = {words[0] for words in ALL if words}

    assert commands == {
        *("serve", "stack", "migrate", "topics", "replay", "asyncapi", "openapi"),
        *("token", "demo", "profile", "bank", "routing", "audit", "retention", "sp4n"),
        *("innovation", "marketplace", "messages", "plan", "register", "sla", "survey"),
    }
    assert {words for words in ALL if words[:1] == ("profile",)} == {
        ("profile",),
        ("profile", "check"),
        ("profile", "load"),
        ("profile", "gazetteer"),
    }
    assert {words[1:] for words in ALL if words[:1] == ("routing",)} == {
        *((), ("train",), ("evaluate",), ("promote",), ("rollback",), ("models",))
    }


def test_profile_of_the_house_has_no_problem() -> None:
    said = run("profile", "check", str(PROFILE))

    assert said.exit_code == 0, said.output
    assert "no problem" in said.stdout


def test_broken_profile_is_told_by_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "profil"
    shutil.copytree(PROFILE, folder)
    lines = {
        "topics.yaml": replace_first(folder / "topics.yaml", "opd: PUPR", "opd: DINAS-SIHIR"),
        "sla.yaml": replace_first(folder / "sla.yaml", "seconds: 7200", "seconds: sebentar"),
        "pemda.yaml": replace_first(folder / "pemda.yaml", "zone: Asia/Jakarta", "zone: Mars/Base"),
    }

    said = run("profile", "check", str(folder))

    assert said.exit_code == 1
    for name, line in lines.items():
        assert f"{name}:{line}: " in said.stdout, (name, line, said.stdout)
    assert "DINAS-SIHIR" in said.stdout
    # Nothing is loaded from it or starts on it; no database is so much as looked for.
    for words in (("profile", "load", str(folder)), ("serve", "all", "--profile", str(folder))):
        assert run(*words).exit_code == 1
    assert not (tmp_path / "home" / "postgres").exists()


def test_profile_that_is_no_yaml_is_told_by_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "profil"
    shutil.copytree(PROFILE, folder)
    with (folder / "opds.yaml").open("a") as opds:
        opds.write("  - {code: [\n")
    line = len((folder / "opds.yaml").read_text().splitlines())

    said = run("profile", "check", str(folder))

    assert said.exit_code == 1
    assert any(f"opds.yaml:{at}: " in said.stdout for at in (line, line + 1)), said.stdout


def test_profile_that_is_not_there_is_told_so() -> None:
    for words in (("profile", "check", "tidak/ada"), ("serve", "--profile", "tidak/ada")):
        said = run(*words)
        assert said.exit_code == 2
        assert "does not exist" in said.output


async def test_last_line_of_token_is_a_valid_token(tmp_path: Path) -> None:
    said = run("token", "--role", "head", "--role", "officer", "--opd", "DLH", "--subject", "h-7")

    assert said.exit_code == 0
    token = said.stdout.splitlines()[-1]
    issuer = LocalIssuer(tmp_path / "home", issuer="tanggap-local", audience="tanggap")
    verifier = TokenVerifier(issuer, SystemClock(), issuer="tanggap-local", audience="tanggap")
    caller = await verifier.verify(token)
    assert (caller.subject, caller.opd) == ("h-7", "DLH")
    assert caller.roles == {Role.HEAD, Role.OFFICER}


async def test_token_lasts_as_long_as_was_asked(tmp_path: Path) -> None:
    token = run("token", "--role", "leader", "--hours", "0.5").stdout.splitlines()[-1]
    issuer = LocalIssuer(tmp_path / "home", issuer="tanggap-local", audience="tanggap")

    class Later:
        """The wall clock, an hour on."""

        def now(self) -> object:
            """Return the instant in an hour."""
            return SystemClock().now() + timedelta(hours=1)

    verifier = TokenVerifier(issuer, Later(), issuer="tanggap-local", audience="tanggap")  # type: ignore[arg-type]
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


@pytest.mark.parametrize("words", [(), ("--role", "walikota"), ("--role", "head", "--hours", "0")])
def test_token_says_what_it_needs(words: tuple[str, ...]) -> None:
    said = run("token", *words)

    assert said.exit_code == 2
    assert "--role" in said.output or "--hours" in said.output


def test_token_leaves_tokens_to_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGGAP_OIDC_JWKS_URL", "https://sso.contoh.example/certs")

    said = run("token", "--role", "head")

    assert said.exit_code == 2
    assert "TANGGAP_OIDC_JWKS_URL" in said.output


@pytest.mark.parametrize("service", SERVICES)
def test_openapi_prints_the_document(service: str, tmp_path: Path) -> None:
    said = run("openapi", service)
    assert said.exit_code == 0
    assert json.loads(said.stdout)["openapi"].startswith("3.1")
    assert said.stdout == (ROOT / "docs" / "openapi" / f"{service}.json").read_text()

    output = tmp_path / "document.json"
    assert run("openapi", service, "--output", str(output)).stdout == ""
    assert output.read_text() == said.stdout


def test_asyncapi_prints_the_document() -> None:
    said = run("asyncapi")

    assert said.exit_code == 0
    document = yaml.safe_load(said.stdout)
    assert document["asyncapi"].startswith("3.")
    assert {channel["address"] for channel in document["channels"].values()} >= {
        "intake.complaint.v1",
        "routing.case.v1",
        "sla.clock.v1",
    }
    assert said.stdout == (ROOT / "docs" / "asyncapi.yaml").read_text()


@pytest.mark.parametrize(
    "words", [("serve", "dukun"), ("migrate", "dukun"), ("openapi", "dukun"), ("replay", "dukun")]
)
def test_unknown_service_is_refused_with_what_there_is(words: tuple[str, ...]) -> None:
    said = run(*words)

    assert said.exit_code == 2
    assert all(service in said.output for service in SERVICES)
    assert "Traceback" not in said.output


def test_topics_without_a_broker_says_what_to_set() -> None:
    for words in (("topics",), ("topics", "--verify")):
        said = run(*words)
        assert said.exit_code == 2
        assert "TANGGAP_KAFKA_BOOTSTRAP" in said.output


def replace_first(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence in a file; returns its line."""
    text = path.read_text()
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1))
    return line


def test_wrong_setting_is_named_by_its_variable_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TANGGAP_PORT", "rahasia")
    monkeypatch.setenv("TANGGAP_RELAY_BATCH", "0")
    result = run("serve", "all")
    assert result.exit_code == 2
    assert "TANGGAP_PORT: " in result.output
    assert "TANGGAP_RELAY_BATCH: " in result.output
    assert "rahasia" not in result.output
    assert "Traceback" not in result.output
