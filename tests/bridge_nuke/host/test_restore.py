"""A restoration from the button to the node's output, with the real agent and daemon."""

from __future__ import annotations

import numpy as np

from artist import FIRST, LAST, Artist


def test_the_result_comes_back_with_the_keyframes_in_it(artist: Artist) -> None:
    before = artist.state()
    artist.restore()
    assert artist.status.startswith("Done: v001, 6 frames in ")
    assert artist.said == []
    assert artist.state() == {**before, "modified": True}
    for frame in range(FIRST, LAST + 1):
        given, plate = artist.picture(frame), artist.picture(frame, artist.plate)
        np.testing.assert_array_equal(given.planes["rgba.alpha"], plate.planes["rgba.alpha"])
        if frame in (1002, 1005):
            key = artist.picture(frame, artist.keys)
            for name, plane in key.planes.items():
                np.testing.assert_array_equal(given.planes[name], plane)
        else:
            assert np.abs(given.planes["rgba.green"] - plate.planes["rgba.green"]).max() > 0.5
