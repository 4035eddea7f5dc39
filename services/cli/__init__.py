"""The command `tanggap`: serves, prepares, looks after and demonstrates the system."""

import typer

from services.cli import (
    bank,
    demo,
    documents,
    guarding,
    innovation,
    marketplace,
    messages,
    operating,
    profiles,
    register,
    replaying,
    routing,
    serving,
    sla,
    sp4n,
    staff,
    survey,
)
from services.cli.commands import Commands

app = typer.Typer(
    cls=Commands,
    help=(
        "Tanggap, the backend with which a local government answers its people fast.\n\n"
        "Start with `tanggap serve all --profile DIR`: one process, one embedded Postgres. "
        "Every setting is an environment variable, listed in docs/settings.md."
    ),
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)
app.command()(serving.serve)
app.command()(serving.stack)
app.command()(operating.migrate)
app.command()(operating.topics)
app.command()(replaying.replay)
app.command()(documents.asyncapi)
app.command()(documents.openapi)
app.command()(staff.token)
app.command()(demo.demo)
app.add_typer(profiles.app, name="profile")
app.add_typer(guarding.audit, name="audit")
app.add_typer(guarding.retention, name="retention")
app.add_typer(routing.app, name="routing")
app.add_typer(sla.app, name="sla")
app.add_typer(sp4n.app, name="sp4n")
app.add_typer(bank.app, name="bank")
app.add_typer(register.app, name="register")
app.add_typer(messages.app, name="messages")
app.add_typer(survey.app, name="survey")
app.add_typer(innovation.app, name="innovation")
app.add_typer(innovation.plans, name="plan")
app.add_typer(marketplace.app, name="marketplace")
