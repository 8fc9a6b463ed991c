"""The official Python openai client against `proband serve` (the script of test/reference/simulation, run with this Python)."""

import pathlib
import subprocess
import sys
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "reference" / "simulation" / "python_client.py"


class OpenAIClient(unittest.TestCase):
    def test_scripted_session(self):
        done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
