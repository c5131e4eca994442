"""Rules as data: which matches, which decides, and what travels."""

from __future__ import annotations

import json

import pytest
from cstudio_sync.rules import ANY_FOLDER, NO_RULES, Rule, Rules, compile


def rules(*given: Rule) -> Rules:
    return Rules.of(given)


NAME = Rule(ANY_FOLDER + "build", folders_only=True, pattern="build/")
SUFFIX = Rule(ANY_FOLDER + r"[^/]*\.pyc")
PREFIX = Rule(ANY_FOLDER + r"\.\#[^/]*")
GLOB = Rule(ANY_FOLDER + r"[^/]*\.sw[^/]")
ANCHORED = Rule("docs/(?:.*/)?[^/]*\\.html")
NESTED = Rule("out", base=b"a/b")


@pytest.mark.parametrize(
    ("rule", "path", "is_folder", "excluded"),
    [
        (NAME, b"build", True, True),
        (NAME, b"x/build", True, True),
        (NAME, b"build", False, False),
        (NAME, b"build/x", False, True),
        (NAME, b"rebuild", True, False),
        (SUFFIX, b"a.pyc", False, True),
        (SUFFIX, b".pyc", False, True),
        (SUFFIX, b"a/b.pyc", True, True),
        (SUFFIX, b"a.pyc/b", False, True),
        (SUFFIX, b"apyc", False, False),
        (PREFIX, b"x/.#f", False, True),
        (PREFIX, b"x/.f", False, False),
        (GLOB, b"x/.f.swp", False, True),
        (GLOB, b"x.sw/p", False, False),
        (ANCHORED, b"docs/a/b/x.html", False, True),
        (ANCHORED, b"x/docs/x.html", False, False),
        (NESTED, b"a/b/out", False, True),
        (NESTED, b"a/b/out/deep", False, True),
        (NESTED, b"out", False, False),
        (NESTED, b"a/bb/out", False, False),
        (NESTED, b"a/b/c/out", False, False),
    ],
)
def test_one_rule(rule: Rule, path: bytes, is_folder: bool, excluded: bool) -> None:
    matcher = compile(rules(rule))
    assert matcher.excluded(path, is_folder) == excluded
    decides = matcher.deciding_rule(path, is_folder)
    assert decides == (rule if excluded else None)


def test_the_last_match_decides() -> None:
    keep = Rule(ANY_FOLDER + r"keep\.pyc", exclude=False)
    matcher = compile(rules(SUFFIX, keep))
    assert matcher.excluded(b"a.pyc", False)
    assert not matcher.excluded(b"keep.pyc", False)
    assert matcher.deciding_rule(b"keep.pyc", False) == keep
    assert compile(rules(keep, SUFFIX)).excluded(b"keep.pyc", False)


def test_nothing_comes_back_from_an_excluded_folder() -> None:
    matcher = compile(rules(NAME, Rule(ANY_FOLDER + "x", exclude=False)))
    assert matcher.excluded(b"build/x", False)
    assert matcher.deciding_rule(b"build/x", False) == NAME
    assert not matcher.excludes_child(b"build/x", False), "the caller knows the parent"


def test_a_deeper_rule_decides_for_its_own_folder_alone() -> None:
    keep = Rule(r"[^/]*\.pyc", exclude=False, base=b"a")
    matcher = compile(rules(SUFFIX, keep))
    assert [matcher.excluded(path, False) for path in (b"x.pyc", b"a/x.pyc", b"b/x.pyc")] == [
        True,
        False,
        True,
    ]


def test_the_engines_own_names_take_no_part_whatever_the_rules() -> None:
    everything_back = Rule(".*", exclude=False)
    for given in (NO_RULES, rules(everything_back)):
        assert compile(given).excluded(b"d/.cstudio-tmp-1", False)
        assert compile(given).excluded(b".cstudio-tmp-1/x", False)


def test_the_root_is_never_excluded() -> None:
    assert not compile(rules(Rule(".*"))).excluded(b"", True)


def test_names_are_bytes() -> None:
    matcher = compile(rules(Rule(ANY_FOLDER + "\xff[^/]"), Rule(ANY_FOLDER + "\xc3\xa9")))
    assert matcher.excluded(b"d/\xff\xfe", False)
    assert matcher.excluded("é".encode(), False)


def test_rules_travel_as_json() -> None:
    sent = rules(NAME, GLOB, Rule("\xff", base=b"\xfe/d", source="x:1"))
    assert Rules.from_dict(json.loads(json.dumps(sent.to_dict()))) == sent


@pytest.mark.parametrize(
    "values",
    [{}, {"version": "1"}, {"version": "1", "rules": [["x"]]}, {"version": "", "rules": 3}],
)
def test_what_is_no_rules_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no rules"):
        Rules.from_dict(values)


def test_a_broken_expression_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        compile(rules(Rule("(")))


def test_the_version_stands_for_what_is_matched() -> None:
    assert rules(NAME).version == rules(NAME._replace(pattern="other")).version
    assert rules(NAME).version != rules(NAME._replace(folders_only=False)).version
    assert rules(NAME, SUFFIX).version != rules(SUFFIX, NAME).version
