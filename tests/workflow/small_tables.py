"""The smallest real tables: bremsstrahlung to mu mu, one or two masses in a block, 5% precision."""

import numpy as np

from feebly.workflow.choices import choose
from feebly.workflow.sampling import channel_setup
from feebly.workflow.store import TableStore
from feebly.workflow.tables import SamplingTask, obtain_samples

BLOCKS = ([0.3], [0.4], [0.5, 0.52], [0.7], [0.9], [1.2])


def small_setup(seed=1, state="mumu", **asked):
    choices = choose("dark-photon", channels=[state], production=["brems"], **asked)
    return channel_setup(choices, choices.production[0], state, seed)


def small_tasks(blocks=BLOCKS, **asked):
    setup = small_setup(**asked)
    return [SamplingTask(setup, np.array(masses), 0.05) for masses in blocks]


def cached_bytes(folder):
    """Content of every file below a cache folder, by relative path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class Lines(list):
    """A report that keeps its lines."""

    def __call__(self, line):
        self.append(line)


def obtain(folder, tasks, jobs=1, progress=None, report=lambda line: None):
    """Samples, and the indices of the tasks that were sampled and not read."""
    sampled = []
    samples = obtain_samples(tasks, TableStore(folder, report), jobs, progress, sampled)
    return samples, sampled
