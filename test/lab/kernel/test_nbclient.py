"""nbclient with this kernel: no line of output is lost, and every notebook of the repository runs. Run by
`npm run test:lab kernel`, or by hand: PROBAND_LAB_PREFIX=PREFIX python test/lab/kernel/test_nbclient.py -v
"""

import glob
import os
import unittest

prefix = os.environ.get("PROBAND_LAB_PREFIX")
if prefix:
    os.environ["JUPYTER_PATH"] = os.path.join(prefix, "share", "jupyter")
os.environ["PROBAND_HISTORY"] = ""

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def run(*cells, **options):
    notebook = new_notebook(cells=[new_code_cell(c) for c in cells])
    NotebookClient(notebook, kernel_name="proband", timeout=120, **options).execute()
    return notebook


class Nbclient(unittest.TestCase):
    def test_five_thousand_lines(self):
        notebook = run("for (let i = 0; i < 5000; i++) console.log('line ' + i)")
        text = "".join(o["text"] for o in notebook.cells[0].outputs)
        self.assertEqual(text, "".join(f"line {i}\n" for i in range(5000)))

    def test_asynchronous_lines(self):
        code = "for (let i = 0; i < 5000; i++) { console.log('line ' + i); if (i % 100 === 0) await new Promise((r) => setTimeout(r, 1)); }"
        notebook = run(code)
        text = "".join(o["text"] for o in notebook.cells[0].outputs)
        self.assertEqual(text.count("\n"), 5000)

    def test_error_stops_and_names_the_line(self):
        with self.assertRaises(CellExecutionError) as caught:
            run("const a = 1", "const b = 2\nthrow new RangeError('too far')", "never")
        self.assertIn("RangeError", str(caught.exception))
        self.assertIn("Cell [2]:2:7", str(caught.exception))

    def test_results_and_displays_in_order(self):
        notebook = run("console.log('first'); display({ a: 1 }); console.log('second'); 3")
        kinds = [o["output_type"] for o in notebook.cells[0].outputs]
        self.assertEqual(kinds, ["stream", "display_data", "stream", "execute_result"])

    def test_every_notebook_of_the_repository(self):
        found = [
            f
            for f in sorted(glob.glob(os.path.join(root, "notebooks", "**", "*.ipynb"), recursive=True))
            if ".ipynb_checkpoints" not in f and not f.endswith((".run.ipynb", ".clean.ipynb"))
        ]
        self.assertTrue(found)
        for path in found:
            with self.subTest(notebook=os.path.relpath(path, root)):
                notebook = nbformat.read(path, as_version=4)
                # A notebook that shows an error on purpose says so in its cell's tags.
                NotebookClient(
                    notebook,
                    kernel_name="proband",
                    timeout=600,
                    resources={"metadata": {"path": os.path.dirname(path)}},
                ).execute()


if __name__ == "__main__":
    unittest.main()
