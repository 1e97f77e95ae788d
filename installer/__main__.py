"""`python3 installer`: from a checkout or bundle to a running product. Stdlib only.

This file must parse on Python 3.6, so that an old Python ends with a sentence and not with a
SyntaxError; everything else is imported after the version check.
"""

import sys

OLDEST = (3, 11)


def main() -> int:
    if sys.version_info < OLDEST:
        sys.stderr.write(
            "SparkVSR needs Python {}.{} or newer, and this is Python {}.{}: "
            "install a newer Python, and run this with it.\n".format(
                *(OLDEST + tuple(sys.version_info[:2]))
            )
        )
        return 10
    from _bootstrap import bootstrap

    return bootstrap(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
