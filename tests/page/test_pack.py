# SPDX-License-Identifier: Apache-2.0
"""pack.py makes one page of its parts, and refuses parts that do not fit.

usage: test_pack.py PACK_PY
"""
import base64
import hashlib
import importlib.util
import pathlib
import re
import sys
import tempfile

HTML = "<style>@style@</style><script type=module>@script@</script>\n"
SOUND = {"index.html": HTML, "style.css": "p { margin: 0; }\n",
         "main.js": "import { one } from './one.js';\n\none();\n",
         "one.js": "export function one() {\n}\n"}

spec = importlib.util.spec_from_file_location("pack", sys.argv.pop(1))
pack = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pack)

sys.path.insert(0, str(pathlib.Path(__file__).parent / ".." / "agent"))
from agents import run_tests


def packed(**changed):
    """The page and its policy, of the sound parts with these changes."""
    with tempfile.TemporaryDirectory() as folder:
        parts = {**SOUND, **{name.replace("_", "."): text for name, text in changed.items()}}
        for name, text in parts.items():
            pathlib.Path(folder, name).write_text(text, encoding="utf-8")
        return pack.make_page(pathlib.Path(folder))


def refused(words, **changed):
    try:
        packed(**changed)
    except pack.Fault as fault:
        assert words in str(fault), fault
    else:
        raise AssertionError(f"not refused: {words}")


def what_is_needed_comes_first():
    page, _ = packed()
    assert page.index("function one") < page.index("one();"), page
    assert "import" not in page and "export" not in page, page


def the_policy_names_what_is_there():
    page, policy = packed()
    for tag in ("script", "style"):
        content = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", page, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy, policy
    assert packed(style_css="p { margin: 1px; }\n")[1] != policy


def bytes_of_c_are_those_of_the_page():
    page, policy = packed()
    text = pack.as_c(page, policy)
    numbers = re.search(r"\(const unsigned char\[\]\)\{(.*?)\}", text, re.S).group(1)
    assert bytes(int(n) for n in numbers.split(",") if n.strip()) == page.encode()
    assert f".size = {len(page.encode())}," in text and policy in text


def what_does_not_fit_is_refused():
    refused("a circle", one_js="import { two } from './main.js';\nexport function one() {\n}\n")
    refused("is not there", main_js="import { two } from './two.js';\ntwo();\n")
    refused("does not export", main_js="import { two } from './one.js';\ntwo();\n")
    refused("does not use it", main_js="import { one } from './one.js';\n")
    refused("nothing imports", two_js="export const two = 2;\n")
    refused("stands in", main_js="import { one } from './one.js';\nfunction one() {\n}\none();\n")
    refused("not understood", one_js="import './two.js';\nexport function one() {\n}\n")
    refused("closed in a text", one_js="export function one() {\n  return '</script>';\n}\n"
            "const x = '<script>';\n")
    refused("times", index_html="<style>@style@</style>\n")


run_tests([what_is_needed_comes_first, the_policy_names_what_is_there,
           bytes_of_c_are_those_of_the_page, what_does_not_fit_is_refused])
