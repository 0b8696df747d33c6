"""Run a command and print its wall time, CPU time and peak memory as JSON; a process that imports little."""

import json
import resource
import subprocess
import sys
import time

NOT_CONVERGED = 5  # exit code of ``feebly run`` with all results written


def main() -> None:
    started = time.perf_counter()
    done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
    wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    answer = {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_gb": usage.ru_maxrss * unit / 1e9,
    }
    print(json.dumps(answer))
    sys.exit(0 if done.returncode in (0, NOT_CONVERGED) else done.returncode)


if __name__ == "__main__":
    main()
