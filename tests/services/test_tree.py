"""Nothing outside of the served path is ever opened, whatever the names and links say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from synfin.services.tree import Tree


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    public = tmp_path / "public"
    (public / "sub").mkdir(parents=True)
    (public / "a.txt").write_text("a")
    (public / "sub" / "b.txt").write_text("b")
    (public / "inside").symlink_to("sub/b.txt")
    (public / "outside").symlink_to("../secret.txt")
    (public / "absolute").symlink_to(tmp_path / "secret.txt")
    (public / "up").symlink_to("..")
    (tmp_path / "publicity").mkdir()
    (tmp_path / "publicity" / "c.txt").write_text("c")
    os.mkfifo(public / "pipe")
    return public


def content(tree: Tree, path: Path) -> bytes:
    file = tree.open(tree.resolve(str(path), "/x"))
    try:
        return file.read(0, 100)
    finally:
        file.close()


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", b"a"), ("sub/b.txt", b"b"), ("inside", b"b"), ("sub/../a.txt", b"a")]
)
def test_what_lies_inside_is_served(top: Path, name: str, text: bytes) -> None:
    assert content(Tree(str(top)), top / name) == text


@pytest.mark.parametrize(
    "name",
    ["outside", "absolute", "up/secret.txt", "../secret.txt", "../publicity/c.txt", "missing", "sub/../../secret.txt"],
)
def test_what_lies_outside_is_not_found(top: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        content(Tree(str(top)), top / name)


@pytest.mark.parametrize("name", ["pipe", "sub"])
def test_only_regular_files_are_opened(top: Path, name: str) -> None:
    with pytest.raises(OSError, match="No such file"):
        content(Tree(str(top)), top / name)


def test_a_link_that_replaces_a_directory_meanwhile_is_not_followed(top: Path) -> None:
    tree = Tree(str(top))
    real = tree.resolve(str(top / "sub" / "b.txt"), "/x")
    (top / "sub" / "b.txt").unlink()
    (top / "sub").rmdir()
    (top / "sub").symlink_to(top.parent / "publicity")
    (top.parent / "publicity" / "b.txt").write_text("not yours")
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        tree.open(real)


def test_the_served_path_itself_may_be_a_link(top: Path) -> None:
    link = top.parent / "link"
    link.symlink_to(top)
    assert content(Tree(str(link)), link / "a.txt") == b"a"


def test_a_single_file_is_all_there_is(top: Path) -> None:
    tree = Tree(str(top / "a.txt"))
    assert tree.resolve(str(top), "/") == str(top / "a.txt")
    assert content(tree, top / "a.txt") == b"a"
    with pytest.raises(FileNotFoundError):
        tree.resolve(str(top / "sub" / "b.txt"), "/sub/b.txt")


@pytest.mark.parametrize("name", ["missing", "pipe"])
def test_a_path_that_cannot_be_served_is_a_mistake(top: Path, name: str) -> None:
    with pytest.raises(OSError, match=name):
        Tree(str(top / name))
