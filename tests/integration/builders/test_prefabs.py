"""Large programs are prepared once; what is missing for that is said before anything is done."""

from __future__ import annotations

from pathlib import Path

from cstudiod.builders import places
from cstudiod.builders.docker.prefabs import Prefabs, Prepared
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import Prefab
from cstudiod.model.builds import BuildFailure

CODE_SERVER = Prefab(name="code-server")


def prefabs(folder: Path, path: str = "/nowhere") -> Prefabs:
    """Return prefabs on a machine without any tool."""
    return Prefabs(folder, BuildSettings(code_server="1.2.3"), {"PATH": path})


async def test_missing_tools_are_named_together(tmp_path: Path) -> None:
    """With what to install; nothing is left."""
    told = [item async for item in prefabs(tmp_path).prepare(CODE_SERVER)]
    assert len(told) == 1
    assert isinstance(told[0], BuildFailure)
    assert "npm" in told[0].message
    assert "g++" in told[0].message
    assert "apt-get install" in told[0].next
    assert [one for one in tmp_path.iterdir() if one.is_dir()] == []


async def test_what_was_prepared_is_taken_as_it_is(tmp_path: Path) -> None:
    """Nothing is asked for, nothing is run; an unfinished one does not count."""
    made = prefabs(tmp_path)
    folder = made.folder(CODE_SERVER)
    folder.mkdir()
    told = [item async for item in made.prepare(CODE_SERVER)]
    assert isinstance(told[-1], BuildFailure)
    folder.mkdir()
    places.complete(folder, made.made_of(CODE_SERVER))
    told = [item async for item in made.prepare(CODE_SERVER)]
    assert told == [Prepared(prefab=CODE_SERVER, folder=folder)]


async def test_versions_do_not_share_a_folder(tmp_path: Path) -> None:
    """And each is another input of an image."""
    made = prefabs(tmp_path)
    older = Prefab(name="code-server", version="1.0.0")
    assert made.folder(older) != made.folder(CODE_SERVER)
    assert made.made_of(older) != made.made_of(CODE_SERVER)
    same = Prefab(name="code-server", version="1.2.3")
    assert made.made_of(same) == made.made_of(CODE_SERVER)


async def test_a_program_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """By its name."""
    told = [item async for item in prefabs(tmp_path).prepare(Prefab(name="rstudio"))]
    assert isinstance(told[0], BuildFailure)
    assert "rstudio" in told[0].message
