"""Four ways of counting, and none is mistaken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import RATES, ClipSpan, Rate, parse_timecode

frames = st.integers(0, 10**7)


@st.composite
def spans(draw: st.DrawFn) -> ClipSpan:
    start = draw(frames)
    record_in = start + draw(st.integers(0, 10**6))
    record_out = record_in + draw(st.integers(1, 10**5))
    rate = Rate(draw(st.sampled_from(RATES)))
    return ClipSpan(record_in, record_out, draw(frames), start, rate)


# A 23.976 timeline that starts at 01:00:00:00; the clip begins 100 frames in, trimmed by 12.
SPAN = ClipSpan(86500, 86548, 12, 86400, Rate.parse("23.976"))


def test_known_frames() -> None:
    assert SPAN.frames == 48
    assert SPAN.render_marks == (86500, 86547)
    assert SPAN.shot_index(86500) == 0 and SPAN.shot_index(86547) == 47
    assert SPAN.absolute(47) == 86547
    assert SPAN.on_timeline(86500) == 100 and SPAN.from_timeline(100) == 86500
    assert SPAN.source_frame(86500) == 12 and SPAN.from_source(13) == 86501
    assert SPAN.timecode(86500) == "01:00:04:04"


def test_drop_frame_timecode_is_that_of_the_clock() -> None:
    rate = Rate.parse("29.97 DF")
    start = parse_timecode("01:00:00;00", rate)
    span = ClipSpan(start + 1800, start + 1900, 0, start, rate)
    assert start == 107892 and span.timecode(span.record_in) == "01:01:00;02"


@given(span=spans(), data=st.data())
def test_every_way_there_and_back(span: ClipSpan, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, span.frames - 1))
    absolute = span.absolute(index)
    assert span.shot_index(absolute) == index
    assert span.from_timeline(span.on_timeline(absolute)) == absolute
    assert span.from_source(span.source_frame(absolute)) == absolute
    assert span.source_frame(absolute) == span.left_offset + index
    assert span.on_timeline(absolute) >= 0
    first, last = span.render_marks
    assert first <= absolute <= last and last - first + 1 == span.frames


@given(span=spans())
def test_the_frame_after_the_last_is_not_in_the_clip(span: ClipSpan) -> None:
    for outside in (span.record_in - 1, span.record_out):
        assert not span.holds(outside)
        with pytest.raises(ValueError, match=f"frame {outside}"):
            span.shot_index(outside)
    for index in (-1, span.frames):
        with pytest.raises(ValueError, match=f"frame {index}"):
            span.absolute(index)


@pytest.mark.parametrize(("first", "end"), [(5, 5), (5, 4), (-1, 4)])
def test_a_clip_without_frames_is_no_clip(first: int, end: int) -> None:
    with pytest.raises(ValueError, match="cannot lie"):
        ClipSpan(first, end, 0, 0, SPAN.rate)
