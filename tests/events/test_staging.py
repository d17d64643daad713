"""What is decided in stages: later ones see what earlier ones changed, under a prefix too."""

from events.actions.staging import Stage
from events.decider import Context, Head, under_key
from events.names import Key
from events.objects import object as object_


def test_what_is_under_a_prefix_is_what_is_there_now():
    there = Head(3, {})
    heads = {under_key("incident/a/"): Head(0, {"keys": ["incident/a/1", "incident/a/3"]})}
    heads |= {Key(f"incident/a/{n}"): there for n in (1, 3)}
    stage = Stage(heads, object_.evolve)
    stage.changes |= {
        Key("incident/a/1"): Head(4, None),
        Key("incident/a/2"): Head(4, {}),
        Key("incident/a/b/2"): Head(4, {}),
        Key("incident/b/2"): Head(4, {}),
    }
    context = Context("prod/main/main", "ada@test", 0, str, stage)
    assert context.under("incident/a/") == ["incident/a/2", "incident/a/3"]
