"""The process of atheris; arguments are a format, a file for verdicts, and libFuzzer's own."""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from hashlib import sha1
from pathlib import Path

import atheris

MAX_BYTES = 12 << 30

# Only what is instrumented tells which branches an input reached.
with atheris.instrument_imports(include=["hessmap.rows", "hessmap.storage", "hessmap.datasets"]):
    import hessmap.datasets.published
    import hessmap.datasets.published_views
    import hessmap.rows.files
    import hessmap.rows.images
    import hessmap.rows.text
    import hessmap.storage  # noqa: F401

from .cases.files import MODELS, real  # noqa: E402 - after what is instrumented
from .cases.guided import is_failure  # noqa: E402
from .cases.reading import judged_reading, signed  # noqa: E402


def main() -> None:
    """Hand over to libFuzzer, which ends the process."""
    format_, told, *options = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    failed = Path(os.environ["FUZZ_BUILD"]) / "failures"
    _first(format_, Path(options[-1]))
    verdicts = Path(told).open("a", encoding="utf-8")  # noqa: SIM115 - libFuzzer ends the process

    def one_input(data: bytes) -> None:
        if format_ in MODELS:
            data = signed(data)
        verdict = judged_reading(format_, data, fit=False, what="guided")
        if is_failure(verdict):
            # one input for all that look alike
            alike = f"{verdict.where} {verdict.why.partition(':')[0]}"
            kept = failed / f"{format_}-{sha1(alike.encode()).hexdigest()[:12]}"
            kept.write_bytes(data)
            verdict = type(verdict)(**{**asdict(verdict), "what": f"--input {kept}"})
        verdicts.write(json.dumps(asdict(verdict)) + "\n")
        verdicts.flush()

    atheris.Setup([sys.argv[0], *options], one_input)
    atheris.Fuzz()


def _first(format_: str, corpus: Path) -> None:
    """The corpus begins with a file that can be read."""
    data = real(format_)
    (corpus / "real").write_bytes(data.partition(b"\n")[2] if format_ in MODELS else data)


if __name__ == "__main__":
    main()
