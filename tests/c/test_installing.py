"""Installed, by make or by CMake, the library is found by whoever looks for it, and shows what it should."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from .building import ROOT, C, environment, run

pytestmark = pytest.mark.timeout(600)

PROGRAM = """\
#include <stdio.h>
#include <wiretalk.h>

int main(void) {
  wt_framing framing;
  char wire[16];
  if (wt_framing_parse(&framing, "netstring", 0, NULL) != 0) {
    return 1;
  }
  printf("%.*s", (int)wt_encode(&framing, "hello", 5, wire, sizeof wire), wire);
  return 0;
}
"""
PROJECT = """\
cmake_minimum_required(VERSION 3.16)
project(program C)
{library}
add_executable(program program.c)
target_link_libraries(program PRIVATE {target})
"""


@pytest.fixture
def program(tmp_path):
    """A folder with a program that uses the library."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "program.c").write_text(PROGRAM, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def by_make(made, tmp_path_factory):
    """Where make has installed it."""
    prefix = tmp_path_factory.mktemp("by-make")
    made("library", "install", PREFIX=prefix)
    return prefix


@pytest.fixture(scope="session")
def by_cmake(tool, c_compiler, tmp_path_factory):
    """Where CMake has installed it."""
    tool("cmake")
    assert c_compiler
    folder = tmp_path_factory.mktemp("build")
    prefix = tmp_path_factory.mktemp("by-cmake")
    run(
        [
            "cmake",
            "-S",
            C,
            "-B",
            folder,
            f"-DCMAKE_INSTALL_PREFIX={prefix}",
            "-DWIRETALK_WERROR=ON",
            "-DCMAKE_BUILD_TYPE=Debug",
        ]
    )
    run(["cmake", "--build", folder, "-j", str(os.cpu_count())])
    run(["cmake", "--install", folder])
    return prefix


def through_pkg_config(prefix, folder, *more):
    """Compile the program as somebody does who asks pkg-config."""
    asked = environment() | {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run(["pkg-config", "--cflags", "--libs", *more, "wiretalk"], env=asked).split()
    run(["cc", "-std=c99", "-o", folder / "program", folder / "program.c", *flags])
    return run([folder / "program"], env=environment() | {"LD_LIBRARY_PATH": str(prefix / "lib")})


@pytest.mark.parametrize("installed", ["by_make", "by_cmake"])
def test_pkg_config(installed, request, tool, program):
    tool("pkg-config")
    assert through_pkg_config(request.getfixturevalue(installed), program) == "5:hello,"


@pytest.mark.parametrize("installed", ["by_make", "by_cmake"])
def test_the_same_files_are_there(installed, request):
    prefix = request.getfixturevalue(installed)
    version = re.search(r'WT_VERSION "(.*)"', (C / "include/wiretalk.h").read_text()).group(1)
    series = version.rpartition(".")[0]
    names = {"libwiretalk.a", "libwiretalk.so", f"libwiretalk.so.{series}", f"libwiretalk.so.{version}", "pkgconfig"}
    assert set(os.listdir(prefix / "lib")) - {"cmake"} == names
    assert os.listdir(prefix / "include") == ["wiretalk.h"]
    pc = (prefix / "lib/pkgconfig/wiretalk.pc").read_text(encoding="utf-8")
    assert f"Version: {version}\n" in pc
    assert "@" not in pc
    assert f"SONAME               libwiretalk.so.{series}" in run(["objdump", "-p", prefix / "lib/libwiretalk.so"])


@pytest.mark.parametrize("installed", ["by_make", "by_cmake"])
def test_the_shared_library_shows_the_public_names_and_no_other(installed, request, tool):
    tool("nm")
    library = request.getfixturevalue(installed) / "lib/libwiretalk.so"
    shown = {line.split()[-1] for line in run(["nm", "-D", "--defined-only", library]).splitlines()}
    header = (C / "include/wiretalk.h").read_text(encoding="utf-8")
    assert shown == set(re.findall(r"^WT_API [^(]*?(wt_\w+)\(", header, re.MULTILINE))


def test_destdir_puts_it_elsewhere_for_a_package(made, tmp_path):
    made("library", "install", DESTDIR=tmp_path, PREFIX="/usr", LIBDIR="/usr/lib/here")
    assert (tmp_path / "usr/lib/here/libwiretalk.a").exists()
    assert (tmp_path / "usr/include/wiretalk.h").exists()
    assert "libdir=/usr/lib/here\n" in (tmp_path / "usr/lib/here/pkgconfig/wiretalk.pc").read_text(encoding="utf-8")


def through_cmake(folder, library, target, *words):
    """Build the program with CMake, and run it."""
    (folder / "CMakeLists.txt").write_text(PROJECT.format(library=library, target=target), encoding="utf-8")
    run(["cmake", "-S", folder, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Debug", *words])
    run(["cmake", "--build", folder / "build", "--target", "program", "-j", str(os.cpu_count())])
    return run([folder / "build/program"])


@pytest.mark.parametrize("target", ["wiretalk::wiretalk", "wiretalk::static", "wiretalk::shared"])
def test_find_package(target, by_cmake, program):
    said = through_cmake(program, "find_package(wiretalk 0.1 REQUIRED)", target, f"-DCMAKE_PREFIX_PATH={by_cmake}")
    assert said == "5:hello,"


def test_find_package_knows_the_version(by_cmake, program):
    with pytest.raises(AssertionError, match="requested version"):
        through_cmake(
            program, "find_package(wiretalk 0.99 REQUIRED)", "wiretalk::wiretalk", f"-DCMAKE_PREFIX_PATH={by_cmake}"
        )


FETCHED = f"""\
include(FetchContent)
FetchContent_Declare(wiretalk SOURCE_DIR {ROOT} SOURCE_SUBDIR c)
FetchContent_MakeAvailable(wiretalk)
"""


@pytest.mark.parametrize("library", [f"add_subdirectory({C} wiretalk)", FETCHED], ids=["subdirectory", "fetched"])
def test_as_a_part_of_another_build(library, tool, c_compiler, program):
    tool("cmake")
    assert c_compiler
    assert through_cmake(program, library, "wiretalk::wiretalk") == "5:hello,"


def test_ctest(tool, c_compiler, tmp_path):
    tool("cmake")
    assert c_compiler
    run(["cmake", "-S", C, "-B", tmp_path, "-DWIRETALK_TESTS=ON", "-DCMAKE_BUILD_TYPE=Debug"])
    run(["cmake", "--build", tmp_path, "--target", "error_test", "framing-line_test", "-j", str(os.cpu_count())])
    assert "100% tests passed, 0 tests failed out of 2" in run(
        ["ctest", "-R", "^(error|framing-line)_test$"], cwd=tmp_path
    )


def test_an_install_can_be_moved_into_place(by_cmake, tmp_path):
    """What find_package reads names no folder of the machine that built it."""
    moved = tmp_path / "moved"
    shutil.copytree(by_cmake, moved, symlinks=True)
    for path in (moved / "lib/cmake/wiretalk").iterdir():
        assert str(by_cmake) not in path.read_text(encoding="utf-8")
