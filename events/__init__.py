"""The facts and the words: commands, events and the deciders between them. Pure: no clock, no random, no I/O."""
