"""The data bank: entries, their counts by week, words, and the queues that it is kept up by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR, UUID

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Whatever changes a complaint, now or in years: the bank hears of it.
_NOTE_COMPLAINTS = (
    """
    CREATE FUNCTION note_changed_complaints() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO bank_change (complaint_id) SELECT complaint_id FROM changed;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER bank_notes_new AFTER INSERT ON complaint
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_changed_complaints()
    """,
    """
    CREATE TRIGGER bank_notes_changed AFTER UPDATE ON complaint
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION note_changed_complaints()
    """,
)
# Of the clocks, the bank shows only until when the first response is due; of spam it shows nothing.
_NOTE_MORE = (
    """
    CREATE FUNCTION note_changed_complaint() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO bank_change (complaint_id) VALUES (NEW.complaint_id);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER bank_notes_due AFTER INSERT OR UPDATE OF due_at ON deadline
        FOR EACH ROW WHEN (NEW.stage = 'first_response' AND NEW.part = 0 AND NEW.epoch = 0)
        EXECUTE FUNCTION note_changed_complaint()
    """,
    """
    CREATE TRIGGER bank_notes_spam AFTER INSERT OR UPDATE ON spam_mark
        FOR EACH ROW EXECUTE FUNCTION note_changed_complaint()
    """,
)
# Counted by whoever writes an entry, in the same transaction: the counts cannot be wrong.
_COUNT_ENTRIES = (
    """
    CREATE FUNCTION count_bank_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO bank_week AS w (week, opd, topic, area, entries)
            SELECT week, coalesce(opd, ''), coalesce(topic, ''),
                   coalesce(left(area_code, 8), ''), count(*)
            FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            ON CONFLICT (week, opd, topic, area)
            DO UPDATE SET entries = w.entries + EXCLUDED.entries;
        ELSIF TG_OP = 'DELETE' THEN
            INSERT INTO bank_week AS w (week, opd, topic, area, entries)
            SELECT week, coalesce(opd, ''), coalesce(topic, ''),
                   coalesce(left(area_code, 8), ''), -count(*)
            FROM removed GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            ON CONFLICT (week, opd, topic, area)
            DO UPDATE SET entries = w.entries + EXCLUDED.entries;
        ELSE
            INSERT INTO bank_week AS w (week, opd, topic, area, entries)
            SELECT week, opd, topic, area, sum(number) FROM (
                SELECT week, coalesce(opd, '') AS opd, coalesce(topic, '') AS topic,
                       coalesce(left(area_code, 8), '') AS area, 1 AS number FROM added
                UNION ALL
                SELECT week, coalesce(opd, ''), coalesce(topic, ''),
                       coalesce(left(area_code, 8), ''), -1 FROM removed
            ) AS moved
            GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0 ORDER BY 1, 2, 3, 4
            ON CONFLICT (week, opd, topic, area)
            DO UPDATE SET entries = w.entries + EXCLUDED.entries;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER bank_counts_added AFTER INSERT ON bank_entry
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION count_bank_entries()
    """,
    """
    CREATE TRIGGER bank_counts_moved AFTER UPDATE ON bank_entry
        REFERENCING NEW TABLE AS added OLD TABLE AS removed
        FOR EACH STATEMENT EXECUTE FUNCTION count_bank_entries()
    """,
    """
    CREATE TRIGGER bank_counts_removed AFTER DELETE ON bank_entry
        REFERENCING OLD TABLE AS removed
        FOR EACH STATEMENT EXECUTE FUNCTION count_bank_entries()
    """,
)


def upgrade() -> None:
    """Create everything, and let what is stored already be taken in."""
    op.add_column("complaint", sa.Column("topic", sa.Text))
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_entries()
    _create_queues()
    for statement in (*_NOTE_COMPLAINTS, *_NOTE_MORE, *_COUNT_ENTRIES):
        op.execute(statement)
    op.execute("INSERT INTO bank_change (complaint_id) SELECT complaint_id FROM complaint")


def downgrade() -> None:
    """Drop everything; the extension stays, for others may use it."""
    op.execute("DROP FUNCTION note_changed_complaints() CASCADE")
    op.execute("DROP FUNCTION note_changed_complaint() CASCADE")
    for name in ("bank_announcement", "bank_change", "bank_word", "bank_week", "bank_entry"):
        op.drop_table(name)
    op.execute("DROP FUNCTION count_bank_entries()")
    op.drop_column("complaint", "topic")


def _create_entries() -> None:
    op.create_table(
        "bank_entry",
        sa.Column("entry_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("is_import", sa.Boolean, nullable=False),
        _time("submitted_at", nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("classification", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("topic", sa.Text),
        sa.Column("area_code", sa.Text),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
        sa.Column("secret", sa.Boolean, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        _time("response_due_at"),
        _time("responded_at"),
        _time("resolved_at"),
        sa.Column("words", TSVECTOR, nullable=False),
    )
    op.create_index(
        "bank_entry_words",
        "bank_entry",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.create_table(
        "bank_week",
        sa.Column("week", sa.Date, primary_key=True),
        sa.Column("opd", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("entries", sa.Integer, nullable=False),
    )
    op.create_table(
        "bank_word",
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("share", sa.Float, nullable=False),
    )
    op.create_index(
        "bank_word_alike",
        "bank_word",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )


def _create_queues() -> None:
    for table, column in (("bank_change", "complaint_id"), ("bank_announcement", "entry_id")):
        op.create_table(
            table,
            sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
            sa.Column(column, UUID(as_uuid=False), nullable=False),
        )


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
