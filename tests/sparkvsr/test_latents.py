"""Latents of overlapping windows become those of one run: all of them, once, and without a seam."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plans import plans
from sparkvsr.latents import Latent, LatentBlender, Run, latent_of, plan_runs
from sparkvsr.planner import Plan, PlannedWindow, plan_shot


def frames_of(run: Run, latent: int) -> list[int]:
    """Shot indices of the frames in a latent of the run, by the law of the VAE."""
    first = 4 * latent - 3 if latent else 0
    return [run.whole.shot_index(i) for i in range(first, 4 * latent + 1)]


def latents_of(window: PlannedWindow) -> list[Latent]:
    """Latents that tell which frames they hold: first and last."""
    out: list[Latent] = []
    for latent in range(latent_of(window.length - 1) + 1):
        first = window.shot_index(4 * latent - 3 if latent else 0)
        values = np.array([first, window.shot_index(4 * latent)], np.float32)
        out.append(Latent(values.reshape(2, 1, 1), 1.0))
    return out


def joined(run: Run, order: list[PlannedWindow]) -> list[Latent]:
    blender = LatentBlender(run)
    out: list[Latent] = []
    for window in order:
        blender.add(window.position, latents_of(window))
        out += blender.ready()
    assert len(out) == blender.latents
    return out


@given(plans(), st.randoms(use_true_random=False))
def test_every_latent_holds_the_frames_that_the_decoder_makes_of_it(
    plan: Plan, chance: random.Random
) -> None:
    runs = plan_runs(plan)
    assert sorted(w.position for run in runs for w in run.windows) == list(range(len(plan.windows)))
    for run in runs:
        order = list(run.windows)
        chance.shuffle(order)
        latents = joined(run, order)
        assert 4 * (len(latents) - 1) + 1 == run.whole.length
        for position, latent in enumerate(latents):
            frames = frames_of(run, position)
            np.testing.assert_allclose(
                latent.values_Chw.ravel(), [frames[0], frames[-1]], atol=1e-3
            )
            assert latent.carried > 0.999


@given(plans())
def test_runs_cover_each_frame_of_their_scene_in_one_direction(plan: Plan) -> None:
    for run in plan_runs(plan):
        scene = plan.scenes[run.whole.scene]
        assert scene[0] <= run.start < run.stop <= scene[1]
        seen = {run.whole.shot_index(i) for i in range(run.whole.length)}
        assert seen == set(range(run.start, run.stop))
        assert {w.reversed for w in run.windows} == {run.whole.reversed}


def test_neighbours_fade_over_the_latents_that_they_share() -> None:
    (run,) = plan_runs(plan_shot(57, []))  # 0-32 and 24-56: latents 7 and 8 are shared, 6 is not
    blender = LatentBlender(run)
    for value, window in enumerate(run.windows):
        one = np.full((1, 1, 1), value, np.float32)
        blender.add(window.position, [Latent(one, float(value))] * 9)
    values = [float(latent.values_Chw[0, 0, 0]) for latent in blender.ready()]
    fade = np.sin(np.pi / 2 * np.array([0.25, 0.75])) ** 2
    np.testing.assert_allclose(values, [0] * 7 + list(fade) + [1] * 6, atol=1e-6)


def test_latents_leave_as_soon_as_no_later_window_can_change_them() -> None:
    (run,) = plan_runs(plan_shot(97, []))
    blender = LatentBlender(run)
    given = []
    for window in run.windows:
        blender.add(window.position, latents_of(window))
        given.append(len(list(blender.ready())))
    assert given == [7, 6, 4, 8]  # the last window was moved back by 8 frames
