"""The weights of the SparkVSR model on disk: fetch or import, find, check, remove.

Loads no tensor library.

from sparkvsr.weights import find_model, pull

model = find_model() or pull()
print(model.folder)      # a diffusers pipeline folder without text encoder and tokenizer
"""

from __future__ import annotations

from ._embedding import EMBEDDING_VARIABLE
from ._events import OnWeightsEvent, PullDone, PullStarted, Transferred, WeightsEvent
from ._files import EMBEDDING_FILE, ListedFile
from ._folders import DEFAULT_REPO, MODEL_VARIABLE, models_folder
from ._import import import_model
from ._list import WeightsList, read_list, weights_list, write_list
from ._models import Model, Problem, find_model, list_models, list_unfinished, remove, verify
from ._pull import pull

__all__ = [
    "DEFAULT_REPO",
    "EMBEDDING_FILE",
    "EMBEDDING_VARIABLE",
    "MODEL_VARIABLE",
    "ListedFile",
    "Model",
    "OnWeightsEvent",
    "Problem",
    "PullDone",
    "PullStarted",
    "Transferred",
    "WeightsEvent",
    "WeightsList",
    "find_model",
    "import_model",
    "list_models",
    "list_unfinished",
    "models_folder",
    "pull",
    "read_list",
    "remove",
    "verify",
    "weights_list",
    "write_list",
]
