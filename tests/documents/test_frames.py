"""Frames of Markdown texts: read with their places, edited without touching another byte, told with what they speak of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.frames import EditRefused, outline, read, sections, with_value

MANUAL = """---
# 문서의 머리
title:   정비 지침   # the title
no: x
country: NO
날짜: 2024-02-29
tags: [a,   'b']
---

# Engines
@metadata:Engine
serial: "E-7"
hours: 1_200
parts:
  - name:  fan     # front
    weight: 12.50
  # blades follow
note: |
  첫 줄
  둘째 줄

last: yes
@end
It powers [[Plane/N1|the plane]] and [another](oms:Plane/N%202).

```
@metadata:Hidden
a: 1
@end
```

## Fuel
@metadata
kind: 'Jet A-1'
@end
Text with `[[Plane/code]]` in code.
"""


def test_frames_are_read_with_types_values_and_places():
    source = read(MANUAL)
    front, engine, plain = source.frames
    assert source.problems == []
    assert [(f.type, f.front, f.place.line) for f in source.frames] == [
        (None, True, 1),
        ("Engine", False, 11),
        (None, False, 33),
    ]
    assert front.values == {"title": "정비 지침", "no": "x", "country": "NO", "날짜": "2024-02-29", "tags": ["a", "b"]}
    assert engine.values["parts"] == [{"name": "fan", "weight": 12.5}]
    assert (engine.values["hours"], engine.values["last"], engine.values["note"]) == (1200, "yes", "첫 줄\n둘째 줄\n")
    place = engine.places["/parts/0/name"]
    assert MANUAL[place.start : place.end] == "fan"
    assert (place.line, place.column) == (15, 12)
    assert plain.values == {"kind": "Jet A-1"}


@pytest.mark.parametrize(
    ("frame", "path", "value", "before", "after"),
    [
        (0, "/title", "새 지침", "정비 지침 ", "새 지침 "),
        (0, "/no", "yes: 1", "no: x", 'no: "yes: 1"'),
        (0, "/country", False, "country: NO", "country: false"),
        (0, "/tags/1", "it's", "'b'", "'it''s'"),
        (1, "/serial", "E-8", '"E-7"', '"E-8"'),
        (1, "/parts/0/weight", 13, "12.50", "13"),
        (1, "/parts", ["x"], "- name:  fan     # front\n    weight: 12.50\n", '["x"]\n'),
        (1, "/note", "kurz", "|\n  첫 줄\n  둘째 줄\n", "kurz\n"),
        (1, "/새", {"a": [1, None]}, "last: yes\n", 'last: yes\n새: {"a":[1,null]}\n'),
        (2, "/kind", "012", "'Jet A-1'", "'012'"),
    ],
)
def test_one_value_is_set_and_nothing_else_is_touched(frame, path, value, before, after):
    edited = with_value(MANUAL, frame, path, value)
    assert edited == MANUAL.replace(before, after, 1)
    assert with_value(edited, frame, path, value) == edited


def test_line_ends_of_windows_and_an_empty_frame_are_kept():
    text = "a\r\n@metadata:T\r\n@end\r\n@metadata\r\nx: 1  # c\r\n@end"
    edited = with_value(text, 0, "/n", "가")
    assert edited == "a\r\n@metadata:T\r\nn: 가\r\n@end\r\n@metadata\r\nx: 1  # c\r\n@end"
    assert with_value(edited, 1, "/y", 2) == edited.replace("# c\r\n", "# c\r\ny: 2\r\n")


@pytest.mark.parametrize("path", ["", "x", "/parts/9", "/none/x", "/serial/x"])
def test_what_cannot_be_set_is_refused(path):
    with pytest.raises(EditRefused):
        with_value(MANUAL, 1, path, 1)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("@metadata:T\na: 1\n", "DOCUMENT_FRAME_OPEN", 1),
        ("x\n@metadata\na: [1\n@end\n", "DOCUMENT_YAML", 4),
        ("@metadata\n- 1\n@end", "DOCUMENT_SHAPE", 2),
        ("@metadata\na: 1\na: 2\n@end", "DOCUMENT_KEY_TWICE", 3),
        ("@metadata\na: &x 1\nb: *x\n@end", "DOCUMENT_ALIAS", 2),
        ("@metadata\na: !!python/object:os.system 1\n@end", "DOCUMENT_YAML", 2),
        ("@metadata\na: .nan\n@end", "DOCUMENT_YAML", 2),
        ("---\ntitle: x\n", "DOCUMENT_FRAME_OPEN", 1),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, code, line):
    (problem,) = read(text).problems
    assert (problem.code, problem.line) == (code, line)


def test_the_outline_leaves_frames_and_fences_out():
    text = MANUAL + "\nSetext\n===\n\n# Engines\n"
    assert [(h.level, h.text, h.line, h.anchor) for h in outline(read(text))] == [
        (1, "Engines", 10, "engines"),
        (2, "Fuel", 32, "fuel"),
        (1, "Setext", 38, "setext"),
        (1, "Engines", 41, "engines-1"),
    ]


def test_each_frame_has_what_it_speaks_of():
    _, engine, fuel = sections(read(MANUAL))
    assert engine.headings == ["Engines"]
    assert engine.text.startswith("It powers the plane and another.")
    assert [(r.type, r.key, r.line) for r in engine.references] == [("Plane", "N 2", 24), ("Plane", "N1", 24)]
    assert (fuel.headings, list(fuel.references)) == (["Engines", "Fuel"], [])


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
values = st.recursive(scalars, lambda x: st.lists(x, max_size=3) | st.dictionaries(texts, x, max_size=3), max_leaves=5)
targets = st.sampled_from([(0, "/title"), (0, "/no"), (0, "/tags"), (0, "/tags/0"), (1, "/hours"), (1, "/parts")])
targets |= st.sampled_from([(1, "/parts/0/name"), (1, "/note"), (1, "/new"), (2, "/kind"), (2, "/한글"), (1, "/last")])


@given(targets, values)
@settings(max_examples=300, deadline=None)
def test_whatever_is_set_every_byte_outside_the_value_stays(target, value):
    index, path = target
    source = read(MANUAL)
    try:
        edited = with_value(MANUAL, index, path, value)
    except EditRefused:
        return
    frame = source.frames[index]
    place = frame.places.get(path)
    start, end = (place.start, place.end) if place else (frame.inside.end, frame.inside.end)
    assert edited.startswith(MANUAL[:start])
    assert edited.endswith(MANUAL[end:])
    after = read(edited).frames[index]
    new = after.places[path]
    assert edited[new.start : new.end] in edited
    step = after.values
    for name in path[1:].split("/"):
        step = step[int(name)] if isinstance(step, list) else step[name]
    assert step == value


@given(st.text(st.sampled_from("-@a:#` \n\r|>'\"[]{}&*!%메\t"), max_size=80))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_the_reader(text):
    for around in (text, f"---\n{text}\n---\n", f"@metadata:T\n{text}\n@end\n"):
        source = read(around)
        outline(source)
        sections(source)
        for frame in source.frames:
            for place in frame.places.values():
                assert 0 <= place.start <= place.end <= len(around)
