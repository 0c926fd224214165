"""Pictures from the desktop's portal: read, deleted, and no file touched that is not one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from snapper.capture import wayland_portal
from snapper.capture.wayland_portal import PortalCamera
from snapper.errors import CaptureFailed, Unavailable
from tests.wayland.stage import Environ, bus, fake_portal, home


@pytest.fixture
def session() -> Iterator[Environ]:
    with home() as empty, bus(empty) as environ:
        yield environ


def drawn(place: Path, kind: str = "PNG") -> str:
    """A picture in a file, as a URI."""
    Image.new("RGB", (40, 30), (1, 2, 3)).save(place, kind)
    return place.as_uri()


@pytest.mark.parametrize("name", ["shot.png", "with space ä %41 漢.png"])
def test_the_picture_is_read_and_its_file_deleted(session: Environ, tmp_path: Path, name: str) -> None:
    uri = drawn(tmp_path / name)
    with fake_portal(session, picture=uri) as portal:
        picture, taken_at = PortalCamera(session).photograph()
        wanted = portal.wait_for("picture wanted")
    assert picture.size == (40, 30) and picture.getpixel((0, 0)) == (1, 2, 3)
    assert abs(taken_at - time.time()) < 60
    assert not (tmp_path / name).exists()
    assert wanted["app"] == "desk.snapper.Snapper" and wanted["interactive"] is False


def test_the_desktop_knows_snapper_by_an_entry_of_its_menu(session: Environ) -> None:
    with fake_portal(session):
        PortalCamera(session)
    entry = Path(session["XDG_DATA_HOME"], "applications", "desk.snapper.Snapper.desktop").read_text()
    assert "Name=snapper" in entry and "snapper listen" in entry


def test_an_entry_that_cannot_be_written_stops_nothing(session: Environ, tmp_path: Path) -> None:
    Path(session["XDG_DATA_HOME"]).write_text("in the way")
    with fake_portal(session, picture=drawn(tmp_path / "shot.png")) as portal:
        assert PortalCamera(session).photograph()[0].size == (40, 30)
        assert portal.wait_for("picture wanted")["app"] == ""


def test_a_file_that_was_there_before_is_neither_taken_nor_deleted(session: Environ, tmp_path: Path) -> None:
    uri = drawn(tmp_path / "holiday.png")
    os.utime(tmp_path / "holiday.png", (1, time.time() - 60))
    with fake_portal(session, picture=uri), pytest.raises(CaptureFailed, match="makes no sense"):
        PortalCamera(session).photograph()
    assert (tmp_path / "holiday.png").exists()


def test_a_file_that_is_no_picture_is_not_deleted(session: Environ, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    with fake_portal(session, picture=letter.as_uri()), pytest.raises(CaptureFailed, match="no sense"):
        PortalCamera(session).photograph()
    assert letter.read_text() == "dear"


def test_a_link_is_not_followed(session: Environ, tmp_path: Path) -> None:
    drawn(tmp_path / "behind.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "behind.png")
    uri = (tmp_path / "link.png").as_uri()
    with fake_portal(session, picture=uri), pytest.raises(CaptureFailed, match="no sense"):
        PortalCamera(session).photograph()
    assert (tmp_path / "behind.png").exists()


def test_a_pipe_is_not_waited_for(session: Environ, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    uri = (tmp_path / "pipe.png").as_uri()
    with fake_portal(session, picture=uri), pytest.raises(CaptureFailed, match="no sense"):
        PortalCamera(session).photograph()


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://example.com/a.png",
        "file://elsewhere/a.png",
        "file:///nonexistent/a.png",
        "file:///a%00b",
        "/etc",
    ],
)
def test_an_address_that_is_no_file_here_is_told_in_words(session: Environ, uri: str) -> None:
    with fake_portal(session, picture=uri), pytest.raises(CaptureFailed, match="makes no sense"):
        PortalCamera(session).photograph()


def test_a_file_of_another_computer_is_not_looked_for_on_this_one(session: Environ, tmp_path: Path) -> None:
    uri = drawn(tmp_path / "shot.png").replace("file://", "file://elsewhere")
    with fake_portal(session, picture=uri), pytest.raises(CaptureFailed, match="makes no sense"):
        PortalCamera(session).photograph()
    assert (tmp_path / "shot.png").exists()


@pytest.mark.parametrize("results", [{}, {"uri": ["u", 7]}, {"uri": ["as", ["a"]]}])
def test_results_of_another_form_are_told_in_words(session: Environ, results: dict[str, object]) -> None:
    with fake_portal(session, results=results), pytest.raises(CaptureFailed, match="makes no sense"):
        PortalCamera(session).photograph()


def test_a_picture_that_breaks_off_is_told_in_words(session: Environ, tmp_path: Path) -> None:
    uri = drawn(tmp_path / "half.png")
    data = (tmp_path / "half.png").read_bytes()
    (tmp_path / "half.png").write_bytes(data[: len(data) // 2])
    with fake_portal(session, picture=uri), pytest.raises(CaptureFailed, match="makes no sense"):
        PortalCamera(session).photograph()


@pytest.mark.parametrize(("code", "said"), [(1, "answered with no"), (2, "does not allow it")])
def test_a_refusal_is_told_with_what_to_do(session: Environ, tmp_path: Path, code: int, said: str) -> None:
    uri = drawn(tmp_path / "shot.png")
    with fake_portal(session, picture=uri, code=code), pytest.raises(CaptureFailed, match=said) as refusal:
        PortalCamera(session).photograph()
    assert "llow it" in refusal.value.remedy


def test_a_portal_that_never_answers_is_told_and_its_question_taken_back(
    session: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wayland_portal, "_ASKING_SECONDS", 0.2)
    with fake_portal(session) as portal:
        with pytest.raises(CaptureFailed, match="did not answer in time"):
            PortalCamera(session).photograph()
        portal.wait_for("taken back")


def test_a_portal_that_ends_meanwhile_is_told(session: Environ) -> None:
    with fake_portal(session, picture="file:///nonexistent") as portal:
        camera = PortalCamera(session)
        portal.command("end")
        portal.process.wait(20)
        with pytest.raises(CaptureFailed, match=r"not installed|has ended"):
            camera.photograph()


def test_a_desktop_without_the_part_for_pictures_says_so(session: Environ) -> None:
    with fake_portal(session, parts=[]), pytest.raises(Unavailable, match="does not offer it") as refusal:
        PortalCamera(session)
    assert "xdg-desktop-portal" in refusal.value.remedy
