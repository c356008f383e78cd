"""Chromium, and pages that tell of everything that goes wrong in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

import resdsl
from resdsl.backends import html
from resdsl.graph.model import Graph

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = "Chromium is not installed" if not CHROMIUM else None if shutil.which("dot") else "no dot program"
    for item in items:
        if missing and HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@dataclass
class Opened:
    """A page that was opened from its file, and what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def shown(self) -> str:
        """Level and part of the picture that is shown."""
        return str(self.page.evaluate("`${picture.sheet.level} ${picture.sheet.title}`"))

    def camera(self) -> tuple[float, float, float]:
        """Where the picture stands, and its scale, once it stands still."""
        self.page.wait_for_timeout(300)
        x, y, k = self.page.evaluate("[camera.x, camera.y, camera.k]")
        transform = self.page.locator(".sheet:not([hidden]) .camera").get_attribute("transform")
        assert transform == f"translate({x:.2f} {y:.2f}) scale({k:.4f})"
        return x, y, k

    def element(self, title: str, path: str) -> str:
        """A selector of the element of the shown picture that has a title and a path."""
        number = self.page.evaluate(
            "([t, p]) => picture.sheet.elements.find((one) => one.t === t && one.p === p).index", [title, path]
        )
        return f'.sheet:not([hidden]) [data-e="{number}"]'

    def click(self, title: str, path: str) -> None:
        """Clicks an element near its top left corner, where nothing else stands on it."""
        self.page.locator(f"{self.element(title, path)} > .hit").click(position={"x": 5, "y": 5}, force=True)

    def marked(self) -> list[str]:
        """Paths of the elements that are marked."""
        script = "picture.sheet.elements.filter((one) => one.group.matches('.marked')).map((one) => one.p)"
        return [str(path) for path in self.page.evaluate(script)]

    def lines(self, kind: str) -> list[str]:
        """Texts of the lines of the open file that are marked."""
        return [text.strip() for text in self.page.locator(f".file:not([hidden]) .{kind} code").all_text_contents()]


@cache
def written(net: str, level: str) -> str:
    """The page of a network that ships."""
    return html.page(resdsl.load(net).ir, level)


Opener = Callable[..., Opened]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens the page of a graph, or of a network that ships, and closes it; nothing may have been said or asked for."""
    pages: list[Opened] = []

    def open_page(net: str | Graph = "resnet18", level: str = "stage", **context: object) -> Opened:
        file = tmp_path / "net.html"
        file.write_text(written(net, level) if isinstance(net, str) else html.page(net, level), encoding="utf-8")
        options = {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce", **context}
        page = browser.new_context(**options).new_page()
        found = Opened(page)

        def answer(route: Route) -> None:
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                found.asked.append(route.request.url)
                route.abort()

        page.route("**/*", answer)
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        page.on("dialog", lambda dialog: found.said.append(dialog.message))
        page.goto(file.as_uri())
        pages.append(found)
        return found

    yield open_page
    for found in pages:
        found.page.context.close()
        assert not found.said
        assert not found.asked
