"""What events of others are here: the file that the setting `gateway_mappings` names, if it names one."""

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from oms.about_settings import SettingRefused
from oms.settings import Settings

if TYPE_CHECKING:
    from oms.importing.arriving import Rule


def mappings(settings: Settings) -> "list[Rule]":
    """Raises `SettingRefused`."""
    if not settings.gateway_mappings:
        return []
    from oms.importing.arriving import rules_of
    from oms.importing.mapping import MappingRefused

    path = Path(settings.gateway_mappings)
    try:
        text = path.read_text(encoding="utf-8")
        return rules_of(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except OSError as error:
        raise SettingRefused("gateway_mappings", str(path), (error.strerror or str(error)).lower()) from error
    except (ValueError, MappingRefused) as error:
        raise SettingRefused("gateway_mappings", str(path), str(error)) from error
