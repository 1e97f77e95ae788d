"""A small hub on loopback: the endpoints of the real one that fetching a model uses.

As on the real hub, a large file is a redirect to another host, and `Range` asks for its rest.
Faults are set per file and wear off one request at a time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import numpy as np
from huggingface_hub.utils.sha import git_hash
from safetensors.numpy import save

Files = dict[str, bytes]
REPO = "Somebody/Tiny"


def weights(size: int, seed: int = 0) -> bytes:
    """A safetensors file of noise."""
    return save({"weight": np.random.default_rng(seed).integers(0, 255, size, np.uint8)})


def pipeline(seed: int = 0, shard: int = 300_000) -> Files:
    """A repository laid out like the published one, with what must not be fetched beside it."""
    stem = "diffusion_pytorch_model"
    return {
        "README.md": b"# Tiny\n",
        "LICENSE": b"Apache-2.0\n",
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "model_index.json": b'{"_class_name": "CogVideoXImageToVideoPipeline"}',
        "scheduler/scheduler_config.json": b"{}",
        "text_encoder/config.json": b"{}",
        "text_encoder/model-00001-of-00001.safetensors": weights(1000),
        "tokenizer/spiece.model": b"pieces",
        "transformer/config.json": b'{"num_layers": 42}',
        f"transformer/{stem}.safetensors.index.json": b'{"weight_map": {}}',
        f"transformer/{stem}-00001-of-00002.safetensors": weights(shard, seed + 1),
        f"transformer/{stem}-00002-of-00002.safetensors": weights(shard, 2),
        f"transformer/{stem}.fp16.safetensors": weights(1000),
        f"transformer/{stem}.bin": b"\x80\x04pickle",
        "vae/config.json": b"{}",
        f"vae/{stem}.safetensors": weights(100_000, 3),
        "empty_prompt_embedding.safetensors": weights(500, 4),
    }


SHARD = "transformer/diffusion_pytorch_model-00001-of-00002.safetensors"
NOT_FETCHED = {
    ".gitattributes",
    "text_encoder/config.json",
    "text_encoder/model-00001-of-00001.safetensors",
    "tokenizer/spiece.model",
    "transformer/diffusion_pytorch_model.fp16.safetensors",
    "transformer/diffusion_pytorch_model.bin",
}


@dataclass
class Request:
    """What a client asked for: `file` inside its repository, or `None` for a listing."""

    url: str
    file: str | None
    range: str | None
    token: str | None
    agent: str


@dataclass
class Hub:
    """What is published, what goes wrong, and what was asked for.

    Attributes:
        cut: file to the numbers of bytes after which its next transfers break off.
        hold: file to the number of bytes after which its transfer waits for `release`.
        status: file or repository to the HTTP status and hub error code of its next answers;
            200 answers as if nothing were wrong.
        spoilt: files whose bytes are changed on the way, once.
        ranges: whether `Range` is obeyed.
    """

    port: int = 0
    repos: dict[str, Files] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    hold: dict[str, int] = field(default_factory=dict)
    status: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    ranges: bool = True
    requests: list[Request] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, file: str, repo: str = REPO) -> str:
        """The address of a file's bytes, outside of the hub's interface."""
        return f"http://localhost:{self.port}/cdn/{repo}/{file}"

    def fetched(self) -> list[str]:
        """The files whose bytes were asked for, in order."""
        return [request.file for request in self.requests if request.file]

    def ranges_of(self, file: str) -> list[str | None]:
        return [request.range for request in self.requests if request.file == file]

    def commit(self, repo: str) -> str:
        digest = hashlib.sha1(usedforsecurity=False)
        for path, content in sorted(self.repos[repo].items()):
            digest.update(path.encode() + content)
        return digest.hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        match parts:
            case ["api", "models", owner, name, *rest]:
                self._note(None)
                self._list(f"{owner}/{name}", rest[1] if rest else "main")
            case [owner, name, "resolve", _, *path]:
                self._resolve(f"{owner}/{name}", "/".join(path))
            case ["cdn", owner, name, *path]:
                file = "/".join(path)
                self._note(file)
                self._send_file(file, self.hub.repos[f"{owner}/{name}"][file])
            case _:
                self._answer(404)

    def _note(self, file: str | None) -> None:
        get = self.headers.get
        self.hub.requests.append(
            Request(self.path, file, get("Range"), get("Authorization"), get("User-Agent", ""))
        )

    def _list(self, repo: str, revision: str) -> None:
        if self._fails(repo):
            return
        if repo not in self.hub.repos:
            self._answer(404, {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", self.hub.commit(repo)):
            self._answer(404, {"X-Error-Code": "RevisionNotFound"})
        else:
            siblings = [
                {
                    "rfilename": path,
                    "size": len(content),
                    "blobId": git_hash(content),
                    **({"lfs": self._lfs(content)} if _is_large(path) else {}),
                }
                for path, content in self.hub.repos[repo].items()
            ]
            listing = {"id": repo, "sha": self.hub.commit(repo), "siblings": siblings}
            self._answer(200, {}, json.dumps(listing).encode())

    def _lfs(self, content: bytes) -> dict[str, object]:
        sha256 = hashlib.sha256(content).hexdigest()
        return {"sha256": sha256, "size": len(content), "pointerSize": 130}

    def _resolve(self, repo: str, file: str) -> None:
        commit = {"X-Repo-Commit": self.hub.commit(repo)}
        if self._fails(file):
            return
        if _is_large(file):
            self._answer(302, {**commit, "Location": self.hub.url(file, repo)})
        else:
            self._note(file)
            self._send_file(file, self.hub.repos[repo][file])

    def _fails(self, what: str) -> bool:
        if not self.hub.status.get(what):
            return False
        status, code = self.hub.status[what].pop(0)
        if status == 200:
            return False
        self._answer(status, {"X-Error-Code": code} if code else {})
        return True

    def _send_file(self, file: str, content: bytes) -> None:
        if file in self.hub.spoilt:
            self.hub.spoilt.remove(file)
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked and self.hub.ranges else 0
        body = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        cuts = self.hub.cut.get(file)
        if cuts:
            body = body[: cuts.pop(0)]
        held = self.hub.hold.pop(file, len(body))
        try:
            self.wfile.write(body[:held])
            if held < len(body):
                self.wfile.flush()
                self.hub.release.wait(60)
                self.wfile.write(body[held:])
        except ConnectionError:
            pass  # the client is gone, as some tests mean it to be

    def _answer(
        self, status: int, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _is_large(file: str) -> bool:
    return file.endswith((".safetensors", ".bin"))


@contextmanager
def serve() -> Iterator[Hub]:
    """A running hub that publishes `REPO`."""
    hub = Hub(repos={REPO: pipeline()})
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            hub.release.set()
            server.shutdown()
            thread.join()
