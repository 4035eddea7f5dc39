"""Survey's tables: answers, what is counted of them, and what keeps an answer from coming twice.

Nothing here says who answered. What a person is recognised by is a keyed hash in `claim`, apart
from the answers; key and hashes are destroyed when their period is closed. Comments stand apart
from the scores that came with them.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlmodel import Field, SQLModel

from services.survey.rules.index import ELEMENTS, SCORES
from shared.columns import id_column, text_column, time_column

metadata = MetaData()

#: One column for each element and score: u1_1 … u9_4.
SCORE_COLUMNS = tuple(f"{code.lower()}_{score}" for code in ELEMENTS for score in SCORES)


class SurveyTable(SQLModel):
    """Gives survey's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


class SurveyPeriod(SurveyTable, table=True):
    """A period that answers came for. `salt` keys its hashes; it goes when the period closes."""

    __tablename__ = "survey_period"

    period: str = text_column(primary=True)
    salt: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    closed_at: datetime | None = time_column(nullable=True)


class Claim(SurveyTable, table=True):
    """That one answer was given: by a spent link, a device, a kiosk's form, an interview.

    `request_hash` tells the same request sent again from another answer by the same claim.
    """

    __tablename__ = "claim"
    __table_args__ = (Index("claim_of_period", "period"),)

    claim_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    period: str = text_column()
    request_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


answer = Table(
    "answer",
    metadata,
    Column("answer_id", UUID(as_uuid=False), primary_key=True),
    Column("period", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("channel", Text, nullable=False),
    # The day is enough for a report, and an hour might already say who.
    Column("answered_on", Date, nullable=False),
    Column("language", Text, nullable=False),
    Column("sex", Text),
    Column("age", Text),
    Column("education", Text),
    Column("occupation", Text),
    *(Column(code.lower(), SmallInteger) for code in ELEMENTS),
    # Scales beside the nine: score by question.
    Column("extras", JSONB),
    # A file or a batch of interviews, so that a wrong one can be found.
    Column("batch_id", UUID(as_uuid=False)),
    Index("answer_of_unit", "period", "unit"),
)

#: Sums over answers, so that no report reads answers. `dimension` is `all`, `channel`, or a group
#: such as `sex`; `value` is which. `sum_x` and `sum_xx` are sums of each answer's own mean score
#: times 2520 (which every number up to nine divides), and of its square.
tally = Table(
    "tally",
    metadata,
    Column("period", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("answers", Integer, nullable=False),
    Column("sum_x", BigInteger, nullable=False),
    Column("sum_xx", BigInteger, nullable=False),
    *(Column(name, Integer, nullable=False) for name in SCORE_COLUMNS),
)


class ExtraTally(SurveyTable, table=True):
    """How often each answer to a question beside the nine was given."""

    __tablename__ = "extra_tally"

    period: str = text_column(primary=True)
    unit: str = text_column(primary=True)
    question: str = text_column(primary=True)
    score: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    answers: int = Field(sa_column=Column(Integer, nullable=False))


class Comment(SurveyTable, table=True):
    """What someone wrote, masked, apart from their scores; `question` names an extra question."""

    __tablename__ = "comment"
    __table_args__ = (Index("comment_of_unit", "period", "unit", "comment_id"),)

    comment_id: str = id_column(primary=True)
    period: str = text_column()
    unit: str = text_column()
    service: str = text_column()
    question: str | None = text_column(nullable=True)
    text: str = text_column()
    themes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))


class Invitations(SurveyTable, table=True):
    """How many links were sent for a unit's service in a period: what a response rate is of."""

    __tablename__ = "invitations"

    period: str = text_column(primary=True)
    unit: str = text_column(primary=True)
    service: str = text_column(primary=True)
    sent: int = Field(sa_column=Column(Integer, nullable=False))


class Kiosk(SurveyTable, table=True):
    """A device that stands in a unit, and the hash of its token."""

    __tablename__ = "kiosk"

    code: str = text_column(primary=True)
    unit: str = text_column()
    service: str = text_column()
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    made_at: datetime = time_column()


class Batch(SurveyTable, table=True):
    """A file of paper forms or a batch of interviews: who brought it, and how many it held."""

    __tablename__ = "batch"

    batch_id: str = id_column(primary=True)
    kind: str = text_column()
    brought_by: str = text_column()
    brought_at: datetime = time_column()
    answers: int = Field(sa_column=Column(Integer, nullable=False))
