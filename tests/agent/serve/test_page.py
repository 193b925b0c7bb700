"""The page in a real browser, and what can be said of it without one."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI
from langchain_core.language_models import FakeListChatModel
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from segue.agent import nodes
from segue.agent.fake import fakes
from segue.agent.music_agent import MusicAgent
from segue.agent.serve.app import create_app
from segue.agent.serve.keys import KeyRing
from segue.agent.serve.options import ServeOptions
from segue.agent.serve.routes.page import FOLDER
from segue.agent.turn import ReceiptKind
from segue.generator.modality import MODALITIES
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.update import update_catalog
from segue.tools.ranking.sources import SOURCES

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# What is awaited comes in a fraction of a second, but not on a machine that does three other things.
expect.set_options(timeout=20_000)
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
needs_browser = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (Debian: apt-get install chromium)"),
]


def test_the_page_brings_all_that_it_needs_and_allows_nothing_else(client: httpx.Client) -> None:
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    for address in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
        part = client.get(address)
        assert part.status_code == 200, address
        assert part.headers["cache-control"] == "no-cache"
    total = sum(file.stat().st_size for file in FOLDER.iterdir())
    assert total < 64 * 1024, "small enough for a slow connection"


def test_the_page_makes_no_markup_of_texts_and_asks_nobody_else() -> None:
    for file in FOLDER.iterdir():
        text = file.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), file.name
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), file.name
        assert not re.search(r"<[^>]+ (?:style|on\w+)=", text), f"{file.name}: the policy forbids inline code and style"


def test_the_page_has_a_word_for_everything_that_an_answer_may_hold() -> None:
    labels = (FOLDER / "labels.js").read_text("utf-8")

    def keys(name: str) -> set[str]:
        block = re.search(rf"export const {name} = {{(.*?)}};", labels, re.DOTALL)
        assert block is not None
        return {each.strip('"') for each in re.findall(r'([\w]+|"[\w-]+"): ["\[]', block[1])}

    assert keys("MODALITIES") == {modality.value for modality in MODALITIES}
    assert keys("SOURCES") == set(SOURCES)
    assert keys("RECEIPTS") == set(get_args(ReceiptKind))
    assert keys("STEPS") == {file.stem for file in Path(nodes.__path__[0]).glob("[a-z]*.py")}


def test_a_server_may_do_without_the_page(make_app: MakeApp, run: Run) -> None:
    with run(make_app(page=False)) as address:
        assert httpx.get(address).status_code == 404


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Return a catalog that somebody has filled to take over the browsers of listeners."""
    folder = tmp_path_factory.mktemp("hostile")
    songs = [
        Track.model_validate({"id": "bad", "title": HOSTILE, "artists": [HOSTILE], "links": ["javascript:hacked=1"]})
    ]
    songs += [
        Track.model_validate(
            {"id": f"t{n}", "title": f"Song {n}", "artists": [f"Artist {n}"], "links": [f"https://example.org/{n}"]}
        )
        for n in range(30)
    ]
    update_catalog(folder, songs, encoder=HashingEncoder())
    with Catalog.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


Open = Callable[..., Page]


@pytest.fixture
def served(hostile: Catalog, tmp_path: Path, run: Run) -> Iterator[str]:
    app = create_app(
        lambda: MusicAgent(catalog=hostile, data=tmp_path / "data", **fakes(hostile)), ServeOptions(hosts=())
    )
    with run(app) as address:
        yield address


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Return what opens the page in a browser of its own, and fails where the page complains or asks elsewhere."""
    complaints: list[str] = []
    contexts = []

    def complained(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "401" not in message.text:
            complaints.append(message.text)

    def opened(address: str, **settings: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("console", complained)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda sent: None if sent.url.startswith((address, "blob:")) else complaints.append(sent.url)
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def say(page: Page, message: str) -> None:
    box = page.get_by_label("Your message")
    box.fill(message)
    # Into the box, wherever a dialog that has just closed leaves the focus.
    box.press("Enter")
    expect(page.locator(".turn.waiting")).to_have_count(0)
    expect(page.locator("#log")).to_have_attribute("aria-busy", "false")


class TestInChromium:
    pytestmark = needs_browser

    def test_a_whole_conversation(self, served: str, visit: Open) -> None:
        page = visit(served)
        expect(page.locator("#catalog")).to_have_text("31 tracks")
        say(page, HOSTILE)
        cards = page.locator(".card")
        expect(cards).to_have_count(5)
        expect(page.locator(".said-by-me")).to_contain_text(HOSTILE)
        expect(cards.first.locator("h3")).to_have_text(HOSTILE)
        expect(cards.first.get_by_role("link")).to_have_count(0)
        expect(cards.nth(1).get_by_role("link")).to_have_attribute("href", "https://example.org/0")
        assert page.evaluate("window.hacked") is None
        expect(cards.first.locator(".matched > .bars li")).to_have_count(2)

        cards.nth(1).get_by_role("button", name="Like: Song 0").click()
        expect(cards.nth(1).get_by_role("button", name="Like: Song 0")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("list", name="Likes")).to_contain_text("Artist 0")

        cards.nth(2).get_by_role("button", name="Never play: Song 1").click()
        page.keyboard.press("Escape")
        expect(cards.nth(2).get_by_role("button", name="Never play: Song 1")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        never = page.get_by_role("list", name="Never")
        expect(never).to_contain_text("Artist 1")
        expect(page.locator("#status")).to_contain_text("I'll never play Artist 1 again.")
        page.get_by_role("button", name="Undo").click()
        expect(never).to_have_count(0)

        page.reload()
        expect(page.locator(".card")).to_have_count(5)
        expect(page.get_by_role("list", name="Likes")).to_contain_text("Artist 0")
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".card")).to_have_count(0)
        expect(page.locator(".welcome")).to_be_visible()

    def test_tracks_are_there_before_the_words_and_stay(
        self, hostile: Catalog, tmp_path: Path, run: Run, visit: Open
    ) -> None:
        model = FakeListChatModel(responses=["Here are five songs. They are all yours, enjoy them."], sleep=0.05)
        parts = {**fakes(hostile), "chat_model": model}
        with run(create_app(lambda: MusicAgent(catalog=hostile, data=tmp_path, **parts), ServeOptions(hosts=()))) as at:
            page = visit(at)
            page.get_by_label("Your message").fill("something")
            page.keyboard.press("Enter")
            expect(page.locator(".turn.waiting .card")).to_have_count(5)
            expect(page.get_by_label("genre and mood")).to_have_value("9")
            expect(page.locator(".turn.waiting .text")).to_have_text("Here are five songs.")
            page.locator(".card").first.get_by_role("button").first.focus()
            expect(page.locator(".turn.waiting")).to_have_count(0)
            expect(page.locator(".turn .text")).to_contain_text("Here are five songs. They are all yours")
            expect(page.locator(".card").first.get_by_role("button").first).to_be_focused()

    def test_weights_that_are_dragged_hold_for_the_next_message(self, served: str, visit: Open) -> None:
        page = visit(served)
        say(page, "something")
        genre, sound = page.get_by_label("genre and mood"), page.get_by_label("sound", exact=True)
        expect(genre).to_have_value("9")
        sound.focus()
        page.keyboard.press("End")
        with page.expect_request("**/v1/turn") as sent:
            say(page, "something else")
        assert json.loads(sent.value.post_data or "")["weights"]["SC"] == 10
        page.get_by_role("button", name="Let Segue decide").click()
        with page.expect_request("**/v1/turn") as sent:
            say(page, "more")
        assert "weights" not in json.loads(sent.value.post_data or "")

    def test_taste_is_edited_forgotten_taken_along_and_erased(self, served: str, visit: Open) -> None:
        page = visit(served)
        page.get_by_label("An artist, genre or mood").fill("Jazz Fusion")
        page.keyboard.press("Enter")
        likes = page.get_by_role("list", name="Likes")
        expect(likes).to_contain_text("Jazz Fusion")
        likes.get_by_text("Jazz Fusion").click()
        page.get_by_label("How much you like Jazz Fusion").fill("-0.5")
        expect(page.get_by_role("list", name="Avoids")).to_contain_text("Jazz Fusion")
        page.get_by_text("Jazz Fusion", exact=True).click()
        page.get_by_role("button", name="Forget").click()
        expect(page.get_by_role("list", name="Avoids")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("list", name="Avoids")).to_contain_text("Jazz Fusion")
        with page.expect_download() as taken:
            page.get_by_role("button", name="Download").click()
        assert "Jazz Fusion" in Path(taken.value.path()).read_text("utf-8")
        page.get_by_role("button", name="Erase everything").click()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("list", name="Avoids")).to_have_count(1)
        page.get_by_role("button", name="Erase everything").click()
        page.get_by_role("button", name="Erase", exact=True).click()
        expect(page.get_by_role("list", name="Avoids")).to_have_count(0)

    def test_a_playlist_is_exported(self, served: str, visit: Open) -> None:
        page = visit(served)
        say(page, "something")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Export playlist").click()
        assert saved.value.suggested_filename == "segue.m3u"
        text = Path(saved.value.path()).read_text("utf-8")
        assert text.startswith("#EXTM3U")
        assert "https://example.org/0" in text

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1280, 360])
    def test_it_can_be_used_by_everybody(self, served: str, visit: Open, scheme: str, width: int) -> None:
        page = visit(served, color_scheme=scheme, viewport={"width": width, "height": 800})
        say(page, "something")
        for panel in ("Chat", "What matters", "Your taste") if width == 360 else (None,):
            if panel is not None:
                page.locator(".tabs").get_by_role("button", name=panel).click()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
            assert page.evaluate(UNNAMED) == []
            assert page.evaluate(PALE) == []
        expect(page.get_by_role("log")).to_have_count(0 if width == 360 else 1)

    def test_a_server_with_keys_asks_for_one(self, make_app: MakeApp, run: Run, visit: Open, keys: KeyRing) -> None:
        with run(make_app(keys=keys, hosts=())) as address:
            page = visit(address)
            page.get_by_role("dialog").get_by_role("textbox").fill("acme-key-0123456789")
            page.keyboard.press("Enter")
            expect(page.locator(".welcome")).to_be_visible()
            say(page, "something")
            expect(page.locator(".card")).to_have_count(5)

    def test_what_goes_wrong_is_said_and_can_be_tried_again(self, served: str, visit: Open) -> None:
        page = visit(served)
        page.route("**/v1/turn", lambda route: route.fulfill(status=200, body="event: step\ndata: {}\n\n"))
        page.get_by_label("Your message").fill("something")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert")).to_contain_text("ended before the answer came")
        page.unroute("**/v1/turn")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".card")).to_have_count(5)
        expect(page.locator(".said-by-me")).to_have_count(1)


UNNAMED = """() => [...document.querySelectorAll("button, input, select, textarea, a, summary")]
  .filter((each) => each.checkVisibility() && !each.getAttribute("aria-label") && !each.labels?.length
    && !each.textContent.trim()).map((each) => each.outerHTML)"""
"""Controls that a screen reader could not name."""
PALE = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (colour) => rgb(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (each) => { for (let at = each; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor; if (rgb(colour)[3] > 250) return colour; } return "white"; };
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return [...document.querySelectorAll("body *")].filter((each) => each.checkVisibility()
    && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && each.tagName !== "SCRIPT")
    .map((each) => [contrast(light(getComputedStyle(each).color), light(behind(each))), each.textContent])
    .filter(([ratio]) => ratio < 4.5);
}"""
"""Texts whose contrast is below what the WCAG ask for (AA)."""
