"""Any plan of any shot, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from sparkvsr.planner import Plan, plan_shot


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    frames = draw(st.integers(1, 200))
    window = draw(st.sampled_from([9, 17, 33, 49]))
    indices = st.integers(0, frames - 1)
    return plan_shot(
        frames,
        draw(st.lists(indices, max_size=3, unique=True)),
        window=window,
        overlap=draw(st.sampled_from([o for o in (1, 9, 17, 41) if o < window])),
        cuts=draw(st.lists(indices, max_size=3)),
        anchors=draw(st.sampled_from(["none", "missing", "always"])),
        direction=draw(st.sampled_from(["forward", "outward"])),
    )
