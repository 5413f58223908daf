"""Code for a child process, which prints its own peak memory in bytes; added to what it runs."""

from __future__ import annotations

PRINT_PEAK = """
import resource, sys
from pathlib import Path
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
try:  # Linux counts the parent's peak before exec into ru_maxrss
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
except (OSError, IndexError):
    pass
print(peak)
"""
