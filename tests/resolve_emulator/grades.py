"""Grades as data: nodes with a gain and an offset for each channel, and what owns them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Triple = tuple[float, float, float]


@dataclass
class Node:
    """out = in · gain + offset, per channel."""

    gain: Triple = (1.0, 1.0, 1.0)
    offset: Triple = (0.0, 0.0, 0.0)
    label: str = ""
    lut: str = ""
    tools: list[str] = field(default_factory=list)
    enabled: bool = True

    @property
    def neutral(self) -> bool:
        return self.gain == (1.0, 1.0, 1.0) and self.offset == (0.0, 0.0, 0.0)


@dataclass
class Grade:
    """A node graph; `number` is what pictures say of it, 0 of one that changes nothing."""

    number: int = 0
    nodes: list[Node] = field(default_factory=lambda: [Node()])

    @property
    def seen(self) -> int:
        return self.number if any(n.enabled and not n.neutral for n in self.nodes) else 0

    def apply(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """On a picture H W 3."""
        for node in self.nodes:
            if node.enabled and not node.neutral:
                gain, offset = (np.array(v, np.float32) for v in (node.gain, node.offset))
                picture = picture * gain + offset
        return picture

    def reset(self) -> None:
        self.number, self.nodes = 0, [Node()]


@dataclass
class GradeVersion:
    """A version of a clip's grade.

    Attributes:
        kind: 0 local, 1 remote.
        layers: of the node stack, the first is the lowest.
    """

    name: str
    kind: int
    layers: list[Grade] = field(default_factory=lambda: [Grade()])


@dataclass(eq=False)
class ColorGroup:
    uid: str
    name: str
    pre: Grade = field(default_factory=Grade)
    post: Grade = field(default_factory=Grade)
