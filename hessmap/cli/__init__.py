"""The command ``hessmap``: from a file or a folder of pictures to sources and a page about them.

`arguments` is what can be asked for, `fitting`, `mapping` and `showing` do it, `data` and `runs`
know what lies on the disk, `figures` and `page` what it looks like, `messages` what is said.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .arguments import parsed
from .messages import OK, ending, said, terminable

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str or None
        Words after the name of the command; None takes those of the process.

    Returns
    -------
    int
        0 if all went well, 1 if the data or the fit failed, 3 if ``report --strict`` has findings,
        130 after Ctrl-C, 143 after SIGTERM.

    Raises
    ------
    SystemExit
        With code 2 if the words are no command, with 0 after ``--help`` and ``--version``.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["demo"]:  # which has options of its own
        from .. import demo

        demo.main(words[1:], prog="hessmap demo")
        return OK
    options = parsed(words)
    with ending(options.debug) as end, terminable(), said():
        end.code = options.run(options)
    return end.code
