"""The project keeps its shape: small files, known rooms, one place that commits, nothing left open."""

from __future__ import annotations

from tests.architecture.tree import by_walking, files, places, project_files, text_of

TOP_LEVEL = {
    ".ci", ".dockerignore", ".gitignore", ".npmrc",
    "CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "docker-compose.yml",
    "hatch_build.py", "package-lock.json", "package.json", "pyproject.toml",
    "bench", "docker", "docs", "postcards", "requirements", "templates", "tests", "typefaces", "workers",
}  # fmt: skip
MOST_LINES = 400
PYTHON_WE_SHIP = [name for room in ("postcards", "workers") for name in files(".py", under=room)]
TESTS = files(".py", under="tests")


def test_nothing_new_stands_at_the_top() -> None:
    assert {name.parts[0] for name in project_files()} <= TOP_LEVEL


def test_without_git_the_same_files_are_looked_at() -> None:
    """A release has no git; the fallback that reads it must miss nothing."""
    assert set(project_files()) <= set(by_walking())


def test_no_file_is_too_long_to_read() -> None:
    long = {
        str(name): lines
        for name in files(".py", ".js", ".mjs", ".css", ".html")
        if "migrations" not in name.parts and (lines := text_of(name).count("\n")) > MOST_LINES
    }
    assert not long


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    assert not [str(name) for name in files(".py", ".js") if empty_words & {*name.parts, name.stem}]


def test_every_module_opens_with_what_it_promises() -> None:
    silent = [
        str(name) for name in PYTHON_WE_SHIP if text_of(name).strip() and not _opens_with_words(text_of(name))
    ]
    assert not silent


def _opens_with_words(text: str) -> bool:
    return text.lstrip().startswith(('"""', 'r"""'))


def test_only_db_commits() -> None:
    elsewhere = [
        n for n in PYTHON_WE_SHIP if n.as_posix() != "postcards/db.py" and "migrations" not in n.parts
    ]
    assert not places(r"\.commit\(\)", elsewhere)


def test_nothing_is_left_open() -> None:
    open_ends = r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|NotImplemented" r"Error"
    assert not places(open_ends, files(".py", ".js", ".mjs", ".css", ".html"))


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    names = [name for name in TESTS if "plugins" not in name.parts]
    assert not places(r"mark\.(skip|xfail)|pytest\.(skip|xfail|importorskip)\(", names)


def test_no_test_patches_our_own_code() -> None:
    ours = r"\(\s*[\"']?(postcards|workers)\b"
    patching = rf"monkeypatch\.setattr{ours}|\bpatch(\.object)?{ours}"
    assert not places(patching, TESTS)


def test_the_project_speaks_only_of_itself() -> None:
    """Neither the papers it was made from, nor the machine, nor a registry: a clone has none of them."""
    papers = r"\bsha" r"red/|\b(DESIGN|CONTRACT|POSTAL|LIBRARIES)(\.md\b| ?§| section)"
    machine = r"/work/(ma" r"in|sha" r"red)|/ro" r"ot/|/opt/(py" r"pi|wheels)"
    registries = r"py" r"pi\.org|pythonho" r"sted|registry\.np" r"mjs|deb\.deb" r"ian\.org"
    makers = r"(?i)\b(cla" r"ude|chat" r"gpt|anth" r"ropic|open" r"ai)\b"
    names = [
        name
        for name in project_files()
        if name.suffix not in {".png", ".ico", ".mo", ".lock", ".ttf", ".webp"}
    ]
    assert not places("|".join(f"(?:{p})" for p in (papers, machine, registries)), names)
    assert not places(makers, names)
