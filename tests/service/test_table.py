from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

import wiretalk.service.table
import wiretalk.service.template
from wiretalk.errors import UsageError
from wiretalk.service import SERVICES, Service, make

NEEDED = {"exec": {"run": ["true"]}}
"""What a service cannot be made without."""


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_made_by_its_name(name):
    service = make(name, **NEEDED.get(name, {}))
    assert isinstance(service, Service)
    assert service.name == name
    assert (service.session is None) != (service.reply is None)
    assert repr(service) == f"<Service {name}>"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ecko", 'there is no service "ecko"; did you mean "echo"?'),
        ("zzzzzz", f'there is no service "zzzzzz"; there are {", ".join(SERVICES)}'),
    ],
)
def test_an_unknown_service_is_refused_with_the_nearest(name, sentence):
    with pytest.raises(UsageError) as refused:
        make(name)
    assert str(refused.value).splitlines()[0] == sentence


def test_a_service_without_options_takes_none():
    with pytest.raises(TypeError):
        make("echo", greet="hello")


@pytest.mark.parametrize("module", [wiretalk.service.table, wiretalk.service.template])
def test_the_examples_run(module):
    ran = doctest.testmod(module)
    assert ran.attempted
    assert not ran.failed


def test_finding_a_service_loads_no_other_and_no_loop():
    program = (
        "import sys, wiretalk.service; wiretalk.service.make('echo'); "
        "print(sorted(name for name in sys.modules if name.startswith('wiretalk.service.') or name == 'asyncio'))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "['wiretalk.service.base', 'wiretalk.service.echo', 'wiretalk.service.table']"
