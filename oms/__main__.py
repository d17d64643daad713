"""`python -m oms`: the same as the command `oms`."""

from oms.cli import main

if __name__ == "__main__":
    main()
