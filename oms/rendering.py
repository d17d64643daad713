"""What the settings say of the texts by which objects are found."""

import tomllib
from pathlib import Path

from oms.about_settings import SettingRefused
from oms.settings import Settings
from projectors.similar import Rendering


def rendering(settings: Settings) -> Rendering:
    """Raises `SettingRefused`."""
    path = settings.embedding_templates
    try:
        templates = tomllib.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError) as error:
        raise SettingRefused("embedding_templates", path, f"cannot be read: {error}") from error
    for name, template in templates.items():
        if not isinstance(template, str):
            text = f"{name} is no text; write {name} = '{{name}}: {{notes}}'"
            raise SettingRefused("embedding_templates", path, text)
    return Rendering(templates, settings.embedding_personal == "yes")
