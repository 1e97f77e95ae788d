"""What tests of rendering do: queue a job, wait for it, look at what it left."""

from __future__ import annotations

from typing import Any

from .session import Session


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def setup(
    session: Session,
    first: int = 86402,
    last: int = 86404,
    codec: tuple[str, str] = ("exr", "RGBHalf"),
    **more: Any,
) -> str:
    """Queue a job with essentials; its id."""
    folder = session.media / "out"
    folder.mkdir(exist_ok=True)
    found = project(session)
    assert found.SetCurrentRenderFormatAndCodec(*codec) is True
    assert found.SetCurrentRenderMode(1) is True
    settings = {"SelectAllFrames": False, "MarkIn": first, "MarkOut": last, **more}
    assert found.SetRenderSettings({"TargetDir": str(folder), "CustomName": "k_", **settings})
    job = found.AddRenderJob()
    assert job
    return str(job)


def finish(session: Session, limit: float = 60.0) -> None:
    end = session.now() + limit
    while project(session).IsRenderingInProgress():
        session.sleep(0.02)
        assert session.now() < end, "the render does not end"


def files(session: Session) -> list[str]:
    return sorted(path.name for path in (session.media / "out").iterdir())
