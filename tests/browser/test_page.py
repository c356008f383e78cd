"""The page of a net in a real browser, opened from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from resdsl.api import load
from resdsl.backends.html import sheets
from resdsl.graph.model import Graph

if TYPE_CHECKING:
    from conftest import Opener


def test_it_opens_from_a_file_and_shows_the_net(opened: Opener) -> None:
    net = opened()
    assert net.page.url.startswith("file://")
    expect(net.page).to_have_title("resnet18")
    assert net.shown() == "stage all"
    assert net.page.locator(".sheet:not([hidden]) text", has_text="layer3").count() == 1
    expect(net.page.locator(".file:not([hidden]) .line").first).to_contain_text("Deep Residual Learning")


def test_clicks_lead_from_stages_to_blocks_to_operators_and_back(opened: Opener) -> None:
    net = opened(level="overview")
    crumbs = net.page.locator(".crumbs button")
    net.click("layer2", "layer2")
    assert net.shown() == "stage all"
    net.click("layer2", "layer2")
    assert net.shown() == "block layer2"
    net.click("basic", "layer2.1")
    assert net.shown() == "ops layer2"
    assert crumbs.all_text_contents() == ["Overview", "layer2", "layer2", "basic"]
    inside = net.page.evaluate("picture.inside.filter((one) => one.p).map((one) => one.p)")
    assert inside
    assert all(path.startswith("layer2.1") for path in inside)
    net.page.click("#back")
    assert net.shown() == "block layer2"
    net.page.go_back()
    assert net.shown() == "ops layer2"
    crumbs.nth(1).click()
    assert net.shown() == "stage all"
    net.page.get_by_role("tab", name="Blocks").click()
    assert net.shown() == "block layer2"  # where the reader was
    net.page.get_by_role("button", name="layer4").click()
    assert net.shown() == "block layer4"


def test_wheel_buttons_drag_and_keys_move_the_picture(opened: Opener) -> None:
    net = opened()
    x, y, k = net.camera()
    net.page.mouse.move(300, 400)
    net.page.mouse.wheel(0, -300)
    closer = net.camera()
    assert closer[2] > 1.3 * k
    top = net.page.locator("#stage").bounding_box()
    assert top is not None
    for at, old, new in ((300 - top["x"], x, closer[0]), (400 - top["y"], y, closer[1])):
        assert (at - old) / k == pytest.approx((at - new) / closer[2], abs=0.5)  # what is below the pointer stays
    net.page.mouse.move(30, 860)
    net.page.mouse.down()
    net.page.mouse.move(110, 830, steps=4)
    net.page.mouse.up()
    dragged = net.camera()
    assert dragged == pytest.approx((closer[0] + 80, closer[1] - 30, closer[2]), abs=0.1)
    assert net.shown() == "stage all"  # a drag is no click
    net.page.click("#farther")
    assert net.camera()[2] == pytest.approx(dragged[2] / 1.3)
    net.page.keyboard.press("+")
    assert net.camera()[2] == pytest.approx(dragged[2])
    net.page.keyboard.press("Shift+ArrowLeft")
    assert net.camera()[0] > dragged[0]
    net.page.keyboard.press("0")
    assert net.camera() == pytest.approx((x, y, k), abs=0.01)


def test_two_fingers_pinch(opened: Opener) -> None:
    net = opened(has_touch=True)
    before = net.camera()[2]
    session = net.page.context.new_cdp_session(net.page)

    def touch(kind: str, *across: int) -> None:
        points = [{"x": x, "y": 500, "id": number} for number, x in enumerate(across)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 300, 400)
    for step in range(1, 6):
        touch("touchMove", 300 - 10 * step, 400 + 10 * step)
    touch("touchEnd")
    assert net.camera()[2] == pytest.approx(2 * before, rel=0.05)


def test_a_tooltip_has_the_figures_and_the_line(opened: Opener) -> None:
    net = opened()
    tip = net.page.locator("#tip")
    expect(tip).to_be_hidden()
    net.page.hover(net.element("basic", "layer3.1"), force=True)
    expect(tip).to_be_visible()
    said = dict(zip(tip.locator("dt").all_text_contents(), tip.locator("dd").all_text_contents(), strict=True))
    assert said["path"] == "layer3.1"
    assert said["shape"] == "256 × 14²"
    assert said["params"] == f"{2 * (256 * 256 * 9 + 2 * 256):,}"
    assert said["MACs"] == f"{2 * 256 * 256 * 9 * 14 * 14:,}"
    assert re.fullmatch(r"\d+ … \d+ px", said["receptive field"])
    assert said["stride"] == "16"
    assert re.fullmatch(r".*resnet\.res:\d+", said["line"])
    net.page.mouse.move(20, 880)
    expect(tip).to_be_hidden()


def test_search_finds_paths_operators_and_names(opened: Opener) -> None:
    net = opened()
    found = net.page.locator("#found [role=option]")
    net.page.keyboard.press("/")
    net.page.keyboard.type("layer2.1.conv2")
    expect(found.first).to_contain_text("layer2.1.conv2")
    net.page.keyboard.press("Enter")
    assert net.marked() == ["layer2.1.conv2"]
    expect(net.page.locator("#details")).to_contain_text("layer2.1.conv2")
    net.page.keyboard.press("/")
    net.page.keyboard.type("maxpool(k=3")
    expect(found.first).to_contain_text("MaxPool")
    net.page.keyboard.press("ControlOrMeta+a")
    net.page.keyboard.type("no such thing")
    expect(net.page.locator("#found")).to_have_text("Nothing of this name")
    net.page.keyboard.press("Escape")
    expect(net.page.locator("#found")).to_be_hidden()


def test_an_element_has_its_lines_and_a_line_its_elements(opened: Opener) -> None:
    net = opened()
    net.page.hover(net.element("basic", "layer1.0"), force=True)
    assert any(line.startswith("stage layer{s + 1}") for line in net.lines("said"))
    net.page.locator(".file:not([hidden]) .line", has_text="avgpool -> flatten").first.click()
    assert net.marked() == ["avgpool1"]
    net.page.locator(".files button", has_text="std:residual.res").click()
    net.page.locator(".file:not([hidden]) .line", has_text="conv(3, width, dilation=dilation) -> bn").first.click()
    marked = net.marked()
    assert "layer1.0" in marked
    assert "layer4.1" in marked
    assert "conv1" not in marked
    net.page.keyboard.press("3")
    net.page.hover(net.element("Conv 3×3", "layer2.0.conv1"), force=True)
    assert net.lines("said") == ["conv(3, width, stride=stride, dilation=dilation) -> bn -> relu"]
    net.page.keyboard.press("4")
    net.page.get_by_role("button", name="layer1").click()
    net.click("ReLU", "layer1.0.relu2")
    assert net.lines("said") == ["relu"]
    expect(net.page.locator(".files [aria-selected=true]")).to_have_text("std:residual.res")


def test_colours_follow_the_system_and_the_button(opened: Opener) -> None:
    net = opened(color_scheme="dark")
    colour = "getComputedStyle(document.querySelector('.sheet:not([hidden]) text')).fill"
    page = "getComputedStyle(document.body).backgroundColor"
    dark = net.page.evaluate(colour), net.page.evaluate(page)
    assert dark == ("rgb(229, 231, 235)", "rgb(15, 23, 42)")
    net.page.click("#theme")
    light = net.page.evaluate(colour), net.page.evaluate(page)
    assert light == ("rgb(31, 41, 55)", "rgb(255, 255, 255)")
    net.page.keyboard.press("t")
    assert (net.page.evaluate(colour), net.page.evaluate(page)) == dark
    net.page.emulate_media(media="print")
    assert (net.page.evaluate(colour), net.page.evaluate(page)[:4]) == (light[0], "rgba")


def test_keys_alone_reach_everything(opened: Opener) -> None:
    net = opened()
    for _ in range(20):
        net.page.keyboard.press("Tab")
        if net.page.evaluate("Boolean(document.activeElement.closest('.element'))"):
            break
    at = "picture.focus.p || picture.focus.k"
    assert net.page.evaluate(at) == "input"
    assert net.page.evaluate("getComputedStyle(picture.focus.group.querySelector('.hit')).strokeDasharray") != "none"
    net.page.keyboard.press("ArrowRight")
    assert net.page.evaluate(at) == "conv1"
    expect(net.page.locator("#tip")).to_contain_text("conv1")
    net.page.keyboard.press("Space")
    assert net.marked() == ["conv1"]
    net.page.keyboard.press("Enter")
    assert net.shown() == "block stem"
    net.page.keyboard.press("Escape")
    assert net.shown() == "stage all"
    net.page.keyboard.press("3")
    net.page.keyboard.press("]")
    assert net.shown() == "block stem"
    net.page.keyboard.press("?")
    expect(net.page.get_by_role("dialog")).to_be_visible()
    net.page.keyboard.press("Escape")
    expect(net.page.get_by_role("dialog")).to_be_hidden()
    net.page.locator("#listing").focus()
    net.page.keyboard.press("Home")
    net.page.keyboard.press("ArrowDown")
    assert net.page.evaluate("text.line") == 2
    net.page.keyboard.press("c")
    expect(net.page.locator("aside")).to_be_hidden()


def test_everything_that_can_be_pressed_has_a_name(opened: Opener) -> None:
    net = opened()
    unnamed = "(one) => !one.textContent.trim() && !one.ariaLabel"
    pressed = "[...document.querySelectorAll('button, input, [role=button]')]"
    assert net.page.evaluate(f"{pressed}.filter({unnamed}).length") == 0
    assert net.page.evaluate("[...document.querySelectorAll('.element')].every((one) => one.ariaLabel)")


def test_on_a_small_screen_nothing_stands_out_of_it(opened: Opener) -> None:
    net = opened(viewport={"width": 400, "height": 800})
    assert net.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert net.page.locator("#listing").bounding_box()["height"] > 100
    assert net.page.locator("#stage").bounding_box()["height"] > 200


def test_what_is_left_out_is_said_and_found(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_DRAWN", 50)
    monkeypatch.setattr(sheets, "_FEW", 10)
    net = opened(load("resnet34").ir)
    note = net.page.locator("#note")
    expect(note).to_be_hidden()
    net.click("layer2", "layer2")
    net.click("basic", "layer2.1")
    assert net.shown() == "ops layer2"
    expect(note).to_have_text("2 of 4 blocks; the others are like one of these but for their widths.")
    paths = net.page.evaluate("picture.inside.filter((one) => one.k === 'operator').map((one) => one.p)")
    assert paths
    assert all(path.startswith("layer2.1.") for path in paths)
    net.page.keyboard.press("/")
    net.page.keyboard.type("layer2.3")
    net.page.locator("#found [role=option]").first.click()
    assert net.marked() == ["layer2.1"]


HOSTILE = (
    """</title></script><script>hit = 1</script>"><img src=x onerror=hit=1>"""
    """]]>--><!--javascript:hit=1//' onload='hit=1{{script}}"""
)


def hostile() -> Graph:
    """A graph whose every name is an attack."""
    graph = load("resnet18").ir
    graph.name = HOSTILE
    graph.header = HOSTILE
    for scope in graph.root.walk():
        scope.title = HOSTILE if scope.title is not None else None
        scope.name = HOSTILE if scope.name else scope.name
        for source in (scope.span.source, *([scope.site.source] if scope.site else [])):
            object.__setattr__(source, "name", HOSTILE)
            object.__setattr__(source, "text", "\n".join([HOSTILE, "\u2028\u202e", *source.text.split("\n")[2:]]))
            source.__post_init__()
    for node in graph.nodes():
        node.name = HOSTILE if node.name is not None else None
        node.kept = HOSTILE
    return graph


def test_no_name_and_no_string_runs(opened: Opener) -> None:
    net = opened(hostile())
    expect(net.page).to_have_title(HOSTILE)
    for level in ("1", "3", "4"):
        net.page.keyboard.press(level)
    net.page.keyboard.press("/")
    net.page.keyboard.type("onerror")
    net.page.locator("#found [role=option]").first.click()
    expect(net.page.locator("#details")).to_contain_text(HOSTILE[:20])
    expect(net.page.locator("#listing .line").first).to_contain_text(HOSTILE)
    assert net.page.evaluate("typeof hit") == "undefined"
    assert net.page.locator("img, iframe, object, embed, link, a, base").count() == 0
    assert net.page.locator("script").count() == 2
    attributes = "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
    assert not [name for name in net.page.evaluate(attributes) if re.match("on|href|src", name)]


def test_the_page_asks_nobody_even_if_it_is_told_to(opened: Opener) -> None:
    net = opened()
    for attempt in (
        "fetch('https://example.org/')",
        "import('https://example.org/x.js')",
        """new Promise((yes, no) => {
             const image = new Image();
             image.onload = yes;
             image.onerror = () => no(new Error("blocked"));
             image.src = "https://example.org/x.png";
           })""",
    ):
        with pytest.raises(Error):
            net.page.evaluate(attempt)
    net.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'hit = 1' }))"
    )
    assert net.page.evaluate("typeof hit") == "undefined"
    assert net.said
    assert all("Content Security Policy" in line for line in net.said)
    net.said.clear()
