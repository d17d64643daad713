"""What goes wrong with the real server, to be switched on. Each switch counts down; 0 is off."""

from dataclasses import dataclass


@dataclass
class Faults:
    lost: int = 0  # writes that are done and answered 500
    dropped: int = 0  # writes that are done, then the connection ends
    refused: int = 0  # writes that are not done and answered 500
    exhausted: int = 0  # writes that are not done, since others wrote to the database all the time
    truncated: int = 0  # bodies of writes that arrive without their end
    shortened: int = 0  # answers that name one id less than were written
    racing: bool = False  # the version of a request is compared before it waits its turn, so two may win
    slow_layers: float = 0.0  # seconds that a write takes for each commit since the last optimization
    after: int = 0  # calls before the first one that something goes wrong with

    def strikes(self, name: str) -> bool:
        left = getattr(self, name)
        if not left:
            return False
        if self.after:
            self.after -= 1
            return False
        setattr(self, name, left - 1)
        return True
