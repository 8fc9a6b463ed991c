"""Autograding end to end with real nbgrader: instructor source, students' version, submissions, points.

Run by `npm run test:lab`, which sets PROBAND_LAB_PREFIX (where the kernel is installed).
"""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


class Nbgrader(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="proband-course-"))
        cls.course = cls.folder / "course"
        node = shutil.which("node")
        run([node, str(ROOT / "dist" / "cli" / "main.js"), "classroom", "init", str(cls.course)], ROOT)
        cls.nbgrader = [sys.executable, "-m", "nbgrader"]
        run([*cls.nbgrader, "generate_assignment", "week1"], cls.course)
        cls.released = json.loads((cls.course / "release" / "week1" / "week1.ipynb").read_text())
        cls.submit("ada", exercise2="const a = people.column(item); return a.filter((v) => v === value).length / a.length;")
        cls.submit("ben", exercise2="return 0;")
        run([*cls.nbgrader, "autograde", "week1"], cls.course)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def submit(cls, student, exercise2):
        notebook = json.loads(json.dumps(cls.released))
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            stub = source[source.index("// YOUR CODE HERE") :] if "// YOUR CODE HERE" in source else None
            if stub is None:
                continue
            if "shareOf" in source:
                lines = source.split("\n")
                cell["source"] = "\n".join([lines[0], exercise2, "}"])
            else:
                cell["source"] = 'const drawn = sampling.stratified(study, { by: "PID", n: 30, seed });'
        target = cls.course / "submitted" / student / "week1"
        target.mkdir(parents=True)
        (target / "week1.ipynb").write_text(json.dumps(notebook))

    def test_the_students_version_holds_neither_solutions_nor_hidden_tests(self):
        text = json.dumps(self.released)
        self.assertIn("YOUR CODE HERE", text)
        self.assertNotIn("BEGIN SOLUTION", text)
        self.assertNotIn("the seed is your own", text)

    def test_points(self):
        with sqlite3.connect(self.course / "gradebook.db") as gradebook:
            rows = gradebook.execute(
                """select student.id, sum(grade.auto_score) from grade
                   join submitted_notebook on grade.notebook_id = submitted_notebook.id
                   join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
                   join student on submitted_assignment.student_id = student.id group by student.id"""
            ).fetchall()
        self.assertEqual(dict(rows), {"ada": 5.0, "ben": 2.0})

    def test_checks_wrote_nothing_to_standard_error(self):
        graded = json.loads((self.course / "autograded" / "ada" / "week1" / "week1.ipynb").read_text())
        outputs = [o for c in graded["cells"] for o in c.get("outputs", [])]
        self.assertFalse([o for o in outputs if o.get("name") == "stderr"])
        self.assertTrue([o for o in outputs if "✓" in "".join(o.get("text", ""))])


if __name__ == "__main__":
    unittest.main()
