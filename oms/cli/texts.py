"""Files that a command line names, as texts."""

from pathlib import Path

from oms.cli.failures import REMEDIES, Exit, Failure


def text_of(file: Path, option: str = "") -> str:
    """Every character of it, the ends of lines too. `option`: what named it. Raises `Failure`."""
    named = f"{option}: {file}" if option else str(file)
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Failure(f"{named} is no text in UTF-8: {error}", "store it as UTF-8", Exit.USAGE) from None
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        remedy = REMEDIES.get(error.errno or 0, "name another file")
        raise Failure(f"{named} cannot be read: {why}", remedy, Exit.USAGE) from None
