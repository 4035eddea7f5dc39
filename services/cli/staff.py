"""`tanggap token`: a staff token of the local issuer, for trying the API."""

from datetime import timedelta
from typing import Annotated

import typer

from services.cli.clocks import make_clock
from shared.auth import Role
from shared.local_issuer import LocalIssuer
from shared.settings import CoreSettings


def token(
    role: Annotated[list[Role], typer.Option(help="A role; give it again for several.")],
    opd: Annotated[str | None, typer.Option(help="The OPD of an officer or head.")] = None,
    subject: Annotated[str, typer.Option(help="Opaque id of the person.")] = "staff-1",
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it is valid.")] = 12,
) -> None:
    """Print a token; its last line is the bare token, so that `$(tanggap token … | tail -1)` works.

    Only for systems on the local issuer; where an OIDC provider is set, it gives the tokens.
    """
    core = CoreSettings()
    if core.oidc_jwks_url is not None:
        raise typer.BadParameter("TANGGAP_OIDC_JWKS_URL is set: ask that provider for a token")
    clock_file = core.clock_file or core.home / "clock.json"
    core = core.model_copy(update={"clock_file": clock_file})
    issuer = LocalIssuer(core.home, issuer=core.oidc_issuer, audience=core.oidc_audience)
    signed = issuer.token(
        make_clock(core), role, subject=subject, opd=opd, lifetime=timedelta(hours=hours)
    )
    typer.echo(
        f"# {', '.join(role)}{f' of {opd}' if opd else ''}, valid for {hours:g} hours", err=True
    )
    typer.echo(signed)
