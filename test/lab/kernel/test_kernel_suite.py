"""The public jupyter_kernel_test suite, 12 of 12. Run by `npm run test:lab kernel`, or by hand, with the kernel
installed (`proband install --prefix PREFIX`): PROBAND_LAB_PREFIX=PREFIX python test/lab/kernel/test_kernel_suite.py -v
"""

import os
import sys
import unittest

prefix = os.environ.get("PROBAND_LAB_PREFIX")
if prefix:
    os.environ["JUPYTER_PATH"] = os.path.join(prefix, "share", "jupyter")
# A history of its own, so that "the last n" are the suite's.
import tempfile

os.environ["PROBAND_HISTORY"] = os.path.join(tempfile.mkdtemp(), "history.jsonl")

import jupyter_kernel_test


class ProbandKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "proband"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('test')"
    completion_samples = [
        {"text": "JSON.strin", "matches": {"stringify"}},
        {"text": "Number.MAX_SAFE", "matches": {"MAX_SAFE_INTEGER"}},
    ]
    complete_code_samples = ["1", "console.log('a')", "function f() { return 1 }", "const x: number = 3;\nx", "`a\nb`"]
    incomplete_code_samples = ["function f() {", "const x = (", "[1, 2", "`a", "if (true) {\n  f(", "/* comment"]
    invalid_code_samples = ["let = = 3", "function ) {", "x y z"]
    code_page_something = "Math.max?"
    code_generate_error = "throw new Error('expected')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "[1, 2, 3].map((x) => x * 2)", "result": "[ 2, 4, 6 ]"},
        {"code": "({ a: 'b' })", "result": "{ a: 'b' }"},
    ]
    code_display_data = [
        {"code": "import { display as d } from 'tslab'; d.html('<b>x</b>')", "mime": "text/html"},
        {"code": "import * as k from 'proband/kernel'; k.display(k.markdown('**x**'))", "mime": "text/markdown"},
        {"code": "import { display as e } from 'tslab'; e.png(new Uint8Array([137, 80, 78, 71]))", "mime": "image/png"},
    ]
    code_history_pattern = "6 * ?"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "JSON.stringify"
    code_clear_output = "import { clear } from 'proband/kernel'; clear()"


del jupyter_kernel_test

if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}")
    unittest.main()
