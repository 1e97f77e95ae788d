"""Whoever runs the models is asked in front of each of their layers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from asking import Question, StepCounter, cancelled_at
from sparkvsr import CancelledError
from sparkvsr.engines.diffusion._questions import Questions

INPUT = torch.ones(2, 3)


def layers() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 3)))
    return model.requires_grad_(False)


def watched(model: nn.Module, **compiled: Any) -> Questions:
    questions = Questions()
    questions.watch(model, **compiled)
    return questions


def test_every_layer_asks_before_it_runs() -> None:
    model, counter = layers(), StepCounter()
    questions = watched(model)
    for module in model.modules():
        if not list(module.children()):
            module.register_forward_hook(counter.count)
    with questions.of(counter):
        model(INPUT)
    assert (counter.steps, counter.most) == (3, 1)


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_the_answer_stops_the_model_there_and_it_runs_again_afterwards(stop: int) -> None:
    model = layers()
    expected = model(INPUT)
    questions = watched(model)
    with cancelled_at(stop) as question, questions.of(question):
        model(INPUT)
    assert torch.equal(model(INPUT), expected)


def test_inside_another_run_the_inner_one_is_asked_and_then_the_outer_one_again() -> None:
    model = layers()
    questions = watched(model)
    outer, inner = Question(), Question(2)
    with questions.of(outer):
        model(INPUT)
        with pytest.raises(CancelledError), questions.of(inner):
            model(INPUT)
        model(INPUT)
    assert (outer.asked, inner.asked) == (6, 2)
    model(INPUT)  # nobody is asked any more
    assert (outer.asked, inner.asked) == (6, 2)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_what_is_compiled_is_one_step_and_stays_compiled() -> None:
    model, graphs = layers(), []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    expected = model(INPUT)
    inner = model[1]
    inner.forward = torch.compile(inner.forward, backend=backend)
    question = Question()
    questions = watched(model, compiled=(inner,))
    for _ in range(3):
        with questions.of(question):
            assert torch.equal(model(INPUT), expected)
    assert question.asked == 3 * 2
    assert len(graphs) == 1
    with cancelled_at(2) as late, questions.of(late):
        model(INPUT)


def test_weights_and_their_names_stay_the_same() -> None:
    model = layers()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    watched(model)
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
