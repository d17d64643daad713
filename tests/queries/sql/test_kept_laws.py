"""What is told from columns is what is told from the versions themselves, whatever came before and after they were made."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.column_making import keep
from adapters.kept_columns import lookup
from adapters.postgres_session import PostgresSessions
from events.names import Key
from events.wire.instants import to_text
from queries.cuts import Cut, cut
from queries.differences import Difference, differences
from queries.differing import differing
from queries.moments import AtPosition
from queries.naming import types
from queries.objects import Shown, everything, objects
from queries.whole import texts
from tests.queries.histories import MAIN, SECOND, START, Event, History, changed, deleted, made, object_type
from tests.queries.sql.asking import LATER
from tests.queries.sql.kept_views import CLOSED, DECLARED, DEV, KNOWS, TYPE, TYPED, Database, File, told

RENAMED = object_type(
    "User",
    ["id", *({**each, "name": f"{each['name']}2", "type": "string", "array": False} for each in DECLARED)],
    table="users", change="propertyTypeChanged",
)  # fmt: skip
QUESTIONS = (
    "SELECT * FROM users",
    "SELECT * FROM users ALL_VERSIONS",
    "SELECT * FROM users AS OF {0}",
    "SELECT * FROM users BETWEEN {0} AND {1}",
    "SELECT _key, _valid_to FROM users FOR SYSTEM_TIME FROM {0} TO {1}",
    "SELECT _key, id FROM users ALL_VERSIONS WHERE _position >= {0}",
    "SELECT * FROM users AS OF BRANCH 'prod/main/main' AS OF {1}",
    "SELECT count(*) c, max(_position) p FROM users AS OF {1}",
    "SELECT * FROM users FOR VALID_TIME AS OF '{2}'",
    "SELECT * FROM users FOR VALID_TIME ALL",
    "SELECT * FROM users AS OF {0} FOR VALID_TIME FROM '{2}' TO '{3}'",
    "SELECT * FROM users ALL_VERSIONS FOR VALID_TIME BETWEEN '{2}' AND '{3}'",
    "SELECT * FROM users BETWEEN {0} AND {1} FOR VALID_TIME ALL",
    "SELECT * FROM history",
    "SELECT * FROM history BETWEEN {0} AND {1}",
    "SELECT count(*) c FROM history FOR SYSTEM_TIME FROM {0} TO {1}",
    "SELECT _type, _key, _valid_to FROM history AS OF {1} WHERE _position > {0}",
    "SELECT * FROM knows ALL_VERSIONS",
)
TAME = {
    "text": st.sampled_from(["", "가", "a", None]), "whole": st.sampled_from([1, 2, None]),
    "part": st.sampled_from([1.5, 2.5, None]), "yes": st.sampled_from([True, False, None]),
    "any": st.sampled_from([{"a": [1]}, [], 7, "t"]), "many": st.sampled_from([["a", None], [], None]),
}  # fmt: skip
WILD = TAME | {
    "whole": st.sampled_from([1, 2, 2**70, None]), "part": st.sampled_from([1, 1.5, 2**53 + 1, "x"]),
    "day": st.sampled_from(["2024-02-29", "never"]), "at": st.sampled_from(["2024-02-29T00:00:00Z", "never"]),
    "any": st.sampled_from([{"a": [1]}, CLOSED]),
}  # fmt: skip


def steps(values: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    written = st.tuples(
        st.sampled_from([MAIN, MAIN, DEV]), st.sampled_from('1가a"'), st.sampled_from("ccuddl"),
        st.fixed_dictionaries({}, optional=values), st.sampled_from([0, START, START, START + 5 * SECOND]),
    )  # fmt: skip
    done = st.sampled_from(["make", "make", "rebase", "retype", "purge", "pack", "move"])
    return st.lists(st.one_of(written, written, done), min_size=4, max_size=16)


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(st.data())
async def test_columns_tell_what_the_versions_do(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        await tells_alike(File(Path(folder) / "versions.db"), data)


@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.data())
async def test_those_of_a_database_do_too(postgres_url: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder, PostgresSessions(postgres_url) as sessions:
        await tells_alike(Database(sessions, Path(folder)), data)


async def tells_alike(view: File | Database, data: st.DataObject) -> None:
    wished = data.draw(st.one_of(steps(TAME), steps(WILD)))
    lasted = await lived(view, [*wished, *(["make"] if data.draw(st.booleans()) else [])])
    moments = st.integers(1, lasted.position)
    first, last = sorted((data.draw(moments), data.draw(moments)))
    true = sorted(to_text(START + data.draw(st.integers(-6, 20)) * SECOND) for _ in range(2))
    for question in data.draw(st.lists(st.sampled_from(QUESTIONS), min_size=3, max_size=4, unique=True)):
        text = question.format(first, last, *true)
        for branch in (MAIN, DEV):
            with view.reading() as versions:
                assert told(versions, text, branch, lookup(view.place)) == told(versions, text, branch), text
    with view.reading() as versions:
        for _ in range(6):
            drawn = [(data.draw(st.sampled_from([MAIN, MAIN, DEV])), data.draw(moments)) for _ in range(2)]
            one, other = (cut(versions, branch, AtPosition(at), now=LATER) for branch, at in drawn)
            for of, deleted_too in product((None, *(each.name for each in types(other))), (False, True)):
                assert [*texts(other, of, lookup(view.place), deleted=deleted_too)] == written_out(
                    other, of, deleted_too
                )
            read = [*differences(one, other)]
            assert [*differences(one, other, kept=lookup(view.place), at_once=2)] == read
            assert [*differing(one, other, lookup(view.place), at_once=1)] == [*map(written, read)]


def written_out(at: Cut, of: str | None, deleted_too: bool) -> list[str]:
    found = objects(at, of, deleted=deleted_too) if of else everything(at, deleted=deleted_too)
    return [*map(written, found)]


def written(found: Shown | Difference) -> str:
    return msgspec.json.encode(found.json()).decode()


async def lived(view: File | Database, wished: Sequence[Any]) -> History:
    """Of these steps; columns are made now and then."""
    history = view.lived.history
    users = (made("User", key, id=key, text=key) for key in "abcdefghijkl")
    history.commit(MAIN, [KNOWS, TYPED, *users, *(known("a", key) for key in "bcdefghijk")])
    history.branch(DEV, MAIN, history.position)
    await view.write()
    for number, step in enumerate(wished):
        match step:
            case "make":
                for branch, prefix in product((MAIN, DEV), (TYPE, "link/Knows/")):
                    keep(view.store, branch, prefix)
            case "pack":
                await view.pack()
            case "move":
                await view.move()
            case "rebase":
                history.branch(DEV, MAIN, history.position)
            case "retype":
                history.commit(MAIN, [RENAMED])
            case "purge":
                key, _, state = deleted("User", "1", id="1")
                history.commit(MAIN, [(key, "purged", {**state, "purged": "asked for"})])
            case branch, key, "l", given_values, effective:
                history.commit(branch, [known(key, "a", **given_values)], effective=effective)
            case branch, key, what, given_values, effective:
                make = {"c": made, "u": changed, "d": deleted}[what]
                event = make("User", key, id=key, **given_values)
                history.commit(branch, [event], effective=effective, behalf="bo@desk" if number % 2 else None)
        await view.write()
    return history


def known(one: str, other: str, **properties: Any) -> Event:
    state = {"type": "ri.Knows", "slug": "Knows", "from": one, "to": other, "deleted": False}
    return Key(f"link/Knows/{one}~{other}"), "created", {**state, "properties": properties} if properties else state
