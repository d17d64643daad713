"""What is asked of the versions tables, whatever database they are in."""

from typing import Final

from sqlalchemy import bindparam, exists, func, literal_column, or_, select

from adapters.versions_tables import BLOCK, commits, deltas, entities, messages, slices, versions
from projectors.versions import Marks

MARKS: Final = [versions.c[name] for name in Marks._fields]
VERSION_COLUMNS: Final = (
    entities.c.id,
    slices.c.since,
    slices.c.until,
    versions.c.time,
    versions.c.effective,
    versions.c.change,
    versions.c.author,
    versions.c.on_behalf_of,
    commits.c.first,
    commits.c.last,
    commits.c.id.label("commit"),
    versions.c.state,
    messages.c.message,
    *MARKS,
)
VERSIONS: Final = (
    select(*VERSION_COLUMNS)
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
)
WRITTEN: Final = (
    select(entities.c.branch, entities.c.entity, *VERSION_COLUMNS)
    .join_from(versions, entities, entities.c.id == versions.c.entity)
    .join(slices, (slices.c.entity == versions.c.entity) & (slices.c.since == versions.c.since))
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
    .where(versions.c.since > bindparam("after"), versions.c.since <= bindparam("until"))
    .order_by(versions.c.since)
)
_told = [deltas.c[name] for name in ("since", "base", "form", "samples", "checksum", "data")]
_chain = (
    select(*_told)
    .where(deltas.c.entity == bindparam("e"), deltas.c.since == bindparam("at"))
    .cte("chain", recursive=True)
)
CHAIN: Final = select(
    _chain.union_all(
        select(*_told).join_from(
            _chain, deltas, (deltas.c.entity == bindparam("e")) & (deltas.c.since == _chain.c.base)
        )
    )
)
"""Whence the state of a version is read (`packed_states.Chain`)."""
# what is compared with a replay: each version with its slice under its entity's name, since ids may differ; each commit
VERSION_LINES: Final = (
    select(
        versions.c.since,
        entities.c.branch,
        entities.c.entity,
        slices.c.until,
        *(versions.c[name] for name in ("time", "effective", "change", "author", "on_behalf_of", "first")),
        *MARKS,
        versions.c.state,
    )
    .join_from(versions, entities, entities.c.id == versions.c.entity)
    .join(slices, (slices.c.entity == versions.c.entity) & (slices.c.since == versions.c.since))
    .where(versions.c.since >= bindparam("low"), versions.c.since <= bindparam("high"))
    .order_by(versions.c.since)
)
VERSION_ROWS: Final = VERSION_LINES.add_columns(entities.c.id)
COMMIT_ROWS: Final = (
    select(commits.c.first, commits.c.last, commits.c.time, commits.c.id, messages.c.message)
    .outerjoin(messages, messages.c.first == commits.c.first)
    .where(commits.c.first >= bindparam("low"), commits.c.first <= bindparam("high"))
    .order_by(commits.c.first)
)
STRANGE_ENTITIES: Final = (
    select(entities.c.branch, entities.c.entity)
    .where(~exists().where(slices.c.entity == entities.c.id))
    .order_by(entities.c.id)
)
STRANGE_SLICES: Final = (
    select(slices.c.since, slices.c.entity)
    .where(~exists().where(versions.c.since == slices.c.since, versions.c.entity == slices.c.entity))
    .order_by(slices.c.since, slices.c.entity)
)
STRANGE_VERSIONS: Final = (
    select(versions.c.since, versions.c.entity)
    .where(
        or_(
            ~exists().where(slices.c.since == versions.c.since, slices.c.entity == versions.c.entity),
            ~exists().where(entities.c.id == versions.c.entity),
        )
    )
    .order_by(versions.c.since)
)
STRANGE_MESSAGES: Final = (
    select(messages.c.first, messages.c.first)
    .where(~exists().where(commits.c.first == messages.c.first))
    .order_by(messages.c.first)
)
LAST_ID: Final = select(func.max(entities.c.id))

_COMMITS: Final = select(commits.c.id, commits.c.first, commits.c.last, commits.c.time)
BY_POSITION: Final = (
    _COMMITS.where(commits.c.first <= bindparam("at")).order_by(commits.c.first.desc()).limit(bindparam("most"))
)
BY_TIME: Final = (
    _COMMITS.where(commits.c.time <= bindparam("at")).order_by(commits.c.time.desc()).limit(bindparam("most"))
)

_id_start = func.substr(commits.c.id, literal_column("1"), literal_column("8"))  # this and the next as the index has it
_block = commits.c.first.bitwise_rshift(literal_column(str(BLOCK)))
_last_block = select(func.max(commits.c.first).bitwise_rshift(literal_column(str(BLOCK))).label("number")).cte(
    "blocks", recursive=True
)
_blocks = _last_block.union_all(
    select(_last_block.c.number - literal_column("1")).where(_last_block.c.number > literal_column("0"))
)
BY_ID: Final = (
    _COMMITS.join_from(_blocks, commits, _block == _blocks.c.number)
    .where(
        _id_start >= bindparam("from"),
        _id_start <= bindparam("to"),
        commits.c.id >= bindparam("low"),
        commits.c.id <= bindparam("high"),
    )
    .order_by(commits.c.id)
    .limit(bindparam("most"))
)
