"""A project's render settings, presets and queue."""

# ruff: noqa: N802
from __future__ import annotations

import uuid
from typing import Any

from . import render_formats, render_settings, renderer
from .model import Timeline
from .proxy import Proxy, read, write
from .rates import text_of
from .render_state import RenderJob


class Rendering(Proxy):
    @read(while_rendering=True)
    def GetRenderFormats(self) -> dict[str, str]:
        return render_formats.formats(self._host.profile)

    @read
    def GetRenderCodecs(self, renderFormat: str) -> dict[str, str]:
        return render_formats.codecs(self._host.profile, renderFormat)

    @read
    def GetRenderResolutions(self, format: str = "", codec: str = "") -> list[dict[str, int]]:
        return [{"Width": w, "Height": h} for w, h in ((64, 48), (1920, 1080), (3840, 2160))]

    @read
    def GetCurrentRenderFormatAndCodec(self) -> dict[str, str]:
        return {"format": self._host.render.format, "codec": self._host.render.codec}

    @write(deliver=True)
    def SetCurrentRenderFormatAndCodec(self, format: str, codec: str) -> bool:
        profile = self._host.profile
        ids = render_formats.codecs(profile, format).values()
        if codec not in ids or codec in profile.refused_codecs:
            return False
        self._host.render.format, self._host.render.codec = format, codec
        return True

    @read(deliver=True)
    def GetCurrentRenderMode(self) -> int:
        """It only reads, and shows Deliver all the same."""
        return self._host.render.mode

    @write(deliver=True)
    def SetCurrentRenderMode(self, renderMode: int) -> bool:
        if renderMode not in (0, 1):
            return False
        self._host.render.mode = renderMode
        return True

    @write(deliver=True)
    def SetRenderSettings(self, settings: dict[str, Any]) -> bool:
        return render_settings.change(self._host.profile, self._host.render, settings)

    @read
    def GetRenderPresetList(self) -> list[str]:
        return ["H.264 Master", *self._host.render.presets]

    @write
    def SaveAsNewRenderPreset(self, presetName: str) -> bool:
        render = self._host.render
        if not presetName or presetName in ("H.264 Master", *render.presets):
            return False
        render.presets[presetName] = render.snapshot()
        render.preset = presetName
        return True

    @write
    def LoadRenderPreset(self, presetName: str) -> bool:
        if presetName not in self._host.render.presets:
            return False
        self._host.render.load(presetName)
        return True

    @write
    def DeleteRenderPreset(self, presetName: str) -> bool:
        return self._host.render.presets.pop(presetName, None) is not None

    @write(deliver=True, fails="")
    def AddRenderJob(self) -> str:
        """'' for a target outside of Media Storage, which opens a dialog too."""
        host, timeline = self._host, self._of.current
        target = host.render.settings.get("TargetDir")
        settled = host.pages.settled("deliver", host.profile.deliver_settle)
        if not target or timeline is None or not settled:
            return ""
        if not host.storable(target):
            if host.profile.headless:
                host.gate.hang()
            host.modal_open = True
            return ""
        first, last = _range(host.render, timeline)
        if first > last:
            return ""
        job = _job(host, timeline, first, last)
        host.queue.jobs.append(job)
        return job.uid

    @read
    def GetRenderJobList(self) -> list[dict[str, Any]]:
        return [dict(job.entry) for job in self._host.queue.jobs]

    @read
    def GetRenderJobStatus(self, jobId: str) -> dict[str, Any]:
        job = self._host.queue.find(jobId)
        return self._host.queue.status(job) if job else {}

    @write
    def DeleteRenderJob(self, jobId: str) -> bool:
        job = self._host.queue.find(jobId)
        if job is None:
            return False
        self._host.queue.jobs.remove(job)
        return True

    @write
    def DeleteAllRenderJobs(self) -> bool:
        self._host.queue.jobs.clear()
        return True

    @write(deliver=True)
    def StartRendering(self, jobs: list[Any] | str | bool = False, *more: Any) -> bool:
        """`([ids], interactive)`, `(id, id, …)`, or every job without a list."""
        queue = self._host.queue
        if isinstance(jobs, bool):
            return queue.start([job for job in queue.jobs if job.state != "complete"])
        ids = jobs if isinstance(jobs, list) else [jobs, *more]
        found = [queue.find(uid) for uid in ids]
        return None not in found and queue.start([job for job in found if job])

    @write(while_rendering=True)
    def StopRendering(self) -> None:
        self._host.queue.stop()

    @read
    def IsRenderingInProgress(self) -> bool:
        return self._host.rendering


def _range(render: Any, timeline: Timeline) -> tuple[int, int]:
    """In individual clips mode a range becomes all of the clips that it touches."""
    first, last = render_settings.span(render, timeline)
    if render.mode == 0 and first <= last:
        touched = [i for _, i in timeline.items() if i.start <= last and i.end > first]
        if not touched:
            return 1, 0
        return min(i.start for i in touched), max(i.end for i in touched) - 1
    return first, last


def _job(host: Any, timeline: Timeline, first: int, last: int) -> RenderJob:
    found = host.render.settings
    width, height = renderer.size(host, timeline)
    size = (found.get("FormatWidth", width), found.get("FormatHeight", height))
    name = found.get("CustomName", timeline.name)
    entry = {
        "JobId": str(uuid.uuid4()),
        "RenderJobName": f"Job {len(host.queue.jobs) + 1}",
        "TimelineName": timeline.name,
        "TargetDir": found["TargetDir"],
        "CustomName": name,
        "OutputFilename": f"{name}.{host.render.format}",
        "MarkIn": first,
        "MarkOut": last,
        "FormatWidth": size[0],
        "FormatHeight": size[1],
        "FrameRate": text_of(timeline.rate),
        "VideoFormat": host.render.format,
        "VideoCodec": host.render.codec,
        "PresetName": host.render.preset,
        "RenderMode": "Single clip" if host.render.mode else "Individual clips",
        "IsExportVideo": found.get("ExportVideo", True),
        "IsExportAudio": found.get("ExportAudio", True),
    }
    return RenderJob(
        uid=entry["JobId"],
        timeline=timeline,
        entry=entry,
        format=host.render.format,
        codec=host.render.codec,
        first=first,
        last=last,
        size=size,
        video=bool(entry["IsExportVideo"]),
    )
