"""A text into vectors. The modules, in the order of what happens:

begin       draws, huffman, tables, start, memory_plan
a step      blocks, step_plan, step, worker
epochs      schedule, epoch, held_out, run, passes, trainer
in rounds   rounds, changes, shard_trainer, crew, merging, round_passes
kept        checkpoint_file, checkpoint_state, run_record, run_folder, run_entry,
            run_description, checkpoints
told        progress, callbacks, onlookers, narration
given back  verdict, outcome, report, fitted, model_about, model_file
asked       likelihood, answers, estimator
measured    throughput
"""

from w2v.training import throughput
from w2v.training.answers import Answers, UnderWay
from w2v.training.callbacks import Callback, EarlyStopping, checked
from w2v.training.changes import Changes, packed, unpacked
from w2v.training.checkpoint_state import MAY_CHANGE, beginning
from w2v.training.checkpoints import Checkpoints, Every
from w2v.training.crew import Crew, Here, Joint
from w2v.training.draws import INITIAL, stream_key
from w2v.training.estimator import Estimator
from w2v.training.fitted import Fitted, fitted_of
from w2v.training.held_out import trained_part
from w2v.training.huffman import HuffmanTree, ranks_near_in_text
from w2v.training.likelihood import Likelihood
from w2v.training.merging import Meetings, Merge
from w2v.training.model_file import load_model, save_model
from w2v.training.narration import Narration, narrating
from w2v.training.outcome import Trained
from w2v.training.progress import Progress
from w2v.training.report import training_report
from w2v.training.rounds import Rounds, Shard
from w2v.training.run_description import describe_run, is_run, name_run
from w2v.training.run_entry import check_new_run, known_run, new_run
from w2v.training.run_folder import RunFolder
from w2v.training.schedule import epochs_for
from w2v.training.shard_trainer import Both, Result, ShardTrainer, Task
from w2v.training.start import (
    FRESH,
    Pretrained,
    Start,
    check_same,
    continue_from,
    with_frozen,
    word_list,
)
from w2v.training.step_plan import rows_met, step_shape
from w2v.training.trainer import Trainer

__all__ = [
    "Here",
    "Joint",
    "Meetings",
    "Merge",
    "packed",
    "unpacked",
    "FRESH",
    "MAY_CHANGE",
    "Answers",
    "Both",
    "Callback",
    "Changes",
    "Checkpoints",
    "Crew",
    "EarlyStopping",
    "Estimator",
    "Every",
    "Fitted",
    "HuffmanTree",
    "INITIAL",
    "Likelihood",
    "Narration",
    "Pretrained",
    "Progress",
    "Result",
    "Rounds",
    "RunFolder",
    "Shard",
    "ShardTrainer",
    "Start",
    "Task",
    "Trained",
    "Trainer",
    "UnderWay",
    "beginning",
    "check_new_run",
    "check_same",
    "checked",
    "continue_from",
    "describe_run",
    "epochs_for",
    "fitted_of",
    "is_run",
    "known_run",
    "load_model",
    "name_run",
    "narrating",
    "new_run",
    "ranks_near_in_text",
    "rows_met",
    "save_model",
    "step_shape",
    "stream_key",
    "throughput",
    "trained_part",
    "training_report",
    "with_frozen",
    "word_list",
]
