"""What tests need of the machine: `make browser` installs what is printed, and reads what no package brings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_only_packages_are_there_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.plugins.needs"],
        cwd=ROOT, env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.endswith("poppler-utils qpdf\n")
    assert done.stderr.startswith("Tests that need mount will not run: only root with CAP_SYS_ADMIN")
    assert done.stderr.count("\n") == 1
