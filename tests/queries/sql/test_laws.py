"""What must hold of SQL over any history: it says what the other reads say, and its clauses fit together."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_versions import MemoryVersions
from events.wire.instants import to_text
from queries.cuts import cut
from queries.moments import moment
from queries.objects import objects
from tests.queries.histories import MAIN, SECOND, START
from tests.queries.sql.asking import LATER, asked
from tests.queries.sql.made import DEV, KEYS, histories, moments

FEW = settings(max_examples=25, deadline=None)
BRANCHES = st.sampled_from([MAIN, DEV])


def rows(versions, sql, branch):
    return sorted(tuple(row.values()) for row in asked(versions, sql, branch=branch))


def there(versions, branch, at):
    """What the other reads say; nothing before the type is there."""
    then = cut(versions, branch, moment(at), now=LATER)
    if then.state("objectType/ri.User") is None:
        return []
    found = objects(then, "User")
    return sorted((each.values["id"], each.values["n"], each.version) for each in found)


@FEW
@given(st.data())
def test_as_of_is_what_the_other_reads_say_of_that_moment(data):
    history, branch = data.draw(histories()), data.draw(BRANCHES)
    versions, at = history.into(MemoryVersions()), data.draw(moments(history))
    asked_at = f"SELECT id, n, _position FROM users AS OF '{at}'"
    assert rows(versions, asked_at, branch) == there(versions, branch, at)
    assert rows(versions, "SELECT id, n, _position FROM users", branch) == there(versions, branch, "now")


@FEW
@given(st.data())
def test_between_a_moment_and_itself_is_as_of_it_and_from_it_to_itself_is_nothing(data):
    history, branch = data.draw(histories()), data.draw(BRANCHES)
    versions, at = history.into(MemoryVersions()), data.draw(moments(history))
    between = f"SELECT id, n, _position FROM users BETWEEN '{at}' AND '{at}'"
    assert rows(versions, between, branch) == there(versions, branch, at)
    assert rows(versions, f"SELECT id FROM users FOR SYSTEM_TIME FROM '{at}' TO '{at}'", branch) == []


@FEW
@given(st.data())
def test_between_is_all_that_was_there_at_some_position_between(data):
    history, branch = data.draw(histories()), data.draw(BRANCHES)
    versions = history.into(MemoryVersions())
    ends = [commit.last for commit, _ in history.told]
    first, last = sorted(data.draw(st.tuples(st.sampled_from(ends), st.sampled_from(ends))))
    final = cut(versions, branch, moment(str(last)), now=LATER)  # what the branch saw, as of the end
    expected = set()
    for key in KEYS:
        for version in final.history(f"object/User/{key}"):
            if version.since <= last and version.until > first and not version.state["deleted"]:
                expected.add((version.state["properties"]["id"], version.since))
    found = rows(versions, f"SELECT id, _position FROM users BETWEEN {first} AND {last}", branch)
    assert found == sorted(expected)
    to = rows(versions, f"SELECT id, _position FROM users FOR SYSTEM_TIME FROM {first} TO {last}", branch)
    begun = next(commit.first for commit, _ in history.told if commit.last == last)
    assert to == [row for row in found if row[1] < begun and first != last]


@FEW
@given(histories(), BRANCHES)
def test_all_versions_are_the_events_of_the_branch_and_join_back_to_them(history, branch):
    versions = history.into(MemoryVersions())
    sql = "SELECT _key, _position, _change FROM users ALL_VERSIONS"
    lineage = cut(versions, branch, moment("now"), now=LATER)
    expected = [
        (key, version.since, version.change) for key in KEYS for version in lineage.history(f"object/User/{key}")
    ]
    assert rows(versions, sql, branch) == sorted(expected)
    told = "SELECT _key, _position, _change FROM history WHERE _kind = 'object'"
    assert rows(versions, told, branch) == sorted(expected)


@FEW
@given(histories())
def test_a_branch_before_its_fork_is_its_parent(history):
    versions = history.into(MemoryVersions())
    base = next(state.state["base"] for _, told in history.told for state in told if state.entity == f"branch/{DEV}")
    sql = f"SELECT id, n, _position FROM users AS OF {base}"
    on_branch = f"SELECT id, n, _position FROM users AS OF BRANCH '{DEV}' AS OF {base}"
    assert rows(versions, sql, MAIN) == rows(versions, sql, DEV) == rows(versions, on_branch, MAIN)


@FEW
@given(st.data())
def test_both_times_together_are_what_was_known_then_to_be_true_then(data):
    history, branch = data.draw(histories()), data.draw(BRANCHES)
    versions, known = history.into(MemoryVersions()), data.draw(moments(history))
    true = START + 10 * SECOND + data.draw(st.integers(-5 * SECOND, 15 * SECOND))
    at = cut(versions, branch, moment(known), now=LATER)
    expected = []
    for key in KEYS:
        held = [each for each in at.history(f"object/User/{key}") if each.effective <= true]
        newest = max(held, key=lambda each: (each.effective, each.since), default=None)
        if newest is not None and not newest.state["deleted"]:
            expected.append((newest.state["properties"]["id"], newest.since))
    sql = f"SELECT id, _position FROM users FOR SYSTEM_TIME AS OF '{known}' FOR VALID_TIME AS OF '{to_text(true)}'"
    assert rows(versions, sql, branch) == sorted(expected)


@FEW
@given(st.data())
def test_reading_only_the_keys_that_are_named_finds_the_same(data):
    history, branch = data.draw(histories()), data.draw(BRANCHES)
    versions, key = history.into(MemoryVersions()), data.draw(st.sampled_from(KEYS))
    clause = data.draw(st.sampled_from(["", "ALL_VERSIONS", "AS OF 4", "BETWEEN 3 AND 6", "FOR VALID_TIME ALL"]))
    if history.position < 6:
        return
    narrow = f"SELECT _key, _position FROM users {clause} WHERE _key = '{key}'"
    own = f"SELECT _key, _position FROM users {clause} WHERE id IN ('{key}') AND _position >= 3"
    wide = f"SELECT _key, _position FROM users {clause} WHERE concat(_key) = '{key}'"
    assert rows(versions, narrow, branch) == rows(versions, wide, branch)
    assert rows(versions, own, branch) == [row for row in rows(versions, wide, branch) if row[1] >= 3]
