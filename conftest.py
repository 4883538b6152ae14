"""What holds for every test, wherever it lies."""

import os
import signal

# A shell starts what it puts in the background with SIGINT ignored, and programs hand that on. The
# tests that interrupt a program of ours must not depend on how they were started themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests choose their own engine; a key that a developer has set must never be spent by them.
for _name in [name for name in os.environ if name.startswith("GEMINI_")]:
    del os.environ[_name]
