"""`python -m snapper` is the same program as the `snapper` command."""

from snapper.cli import main

if __name__ == "__main__":
    main()
