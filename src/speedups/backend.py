"""The build backend: scikit-build-core's, but for editable installs, which are a path and the accelerator beside it.

scikit-build-core's own editable installs load a finder at every start of every program of the environment, which takes
a millisecond. Here a .pth names the sources, and CMakeLists.txt leaves the accelerator among them.
"""

from __future__ import annotations

import glob
import os

from scikit_build_core.build import (
    build_sdist,
    build_wheel,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]


def get_requires_for_build_editable(config_settings: dict[str, str | list[str]] | None = None) -> list[str]:
    """Return what building takes beside this; see PEP 660."""
    return get_requires_for_build_wheel(config_settings)


def build_editable(
    wheel_directory: str,
    config_settings: dict[str, str | list[str]] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel of an editable install; return its name; see PEP 660."""
    # One of before would be older than the sources, should it not be built now.
    for before in glob.glob("src/wiretalk/_speedups.*so"):
        os.remove(before)
    os.makedirs("build", exist_ok=True)
    with open("build/wiretalk.pth", "w", encoding="utf-8") as file:
        file.write(f"{os.path.abspath('src')}\n")
    # The settings for it are in pyproject.toml.
    os.environ["WIRETALK_EDITABLE"] = "1"
    return build_wheel(wheel_directory, config_settings, metadata_directory)
