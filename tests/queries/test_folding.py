"""What an object holds, as the graph and the texts for embeddings take it: the stub of what is kept in sections."""

from documents.splitting import split
from documents.unfold import UnfoldableDocument
from events.names import Key
from projectors.graph_classes import classes
from projectors.projector import FOREVER
from projectors.similar import Rendering, text
from projectors.versions import Version, marks

RID = "ri.oms.object-type.1"
CONTENT = {"rid": "r", "field": "content", "name": "content", "type": "json", "unfoldable": True}
MANUAL = {
    "rid": RID,
    "slug": "Manual",
    "name": "Manual",
    "primaryKey": ["id"],
    "properties": {"id": {"rid": "i", "field": "id", "name": "id", "type": "string"}, "content": CONTENT},
}
BOOK = {"title": "정비 지침", "chapters": [{"text": f"제{n}장 " * 500} for n in range(50)]}


def test_a_template_sees_the_first_line_and_the_names_of_a_large_value():
    stub = split(BOOK).stub.json()
    state = {"type": RID, "slug": "Manual", "key": "m1", "properties": {"id": "m1", "content": stub}, "deleted": False}
    audit = marks(None, "created", "ada@test", 1)
    version = Version(
        "b", Key("object/Manual/m1"), 3, FOREVER, 1, 1, "created", "ada@test", None, "", 3, 3, state, audit
    )
    found = text(version, MANUAL, Rendering({"Manual": "About: {content}"}))
    assert "About: 정비 지침, title, chapters" in "".join(found.passages)
    assert "section" not in "".join(found.passages)


def test_the_graph_is_told_which_properties_unfold():
    manual = next(each for each in classes([MANUAL], [], "main") if each.get("@id") == "Manual")
    assert manual["@metadata"]["properties"]["content"]["is"] == ["unfoldable"]


def test_a_type_that_is_unfoldable_is_a_class_that_is():
    below = {"rid": "ri.oms.object-type.2", "slug": "Handbook", "name": "Handbook", "parents": [RID], "properties": {}}
    made = {each.get("@id"): each for each in classes([{**MANUAL, "unfoldable": True}, below], [], "main")}
    assert made["Manual"]["@unfoldable"] == []
    assert "@unfoldable" not in made["Handbook"]  # the graph inherits it
    assert all("@unfoldable" not in each for each in classes([MANUAL, below], [], "main"))


def test_what_stands_at_a_path_is_measured_without_being_loaded():
    found = split(BOOK)
    document = UnfoldableDocument.holding(
        {"id": "m1", "content": found.stub.json()}, ["content"], found.sections.__getitem__
    )
    assert document.size("/content") == found.stub.bytes
    assert document.loaded == 0
    assert document.size() > found.stub.bytes
    assert document.unfold() == {"id": "m1", "content": BOOK}
    assert document.unfold_path("/content/chapters/7/text") == "제7장 " * 500
