"""Run a fragment of Python as the documentation shows it: `await` may stand outside of a function."""

import ast
import asyncio
import inspect
import sys

import wiretalk
import wiretalk.blocking

with open(sys.argv[1], encoding="utf-8") as shown:
    code = compile(shown.read(), sys.argv[1], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
main = eval(code, {"__name__": "__main__", "asyncio": asyncio, "wiretalk": wiretalk})
if inspect.iscoroutine(main):
    wiretalk.run(main)
