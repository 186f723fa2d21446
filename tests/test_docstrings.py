"""The examples in the docstrings are run."""

import doctest
import importlib
import pkgutil

import pytest

import fanecon.disclosure
import fanecon.metrics.attention
import fanecon.metrics.campaigns
import fanecon.metrics.hunters
import fanecon.metrics.sharing
import fanecon.stats

PACKAGES = (
    fanecon.disclosure, fanecon.stats, fanecon.metrics.attention, fanecon.metrics.campaigns, fanecon.metrics.hunters,
    fanecon.metrics.sharing,
)  # fmt: skip
MODULES = ["fanecon.results", "fanecon.schema", "fanecon.plots", *(
    f"{package.__name__}.{found.name}" for package in PACKAGES for found in pkgutil.iter_modules(package.__path__)
)]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_print(name):
    module = importlib.import_module(name)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in doctest.DocTestFinder(recurse=True).find(module, module.__name__):
        runner.run(example, out=told.append)
    assert runner.failures == 0, "".join(told)


@pytest.mark.parametrize("name", MODULES)
def test_a_section_of_examples_holds_an_example(name):
    module = importlib.import_module(name)
    found = doctest.DocTestFinder(exclude_empty=False).find(module, module.__name__)
    empty = [one.name for one in found if "Examples\n" in (one.docstring or "") and not one.examples]
    assert empty == []


def test_there_are_examples_to_run():
    finder = doctest.DocTestFinder()
    count = sum(len(t.examples) for name in MODULES for t in finder.find(importlib.import_module(name), name))
    assert count >= 4


def test_a_broken_example_is_found():
    runner, told = doctest.DocTestRunner(), list[str]()
    runner.run(doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "broken", None, 0), out=told.append)
    assert runner.failures == 1
