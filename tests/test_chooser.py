"""The accelerator serves where it is, and where it is not the same package works without it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SHOW = """
from wiretalk import chooser
from wiretalk.framing import make
from wiretalk.framing.answering import new_answering
from wiretalk.transport.stream import StreamTransport
framing = make("line")
assert framing.feed(b"one\\ntw") == [b"one"]
print(chooser.speedups is not None)
for kind in (type(framing), type(new_answering(framing, bytes, None)), StreamTransport.__base__):
    print(kind.__module__, kind.__name__)
"""
IN_C = """\
True
wiretalk._speedups Line
wiretalk._speedups Answering
wiretalk._speedups Crossing
"""
IN_PYTHON = """\
False
wiretalk.framing.line Line
wiretalk.framing.answering Answering
wiretalk.transport.crossing Crossing
"""


def run(program, all_of=os.environ, **environment):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**all_of, **environment}
    ).stdout


@pytest.fixture
def accelerator(require):
    require(importlib.util.find_spec("wiretalk._speedups"), "the accelerator was not built")


@pytest.mark.parametrize("said", ["", "0"])
def test_it_serves_where_it_is(accelerator, said):
    assert run(SHOW, WIRETALK_PURE=said) == IN_C


@pytest.mark.parametrize("said", ["1", "yes"])
def test_the_environment_can_pass_it_over(said):
    assert run(SHOW, WIRETALK_PURE=said) == IN_PYTHON


def test_where_it_is_missing_python_serves():
    assert run(f"import sys; sys.modules['wiretalk._speedups'] = None\n{SHOW}", WIRETALK_PURE="") == IN_PYTHON


def test_it_is_loaded_when_something_is_framed_and_not_before():
    program = """if True:
        import sys
        import wiretalk, wiretalk.framing, wiretalk.cli
        print("wiretalk._speedups" in sys.modules, "wiretalk.chooser" in sys.modules)
    """
    assert run(program) == "False False\n"


# What follows installs the package from its sources, as a user's pip would. The copies are not to be counted with the
# lines of the sources.

NOT_COUNTED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


@pytest.fixture(scope="module")
def backend(require):
    require(importlib.util.find_spec("scikit_build_core"), "scikit-build-core is not installed")


def install(target, **environment):
    options = ["--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-index"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", target, ROOT]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=NOT_COUNTED | environment)
    assert done.returncode == 0, done.stderr


def shown_from(target):
    """Return what the package there shows, which is not the one in this source tree."""
    program = f"import sys; sys.path.insert(0, {str(target)!r})\n{SHOW}\nprint(chooser.__file__)"
    *lines, where = run(program, NOT_COUNTED, WIRETALK_PURE="").splitlines(keepends=True)
    assert where.startswith(str(target))
    return "".join(lines)


def has_the_librarys_sources(target):
    library = target / "wiretalk" / "libwiretalk"
    names = ("include/wiretalk.h", "src/error.c", "src/framing/line.c", "src/server/serve.c", "LICENSE")
    return all((library / name).is_file() for name in names)


def test_without_a_compiler_the_install_succeeds_on_python(backend, tmp_path):
    install(tmp_path, CC="/bin/false")
    assert shown_from(tmp_path) == IN_PYTHON
    assert has_the_librarys_sources(tmp_path)


def test_without_cmake_the_install_succeeds_on_python(backend, tmp_path):
    install(tmp_path / "installed", PATH=str(tmp_path), CMAKE_EXECUTABLE="")
    assert shown_from(tmp_path / "installed") == IN_PYTHON


@pytest.fixture(scope="module")
def built(backend, tmp_path_factory):
    """The folder of a source distribution and a wheel of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=NOT_COUNTED)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_is_for_every_later_python_and_the_accelerator_is_in_it(accelerator, built, tmp_path):
    (wheel,) = built.glob("*.whl")
    assert "-cp311-abi3-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    assert shown_from(tmp_path) == IN_C
    assert has_the_librarys_sources(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"wiretalk", f"{wheel.name.partition('-cp')[0]}.dist-info"}


def test_an_editable_install_is_a_path_and_the_accelerator_among_the_sources(accelerator, built, tmp_path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    program = "import sys; sys.path.insert(0, 'src/speedups'); import backend; backend.build_editable(sys.argv[1])"
    command = [sys.executable, "-c", program, tmp_path]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=source, env=NOT_COUNTED)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("wiretalk.pth").decode() == f"{source / 'src'}\n"
        assert {name.partition("/")[0].partition("-")[0] for name in archive.namelist()} == {"wiretalk.pth", "wiretalk"}
        assert not [name for name in archive.namelist() if name.startswith("wiretalk/")]
    assert shown_from(source / "src") == IN_C


def test_the_source_distribution_has_what_building_and_testing_take(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {"CMakeLists.txt", "c/CMakeLists.txt", "c/include/wiretalk.h", "c/src/framing/line.c"}
    assert names >= {"src/speedups/module.c", "vectors/line.json", "tests/framing/test_vectors.py", "Makefile"}
    assert not [name for name in names if name.endswith((".so", ".o", ".pyc")) or name.startswith((".venv", "build"))]
