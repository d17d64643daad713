"""The similar view: what is found, when nothing is embedded again, and what happens when a provider fails."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.sqlite_versions import sqlite_versions
from events.branches.lineage import Stretch
from events.findings import Refused
from events.names import Key
from projectors.embedding.provider import Denied
from projectors.projector import FOREVER, Checkpoint, Overtaken, Parked, Parking, ViewOutdated
from projectors.similar import Rendering
from projectors.similar_source import Coverage
from queries.similar import Among
from tests.embedding.similar import ID, LIKE, Counting, Kept
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type
from workers.embedding import RETRY

DEV = "dev/a/b"
OIL = "엔진 오일 필터를 교체한다"


def parts() -> History:
    history = History()
    history.commit(MAIN, [object_type("Part", [ID, LIKE]), object_type("Note", [ID, LIKE])])  # 2, 3
    history.commit(MAIN, [made("Part", "1", id="1", note=OIL)])  # 4
    history.commit(MAIN, [made("Part", "2", id="2", note="seat belts of the cabin")])  # 5
    history.commit(MAIN, [made("Note", "3", id="3", note="oil on the floor")])  # 6
    return history


@pytest.fixture
async def kept(keep) -> AsyncIterator[Kept]:
    one = keep()
    await one.write(parts())
    await one.bring()
    return one


async def test_words_of_any_script_are_found(kept):
    assert (await kept.find("오일"))[0].ranks["words"] == 1
    assert (await kept.keys("오일"))[0] == "1"
    assert (await kept.keys("cabin SEAT"))[0] == "2"


async def test_a_word_that_nearly_all_hold_tells_nothing_unless_there_is_no_other(kept):
    with kept.reading() as view:
        view.frequent = 1
        (found,) = view.worded(["part", "오일"], 10, None)
        assert view.texts([found]) == {found: f"Part 1\nnote: {OIL}"}
        assert len(view.worded(["part"], 10, None)) == 2
        among = Among((Stretch(MAIN, 0, 6),), ("Part",))
        assert len(view.worded(["part", "oil", "오일"], 10, among)) == 1
        assert len(view.worded(["part"], 10, among)) == 2


async def test_the_rarer_a_word_the_better(kept):
    with kept.reading() as view:
        best, *others = view.worded(["note", "oil", "floor"], 10, None)
        assert (view.texts([best])[best], len(others)) == ("Note 3\nnote: oil on the floor", 2)


async def test_without_a_word_in_common_it_is_the_vectors_that_find(kept):
    found = await kept.find("oily floors")
    assert (found[0].key, list(found[0].ranks)) == ("3", ["one/512"])


async def test_only_of_one_type_and_those_below_it(kept):
    assert await kept.keys("oil", type_name="Note") == ["3"]
    assert set(await kept.keys("oil", type_name="Part")) == {"1", "2"}
    with pytest.raises(Refused, match="TYPE_UNKNOWN"):
        await kept.keys("oil", type_name="Wing")


async def test_the_past_is_found_as_it_was_and_deleted_ones_are_not(kept):
    history = parts()
    history.commit(MAIN, [changed("Part", "1", id="1", note="a window pane")])  # 7
    history.commit(MAIN, [deleted("Note", "3", id="3")])  # 8
    await kept.write(history)
    await kept.bring()
    assert (await kept.find("window"))[0].version == 7
    assert all(one.version != 4 for one in await kept.find("오일"))
    assert (await kept.find("오일", as_of="6"))[0].version == 4
    assert await kept.keys("oil on the floor", type_name="Note") == []
    assert await kept.keys("oil", type_name="Note", as_of="7") == ["3"]


async def test_a_branch_sees_its_own_texts_and_those_it_inherited(kept):
    history = parts()
    history.branch(DEV, MAIN, 6)  # 7
    history.commit(DEV, [changed("Part", "1", id="1", note="a window pane")])  # 8
    history.commit(MAIN, [changed("Part", "2", id="2", note="a door")])  # 9
    await kept.write(history)
    await kept.bring()
    assert (await kept.find("window", branch=DEV))[0].version == 8
    assert (await kept.find("seat belts", branch=DEV))[0].version == 5
    assert all(one.version != 8 for one in await kept.find("window"))
    assert all(one.version != 9 for one in await kept.find("door", branch=DEV))


async def test_no_text_is_embedded_twice(kept):
    (provider,) = kept.providers
    assert len(provider.texts) == 3
    history = parts()
    history.commit(MAIN, [changed("Part", "1", id="1", note=OIL, other=5)])
    history.commit(MAIN, [deleted("Part", "1", id="1")])
    history.commit(MAIN, [(Key("object/Part/1"), "restored", changed("Part", "1", id="1", note=OIL)[2])])
    await kept.write(history)
    await kept.bring()
    assert len(provider.texts) == 3
    assert (await kept.find("오일"))[0].version == 9


async def test_what_fails_waits_while_texts_go_on_and_comes_later(keep):
    provider = Counting("one", [Denied("one", "no money")])
    kept = keep(provider)
    await kept.write(parts())
    await kept.bring()
    assert kept.coverage() == Coverage(3, 0, 3)
    assert ["no money" in str(failure) for failure in kept.told] == [True]
    assert await kept.keys("오일") == ["1"], "its words are found meanwhile"
    kept.now += RETRY + 1
    await kept.bring()
    assert kept.coverage() == Coverage(3, 3, 0)


async def test_a_fallback_embeds_in_its_own_space_until_the_first_one_is_back(keep):
    first, second = Counting("one", [Denied("one", "gone")] * 2), Counting("two")
    kept = keep(first, second)
    await kept.write(parts())
    await kept.bring()
    assert (kept.coverage(), kept.coverage("two/512").embedded, kept.serving()) == (Coverage(3, 0, 3), 3, "one/512")
    assert list((await kept.find("오일", by=["two/512"]))[0].ranks) == ["two/512", "words"]
    kept.now += RETRY + 1
    await kept.bring()
    assert len(second.texts) == 3, "what the fallback has is not embedded again"
    kept.now += RETRY + 1
    await kept.bring()
    assert kept.coverage() == Coverage(3, 3, 0)


async def test_a_text_that_is_refused_waits_alone(keep):
    kept = keep(Counting("one", refused=["cabin"]))
    await kept.write(parts())
    await kept.bring()
    assert kept.coverage() == Coverage(3, 2, 1)
    assert "it holds cabin" in str(kept.told[0])
    kept.now = FOREVER - 1
    await kept.bring()
    assert len(kept.told) == 1


async def test_another_model_is_built_beside_and_serves_once_it_is_whole(kept):
    kept.providers = (Counting("two"),)
    view = kept.view()
    work = kept.work(view)
    assert await work.step() == 3
    assert kept.serving() == "one/512"
    assert await work.step() == 1
    assert (kept.serving(), kept.coverage("one/512").embedded) == ("two/512", 3)
    await view.close()
    kept.providers = (Counting("three"),)
    await kept.bring()
    assert (kept.serving(), kept.coverage("one/512").embedded) == ("three/512", 0), "the last but one goes"


async def test_a_model_that_fails_never_serves_half(kept):
    kept.providers = (Counting("two", [Denied("two", "gone")], refused=["cabin"]),)
    await kept.bring()
    assert (kept.serving(), kept.coverage("two/512")) == ("one/512", Coverage(3, 0, 3))
    kept.now += RETRY + 1
    await kept.bring()
    assert (kept.serving(), kept.coverage("two/512")) == ("two/512", Coverage(3, 2, 1))


async def test_what_another_build_has_waits_no_longer_and_hides_nothing_that_is_pending(keep):
    kept = keep(Counting("one", [Denied("one", "no money")]))
    history = parts()
    await kept.write(history)
    await kept.bring()
    other = keep()
    await other.write(history)
    await other.bring()
    history.commit(MAIN, [made("Part", "4", id="4", note="a new one")])
    await kept.write(history)
    view, before = kept.view(), other.view()
    await kept.work(view).texts.step()
    await view.carry(before)
    assert kept.coverage() == Coverage(4, 3, 0)
    assert await kept.work(view).step() == 1
    assert kept.coverage() == Coverage(4, 4, 0)
    await view.close()
    await before.close()


async def test_a_purge_forgets_text_and_vector_in_every_version(kept):
    history = parts()
    history.commit(MAIN, [changed("Part", "1", id="1", note="geheim 비밀")])
    await kept.write(history)
    await kept.bring()
    purged = {**deleted("Part", "1")[2], "properties": {}, "purged": True}
    history.commit(MAIN, [deleted("Part", "1", id="1"), (Key("object/Part/1"), "purged", purged)])
    await kept.write(history)
    await kept.bring()
    assert kept.coverage() == Coverage(2, 2, 0)
    assert await kept.keys("비밀", as_of="7", by=[]) == []
    await kept.bring()
    assert not any(text in str(kept.dump()) for text in (OIL, "geheim", "비밀"))
    if not kept.url:
        stored = b"".join(file.read_bytes() for file in kept.folder.glob("views/*"))
        assert not any(text.encode() in stored for text in (OIL, "geheim", "비밀"))


async def test_what_is_encrypted_or_marked_is_never_part_of_a_text(keep):
    sealed = {"kid": "0" * 32 + "-" + "0" * 16, "nonce": "n", "ct": "secret"}
    declared = [
        ID,
        LIKE,
        LIKE | {"field": "pin", "name": "pin", "marking": "encrypt"},
        LIKE | {"field": "tel", "name": "tel", "marking": "mark"},
    ]
    history = History()
    history.commit(MAIN, [object_type("Person", declared)])
    history.commit(MAIN, [made("Person", "7", id="7", note=sealed, pin=sealed, tel="02-123")])
    await (kept := keep()).write(history)
    await kept.bring()
    assert kept.providers[0].texts == ["Person 7"]
    await (allowed := keep(rendering=Rendering(personal=True))).write(history)
    await allowed.bring()
    assert allowed.providers[0].texts == ["Person 7\ntel: 02-123"]


async def test_templates_searchable_properties_and_titles_make_the_text(keep):
    declared = [
        ID,
        LIKE,
        LIKE | {"field": "name", "name": "이름"},
        LIKE | {"field": "size", "name": "size", "type": "integer"},
    ]
    history = History()
    history.commit(
        MAIN,
        [
            object_type("A", declared, titleProperty="name"),
            object_type("B", [ID, LIKE | {"searchable": True}, declared[2]]),
        ],
    )
    history.commit(MAIN, [made(slug, "7", id="7", note="n", name="김", size=5) for slug in "AB"])
    history.commit(MAIN, [object_type("A", declared, name="Renamed", change="renamed", titleProperty="name")])
    history.commit(MAIN, [changed("A", "7", id="7", note="m", name="김", size=5)])
    await (kept := keep(rendering=Rendering({"Renamed": "{이름} has {size}{none}\n{none}\n{note}"}))).write(history)
    await kept.bring()
    assert kept.providers[0].texts == ["A 김\nnote: n", "B 7\nnote: n", "Renamed 김\n김 has 5\nm"]


async def test_what_was_parked_comes_when_it_is_redriven(keep):
    history = parts()
    waits = Parked(4, ((MAIN, Key("object/Part/1")),), "CODE", "why", "subject", b"body")
    whole = history.told[2]
    history.told[2] = (whole[0], [])
    kept = keep()
    view = sqlite_versions(kept.versions, "main")
    known = await view.checkpoint()
    for commit, written in history.told:
        reached = Checkpoint(commit.last, "", commit.time, known.revision + 1)
        await view.commit(written, known, reached, Parking([] if written else [waits]))
        known = reached
    await kept.bring()
    assert len(kept.providers[0].texts) == 2
    await view.commit(whole[1], known, known._replace(revision=known.revision + 1), Parking(released=[4]))
    await view.close()
    await kept.bring()
    assert (await kept.find("오일"))[0].version == 4
    assert len(kept.providers[0].texts) == 3
    await kept.write(parts())
    await (anew := keep()).write(parts())
    await anew.bring()
    assert anew.dump() == kept.dump()


async def test_texts_that_were_made_in_another_way_are_told(kept):
    kept.rendering = Rendering({"Part": "{note}"})
    view = kept.view()
    with pytest.raises(ViewOutdated):
        await view.checkpoint()
    await view.close()


async def test_two_writers_cannot_both_bring_it_further(kept):
    history = parts()
    history.commit(MAIN, [changed("Part", "1", id="1", note="a window pane")])
    await kept.write(history)
    one, other = kept.view(), kept.view()
    ends = await asyncio.gather(kept.work(one).texts.step(), kept.work(other).texts.step(), return_exceptions=True)
    assert {type(end) for end in ends} <= {int, Overtaken}
    await one.close()
    await other.close()
    await kept.bring()
    assert (await kept.find("window"))[0].version == 7
