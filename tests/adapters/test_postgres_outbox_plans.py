"""However small the outbox was when a statement was planned, it finds its rows by an index: the plan is kept while it grows."""

from adapters.postgres import BY_INDEX, connected
from adapters.postgres_answers import SQL
from adapters.postgres_outbox import postgres_outbox
from adapters.postgres_tables import inside

FINDING = (
    "find_heads", "find_under", "heads_after", "rows_after", "read_row", "find_commits", "find_commit_ends", "find_written",
    "find_departed", "find_commands", "refusals_after", "find_uploads", "uploaded_bytes", "lacking", "take_uploads",
)  # fmt: skip


async def plan(db, name):
    """As it is kept, whatever is asked for."""
    given = ["NULL" for _ in (await db.prepare(SQL[name])).get_parameters()]
    await db.execute(f"PREPARE {name} AS {SQL[name]}")
    return "\n".join([line for (line,) in await db.fetch(f"EXPLAIN EXECUTE {name} ({', '.join(given)})")])


async def test_by_an_index(postgres_url):
    async with postgres_outbox(postgres_url, "main") as outbox:
        kept = {"plan_cache_mode": "force_generic_plan"}
        db = await connected(postgres_url, **inside(outbox.schema), **BY_INDEX, **kept)
        try:
            await db.execute("ANALYZE outbox, heads, commits, commands, uploads, refusals, departed")
            plans = {name: await plan(db, name) for name in FINDING}
        finally:
            await db.close()
    assert {name: found for name, found in plans.items() if "Seq Scan" in found} == {}
