"""`oms settings`: each setting, its value, where it came from and what it means."""

from oms.cli.options import Folder
from oms.cli.output import Json, print_rows


def settings(folder: Folder = None, as_json: Json = False) -> None:
    """Show every setting. Its value, where it came from and what it means."""
    from oms.about_settings import ABOUT
    from oms.settings import DEFAULTS, concealed, env_name, load, shown

    loaded = load({"folder": folder})
    rows = [
        {
            "setting": name,
            "value": concealed(shown(getattr(loaded.settings, name))),
            "unit": ABOUT[name].unit,
            "from": loaded.sources[name],
            "default": shown(default),
            "environment": env_name(name),
            "meaning": ABOUT[name].meaning,
        }
        for name, default in DEFAULTS.items()
    ]
    print_rows(rows, ["setting", "value", "unit", "from", "meaning"], as_json=as_json)
