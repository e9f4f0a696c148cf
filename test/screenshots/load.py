"""Programs whose fsyncs and failed opens come and go, for the pictures of the status page."""

import ctypes
import math
import os
import random
import sys
import time

folder = sys.argv[1]
libc = ctypes.CDLL(None)


def be(name):
    """Takes a name, and ends with the parent (PR_SET_NAME, PR_SET_PDEATHSIG)."""
    libc.prctl(15, name.encode(), 0, 0, 0)
    libc.prctl(1, 15, 0, 0, 0)
    random.seed(name)


def sync(name):
    with open(os.path.join(folder, name + ".dat"), "wb") as file:
        start = time.monotonic()
        while True:
            passed = time.monotonic() - start
            heavy = name == "postgres" and math.sin(passed / 400) > 0.2
            file.seek(0)
            file.write(os.urandom(4096 * random.choice((1, 1, 2, 8, 400 if heavy else 4))))
            file.flush()
            os.fsync(file.fileno())
            time.sleep(0.2 + 0.15 * math.sin(passed / 150))


def open_nothing(most):
    start = time.monotonic()
    while True:
        for _ in range(int(most * (1.2 + math.sin((time.monotonic() - start) / 300) + 0.3 * random.random()))):
            try:
                os.open("/nonexistent", 0)
            except OSError:
                pass
        time.sleep(0.5)


for program, work, argument in (
    ("postgres", sync, "postgres"),
    ("etcd", sync, "etcd"),
    ("php-fpm", open_nothing, 300),
    ("node", open_nothing, 60),
    ('x<b>"\u202ehidden', open_nothing, 60),
):
    if os.fork() == 0:
        be(program)
        work(argument)
while True:
    time.sleep(1)
