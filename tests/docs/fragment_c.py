"""Compile a fragment of C as the documentation shows it: with warnings as errors, and the sanitizers watching."""

from __future__ import annotations

import shutil

from tests.c.building import KEPT, ROOT, C, make, run

AROUND = """\
#include "wiretalk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shown(wt_connection *connection) {
  wt_message message = {0};
  wt_error error = {0};
  (void)connection, (void)message, (void)error;
#line 1 "shown"
%s
  return 0;
}

int main(void) {
  const char *address = "%s";
  wt_connection *connection = NULL;
  wt_error error;
  if (address[0] != '\\0' && wt_connect(&connection, address, NULL, &error) < 0) {
    return puts(error.text), 1;
  }
  int status = shown(connection);
  wt_close(connection);
  return status;
}
"""
FLAGS = ("-std=c99", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-pthread")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
CLONED = ("LICENSE", "c", "vectors")


def compile_shown(text, address, place, number):
    """Return the path of the program that a block of C is: whole, or what stands within a function.

    Args:
        text: the C.
        address: where its `connection` leads, "" for nowhere.
        place: where it is put.
        number: for its name.
    """
    library = KEPT / "checked/checked/libwiretalk.a"
    make("checked", library)
    source, program = place.path(f"fragment{number}.c"), place.path(f"fragment{number}")
    source.write_text(text if "int main(" in text else AROUND % (text, address), encoding="utf-8")
    run(["cc", *FLAGS, *SANITIZERS, f"-I{C / 'include'}", "-o", program, source, library])
    return program


def clone(folder):
    """Put there what C needs of the repository, as a clone of it has it."""
    folder.mkdir()
    for name in CLONED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("build", "dist"))
        else:
            shutil.copy(ROOT / name, folder / name)
