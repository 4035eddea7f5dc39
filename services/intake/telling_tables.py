"""Who wants to be written to no more."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import time_column


class OptOut(IntakeTable, table=True):
    """A sender, as the keyed hash of channel and handle, who asked to be told nothing more."""

    __tablename__ = "opt_out"

    sender_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    opted_out_at: datetime = time_column()
