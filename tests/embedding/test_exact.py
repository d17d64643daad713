"""However it is cut, wherever it dies: the view is what it is when made in one go."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sqlite_versions_reader import reading
from projectors.embedding.chain import Chain
from projectors.similar_source import part
from tests.embedding.mortal import STEPS, history
from tests.embedding.similar import ID, LIKE
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type

ROOT = Path(__file__).parents[2]
DEV = "dev/a/b"


@st.composite
def histories(draw: st.DrawFn) -> History:
    told = History()
    told.commit(MAIN, [object_type("Part", [ID, LIKE])])
    told.branch(DEV, MAIN, 2)
    notes = st.sampled_from(["", "oil", "엔진 오일", "window", "a long text. " * 150])
    alive: set[tuple[str, str]] = set()
    for _ in range(draw(st.integers(1, 12))):
        branch = draw(st.sampled_from([MAIN, DEV]))
        events = []
        for key in sorted(draw(st.sets(st.sampled_from("123"), min_size=1))):
            what = draw(st.sampled_from(["set", "set", "delete", "purge", "retype"]))
            state = {"id": key, "note": draw(notes)}
            if what == "retype":
                events.append(
                    object_type(
                        "Part", [ID, LIKE | {"name": draw(st.sampled_from(["note", "said"]))}], change="changed"
                    )
                )
            elif what == "set" or (branch, key) not in alive:
                events.append((changed if (branch, key) in alive else made)("Part", key, **state))
                alive.add((branch, key))
            else:
                event = deleted("Part", key, **state)
                events.append(
                    (event[0], "purged", {**event[2], "properties": {}, "purged": True}) if what == "purge" else event
                )
        told.commit(branch, events)
    return told


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.lists(st.integers(1, 5), min_size=1), st.booleans())
async def test_made_in_parts_or_at_once_it_is_the_same(keep, told, sizes, vectors_between):
    once, cut = keep(), keep()
    await once.write(told)
    await once.bring()
    await cut.write(told)
    view = cut.view()
    work = cut.work(view)
    while True:
        known = await view.checkpoint()
        with reading(cut.versions) as source:
            size = sizes.pop(0) if sizes else 3
            further = part(source, known, [], cut.rendering, most=size)
        if further is None:
            break
        await view.advance(further, known)
        if vectors_between:
            await work.vectors()
    await view.close()
    await cut.bring()
    assert cut.dump() == once.dump()


@pytest.mark.parametrize("calls", range(8))
async def test_it_goes_on_where_it_died(keep, calls):
    """Dies before and after each call of its store."""

    class Died(Exception):
        pass

    class Dying:
        def __init__(self, view, *, before: bool) -> None:
            self.view, self.before, self.left = view, before, calls

        def __getattr__(self, name):
            async def called(*given):
                if not self.left and self.before:
                    raise Died
                answer = await getattr(self.view, name)(*given)
                if not self.left:
                    raise Died
                self.left -= 1
                return answer

            return called

    kept = keep()
    await kept.write(history())
    for before in (True, False):
        view = kept.view()
        work = kept.work(Dying(view, before=before))
        try:
            while await work.step():
                pass
        except Died:
            pass
        await view.close()
    await kept.bring()
    await (whole := keep()).write(history())
    await whole.bring()
    assert kept.dump() == whole.dump()


async def test_a_process_that_is_killed_at_each_step_leaves_it_exact(keep):
    kept = keep()
    await kept.write(history())
    for step in range(STEPS):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.embedding.mortal",
            str(step),
            str(kept.folder),
            kept.ontology,
            kept.url,
            cwd=ROOT,
        )
        assert await process.wait() in (-signal.SIGKILL, 0)
    await kept.bring()
    await (whole := keep()).write(history())
    await whole.bring()
    assert kept.dump() == whole.dump()


async def test_a_chain_of_no_use_leaves_texts_exact(keep):
    kept = keep()
    await kept.write(history())
    view = kept.view()
    work = kept.work(view)
    work.chain = Chain([], lambda: 0.0, lambda _: None)
    while await work.texts.step():
        pass
    await view.close()
    assert kept.coverage().passages
