"""The log for strangers: what happened, without a word that a person or a file could have given.

`sparkvsr logs` shows messages as they are: errors name files, libraries print what they like. In a
bug report a word stays only if it is one that our own messages are made of, or PyTorch's and the
system's about memory and drivers; or if it is a number, an error code, or the type of an exception.
Of a traceback its files of program code, lines and functions stay. All else becomes `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from sparkvsr.errors import SparkVSRError

from ._log import CONTINUED, NO_JOB
from ._log_lines import LogLine
from ._redact import Redactor

_WORDS: Final = frozenset(
    """
    a again ago all an and answered any are as asked at be because began begun by called cancelled
    cannot client clients closed could daemon damaged data database disk does done ended engine
    engines error failed fit flow for frame frames free from full gone had half has have help host
    identity idle in into is it its job jobs journal kept kill killed know large lost made memory
    more no nobody not notice of on one or out parked paused pid plan preview previewed process
    protocol queue queued reads ready record refused request restored room runs said sent serves
    shutdown signal size something sparkvsr started status stop stopped stops store than that the
    there they this ticket to too understood unload until was were while window windows with worker
    workers write written

    access address aborted allocate allocated allocation argument available backend buffer bus call
    capability compatible compute core CUDA cublas cuDNN cudart current device devices driver
    dumped encountered exception execution fatal fault file GB GiB GPU illegal image initialization
    instruction insufficient internal invalid kernel last launch level library limit load loaded
    MiB missing module most NVIDIA NVML operation Python read recent required runtime segmentation
    supported system thread timeout torch traceback try unknown unspecified version
    """.lower().split()
)
_FILE: Final = re.compile(
    r'\s*File "(?P<file>[^"]+\.py|<[\w. ]+>)", line (?P<line>\d+),? in (?P<name>[\w<>.]+)'
)
EXCEPTION: Final = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit))(?:: .*)?")
"""The last line of a traceback."""
_PUNCTUATION: Final = ",;:.()[]"
_NUMBER: Final = re.compile(
    r"[+-]?\d+|\d+(?:st|nd|rd|th|s|ms)|0x[0-9a-f]{1,16}|[0-9a-f]{8}|[|*=-]+"
)
_LEFT_OUT: Final = "…"


def for_strangers(lines: Iterable[str], redactor: Redactor) -> Iterator[str]:
    """Lines of the log with time, level, job and the words that tell nothing about anybody."""
    codes = error_codes()
    for line in lines:
        parsed = LogLine.parse(line)
        if parsed is None:
            yield _LEFT_OUT
            continue
        before = f"{parsed.time} {parsed.level} {parsed.job or NO_JOB} {parsed.logger}: "
        text = _masked(parsed.text, codes, redactor)
        yield before + (CONTINUED if parsed.continued else "") + text


def error_codes(error: type[SparkVSRError] = SparkVSRError) -> set[str]:
    """The codes of an error and of all that are kinds of it."""
    return {error.code}.union(*map(error_codes, error.__subclasses__()))


def _masked(text: str, codes: set[str], redactor: Redactor) -> str:
    if frame := _FILE.fullmatch(text):
        file = _program_file(frame["file"], redactor)
        return f'  File "{file}", line {frame["line"]}, in {frame["name"]}'
    if raised := EXCEPTION.fullmatch(text):
        return raised[1] + (f": {_LEFT_OUT}" if ":" in text else "")
    found: list[str] = []
    for word in text.split():
        core = word.strip(_PUNCTUATION)
        if core.lower() in _WORDS or core in codes or _NUMBER.fullmatch(core):
            found.append(word)
        elif found[-1:] != [_LEFT_OUT]:
            found.append(_LEFT_OUT)
    return " ".join(found)


def _program_file(file: str, redactor: Redactor) -> str:
    """Its name, and of our own packages the folder before it: others might be of somebody's."""
    *_, folder, name = ("", *re.split(r"[\\/]", file))
    ours = f"…/{folder}/" if folder.startswith("sparkvsr_") or folder == "sparkvsr" else ""
    return ours + redactor.all(name)
