"""What clients did, as the versions view has it: the stories of the crash sweep, and more of schemas that change."""

from itertools import groupby

from adapters.memory_versions import MemoryVersions
from projectors.versions import Version
from queries.versions import Commit
from tests.crash.life import World, replayed_view
from tests.crash.mortal import Fate
from tests.crash.stories import DEV, PERSON, STORIES, one
from tests.producers.desk import asked

ID = {"name": "id", "type": "string"}


def create(type_: str, on: str | None = None, **properties):
    return asked("CreateObject", *([on] if on else []), type=type_, properties=properties)


SCHEMAS = {
    "types": [
        [asked("CreateObjectType", name="Named", abstract=True, properties=[{"name": "이름", "type": "string"}])],
        [
            asked(
                "CreateObjectType",
                name="항공기",
                primaryKey=["id"],
                parents=["Named"],
                properties=[ID, {"name": "state", "type": "enum", "values": ["a", "b", "한 글"]}],
            ),
            asked("CreateObjectType", name="Jet", parents=["항공기"], properties=[{"name": "n", "type": "integer"}]),
        ],
        [create("항공기", id="1", state="a", 이름="하나"), create("Jet", id="2", state="한 글", n=7)],
        [asked("CreateBranch", name=DEV), asked("RenameObjectType", type="Jet", name="Airplane")],
        [asked("DeleteObject", type="항공기", key="1"), asked("DeleteObject", type="Airplane", key="2")],
        [asked("RemoveEnumValue", type="항공기", property="state", value="a")],
        [asked("RemoveProperty", type="Airplane", property="n")],
        [asked("CreateObjectType", name="Leaf", parents=["항공기"]), create("항공기", id="3", state="b")],
    ],
    "properties": [
        [
            asked(
                "CreateObjectType",
                name="Thing",
                primaryKey=["id"],
                properties=[ID, {"name": "a", "type": "integer"}, {"name": "l", "type": "string", "array": True}],
            )
        ],
        [create("Thing", id="1", a=1, l=["z", "b", "z"]), create("Thing", id="2", a=2)],
        [asked("DeleteObject", type="Thing", key="1"), asked("DeleteObject", type="Thing", key="2")],
        [asked("ChangePropertyType", type="Thing", property="a", to="string")],
        [asked("ChangePropertyType", type="Thing", property="a", to="integer"), asked("CreateBranch", name=DEV)],
        [asked("RestoreObject", type="Thing", key="1")],
        [asked("AddProperty", type="Thing", property={"name": "j", "type": "json"})],
        [asked("UpdateObject", type="Thing", key="1", patch={"j": {"x": [1, None]}})],
        [asked("RemoveProperty", type="Thing", property="l")],
        [asked("RestoreObject", DEV, type="Thing", key="2"), asked("RestoreObject", type="Thing", key="2")],
    ],
    "links of subtypes": [
        [
            one(
                asked("CreateObjectType", name="Plane", primaryKey=["id"], properties=[ID]),
                asked("CreateObjectType", name="Jet", parents=["Plane"]),
                asked("CreateObjectType", **PERSON),
                asked("CreateLinkType", name="flies", **{"from": "Person", "to": "Plane"}),
            )
        ],
        [create("Jet", id="J"), create("Plane", id="P"), create("Person", id="x", 전화="010-1")],
        [asked("SetTypeUnfoldable", type="Plane", unfoldable=True)],
        [asked("CreateLink", type="flies", **{"from": "x", "to": to}) for to in "JP"],
        [asked("CreateBranch", name=DEV), asked("SetTypeUnfoldable", DEV, type="Plane", unfoldable=False)],
        [asked("DeleteLink", type="flies", **{"from": "x", "to": to}) for to in "JP"],
        [asked("PurgeObject", type="Person", key="x", reason="요청")],
    ],
}
ALL = {**STORIES, **SCHEMAS}


_known: dict[str, MemoryVersions] = {}


class Told:
    """As much of a history as a world needs: `told` may be cut short, to be gone through commit by commit."""

    def __init__(self, whole: MemoryVersions) -> None:
        self.told = list(whole.commits)
        self._written: dict[int, list[Version]] = {commit.first: [] for commit in whole.commits}
        for versions in whole.own.values():
            for version in versions:
                self._written[version.first].append(version)

    def into(self, versions: MemoryVersions) -> MemoryVersions:
        for commit in self.told:
            versions.tell(commit, sorted(self._written[commit.first], key=lambda version: version.since))
        return versions


async def story(name: str) -> Told:
    """The view of the log that a story leaves."""
    if name not in _known:
        _known[name] = await _versions_of(name)
    return Told(_known[name])


async def _versions_of(name: str) -> MemoryVersions:
    world = World(ALL[name])
    assert await world.process(Fate())
    refused = [each for each in world.outcomes.values() if each["status"] == "rejected"]
    assert name not in SCHEMAS or not refused, refused
    view = await replayed_view(world.log.rows)
    made = MemoryVersions()
    for first, versions in groupby(view.written, key=lambda version: version.first):
        written = list(versions)
        made.tell(Commit(written[0].commit, first, written[0].last, written[0].time), written)
    return made
