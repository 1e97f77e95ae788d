"""The demo, inside of `.venv`: `sparkvsr restore` on real footage, and what came out of it.

Exit status: 0, 2 when DIR is not usable, 130 after Ctrl-C, else that of `sparkvsr restore`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from _demo_footage import BETWEEN, FRAMES, UPSCALE, DemoFootage, pictures_of
from _demo_memory import PeakMemory
from _options import demo_parser
from sparkvsr import SparkVSRError
from sparkvsr.report import comparison_png
from sparkvsr_installer.steps import step

SPARKVSR = Path(sys.executable).parent / ("sparkvsr.exe" if os.name == "nt" else "sparkvsr")
HOME = ".sparkvsr-home"
RESTORED, COMPARISON, REPORT = "restored.mov", "comparison.png", "report.html"
OURS = {HOME, RESTORED, COMPARISON, REPORT, "source.mkv", "keyframes"}
SHOWN = FRAMES // 2  # in the comparison: halfway between two keyframes, where it is hardest


def main(arguments: Sequence[str] | None = None) -> int:
    options = demo_parser().parse_args(arguments)
    out: Path = options.out.absolute()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"Cannot make the folder {out}: {error.strerror}.", file=sys.stderr)
        return 2
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in OURS)
    if foreign:
        print(
            f"{out} holds other files ({foreign[0]}): choose an empty or new folder with --out.",
            file=sys.stderr,
        )
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as after Ctrl-C
    try:
        return _demo(options.clip, out)
    except KeyboardInterrupt:
        return 130
    except SparkVSRError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_code


def _demo(clip: str, out: Path) -> int:
    with step(f"Making a {UPSCALE} times smaller source and keyframes of {clip}"):
        footage = DemoFootage(clip, out)
    command = ["restore", footage.source.name]
    for index, picture in footage.keyframes.items():
        command += ["-k", f"{index}={picture.relative_to(out)}"]
    command += ["-o", RESTORED, "--upscale", str(UPSCALE), "--report", REPORT, "--overwrite"]
    print(f"{out}$ sparkvsr {' '.join(command)}", flush=True)
    with _private_daemon(out / HOME) as environ, PeakMemory(out / HOME) as memory:
        start = time.monotonic()
        status = _sparkvsr(command, out, environ)
        seconds = time.monotonic() - start
    if status:
        return status
    with step("Comparing with the full-size clip"):
        restored = list(pictures_of(out / RESTORED))
        bicubic = footage.psnr(footage.bicubic())
        result = footage.psnr(iter(restored))
        source = list(pictures_of(footage.source))[SHOWN]
        comparison_png(out / COMPARISON, source, restored[SHOWN], footage.full[SHOWN])
    table = Table(
        show_header=False,
        title=f"{clip}, {FRAMES} frames x{UPSCALE}, {FRAMES - len(BETWEEN)} keyframes",
    )
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("bicubic upscaling, PSNR between the keyframes", f"{bicubic:.2f} dB")
    table.add_row("restored, PSNR between the keyframes", f"{result:.2f} dB")
    table.add_row("gain", f"{result - bicubic:+.2f} dB")
    table.add_row("frames a second, start of the daemon included", f"{FRAMES / seconds:.1f}")
    table.add_row("peak memory, client + supervisor + worker", _memory(memory.mebibytes))
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(table)
    for name, what in ((RESTORED, "movie"), (COMPARISON, "comparison"), (REPORT, "report")):
        print(f"{what + ':':12}{out / name}")
    return 0


def _memory(mebibytes: float | None) -> str:
    return "not measured" if mebibytes is None else f"{mebibytes:.0f} MiB"


def _sparkvsr(arguments: Sequence[str], folder: Path, environ: dict[str, str]) -> int:
    process = subprocess.Popen([SPARKVSR, *arguments], cwd=folder, env=environ)
    try:
        return process.wait()
    except BaseException:
        process.terminate()  # it cancels the job and removes what is half-written
        process.wait()
        raise


@contextmanager
def _private_daemon(home: Path) -> Iterator[dict[str, str]]:
    """An environment whose daemon belongs to the demo: it is stopped and its state removed."""
    environ = {**os.environ, "SPARKVSR_HOME": str(home)}
    try:
        yield environ
    finally:
        subprocess.run([SPARKVSR, "daemon", "stop"], env=environ, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
