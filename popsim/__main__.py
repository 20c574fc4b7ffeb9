"""``python -m popsim`` is the command ``popsim``."""

from popsim.cli import main

if __name__ == "__main__":
    main()
