"""The HTML picture: what it holds, and that it works in a browser."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.pictures.layout import Layout
from w2v.pictures.page import words_page
from w2v.vectors import Vectors

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ODD = ["</script><b>", "&lt;", "@DATA@", '"quoted"', "\u2028", "日本", "'", "<!--", "\\u003c"]

# What a person does, and what the page then shows. `px`, `words` and so on are the page's own.
SCRIPT = """
const fire = (target, event) => target.dispatchEvent(event);
const at = i => ({ clientX: px(i), clientY: py(i), pointerId: 1, bubbles: true, cancelable: true });
const texts = id => [...byId(id).querySelectorAll("span:first-child")].map(e => e.textContent);
function act() {
  const out = { title: document.title, labels: labels.length, drawn: pen.getImageData(0, 0,
    canvas.width, canvas.height).data.some(v => v) };
  out.touching = labels.some((a, k) => labels.slice(0, k).some(b => a.box[0] < b.box[2]
    && b.box[0] < a.box[2] && a.box[1] < b.box[3] && b.box[1] < a.box[3]));
  out.inside = words.every((_, i) => px(i) > 0 && px(i) < width && py(i) > 0 && py(i) < height);
  const i = words.indexOf("w7");
  fire(canvas, new PointerEvent("pointermove", at(i)));
  out.hover = byId("about").textContent; out.near = texts("near");
  const wheel = new WheelEvent("wheel", { ...at(i), deltaY: -400 }), before = [scale];
  const beneath = () => [(wheel.clientX - left) / scale, (wheel.clientY - top_) / scale];
  const was = beneath();
  fire(canvas, wheel);
  out.zoomed = scale / before[0];
  out.kept = Math.hypot(beneath()[0] - was[0], beneath()[1] - was[1]);
  fire(canvas, new PointerEvent("pointerdown", at(i)));
  const x0 = px(i);
  fire(canvas, new PointerEvent("pointermove", { ...at(i), clientX: px(i) + 50 }));
  fire(canvas, new PointerEvent("pointerup", at(i)));
  out.dragged = px(i) - x0;
  search.value = "W1"; fire(search, new Event("input"));
  out.count = byId("count").textContent; out.found = texts("found");
  fire(search, new KeyboardEvent("keydown", { key: "Enter" }));
  out.chosen = words[chosen]; out.middle = [px(chosen) - width / 2, py(chosen) - height / 2];
  out.address = location.hash;
  fire(search, new KeyboardEvent("keydown", { key: "Escape" }));
  out.cleared = chosen; byId("all").click(); out.back = scale / before[0];
  byId("in").click(); out.button = scale / before[0];
  choose(i, true); draw();
  out.seen = near[i].every(k => labels.some(l => l.i === k));
  out.apart = labels.every((a, k) => labels.slice(0, k).every(b => a.box[2] + APART <= b.box[0]
    || b.box[2] + APART <= a.box[0] || a.box[3] <= b.box[1] || b.box[3] <= a.box[1]));
  out.wide = [across, up].map(list => Math.max(...list));
  out.panel = panel.getBoundingClientRect().height / innerHeight;
  byId("fold").click(); out.folded = panel.getBoundingClientRect().height / innerHeight;
  out.requests = performance.getEntriesByType("resource").length;
  return out;
}
let out;
try { draw(); out = act(); } catch (error) { out = { error: String(error) }; }
const element = document.createElement("pre");
element.id = "result"; element.textContent = JSON.stringify(out);
document.body.append(element);
"""


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    rng = np.random.default_rng(12)
    words = [f"w{i}" for i in range(200)] + ODD
    return Vectors(words, rng.normal(size=(len(words), 5)))


@pytest.fixture(scope="module")
def page(vectors: Vectors) -> str:
    rows = np.arange(len(vectors))
    places = np.random.default_rng(13).normal(size=(len(rows), 2)) * [30, 20]
    sizes = np.linspace(1.4, 0.9, len(rows))
    found = Layout(list(vectors.words), rows, places, "by hand", sizes)
    return words_page(vectors, found, "<v>.bin & more")


def with_script(page: str, script: str) -> str:
    """The page with another script, which its policy is told to allow."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ")
    return page.replace("</body>", f"<script>{script}</script></body>")


def held(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_holds_words_places_and_neighbours(page: str, vectors: Vectors) -> None:
    data = held(page)
    assert data["words"] == list(vectors.words)
    assert data["ranks"] == list(range(len(vectors)))
    x, y = np.array(data["x"]), np.array(data["y"])
    assert (x.min(), y.min()) == (0, 0)
    assert max(x.max(), y.max()) == 1
    for word, near, cosines in zip(data["words"], data["near"], data["cosines"], strict=True):
        expected = vectors.most_similar(word, n=8)
        assert [vectors.words[i] for i in near] == [name for name, _ in expected]
        assert cosines == pytest.approx([cosine for _, cosine in expected], abs=6e-4)


def test_nothing_in_the_page_leads_outside(page: str) -> None:
    assert "default-src 'none'" in page
    assert "base-uri 'none'; form-action 'none'" in page  # which the default does not speak of
    assert not re.search(r"https?:|//\w+\.|\bsrc=|@import|url\(", page)
    assert page.count("</script>") == 2
    assert html.escape("<v>.bin & more (by hand)") in page
    assert not re.search("@(TITLE|DIGEST)@", page)


def hostile(title: str) -> str:
    vectors = Vectors(["x autofocus onfocus=bad() y", "<b>", "c"], np.eye(3))
    places = np.array([[0.0, 0], [1, 0], [0, 1]])
    found = Layout(list(vectors.words), np.arange(3), places, "by hand", np.ones(3))
    page = words_page(vectors, found, title)
    assert held(page)["words"] == list(vectors.words)
    return page


@pytest.mark.parametrize("title", ["@DATA@", "@TITLE@@DIGEST@", '"><script>bad()</script>'])
def test_a_page_is_filled_in_once(title: str) -> None:
    page = hostile(title)
    assert page.count(html.escape(title)) == 3  # title, label of the picture, heading
    assert page.count("onfocus") == 1
    assert page.count("</script>") == 2


def test_a_browser_runs_no_script_but_its_own(tmp_path: Path) -> None:
    page = hostile("v")
    page = page.replace("<h1 ", "<h1 id=h onclick=\"document.title = 'handler'\" ")
    page = page.replace("<canvas", "<script>document.title = 'script'</script><canvas")
    shown = rendered(with_script(page, "byId('h').click(); document.title += '!'"), tmp_path)
    assert "<title>v (by hand)!</title>" in shown


def browser() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    pytest.skip(f"no browser here, of {', '.join(BROWSERS)}")


def rendered(page: str, folder: Path, address: str = "", size: str = "1000,800") -> str:
    """The document after a browser has run its scripts."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={size}"]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", "--dump-dom"]
    done = subprocess.run(
        [*command, file.as_uri() + address], capture_output=True, timeout=120, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize("size", ["1000,800", "500,900"])  # less wide no headless window is
def test_a_browser_hovers_zooms_and_searches(
    page: str, vectors: Vectors, tmp_path: Path, size: str
) -> None:
    shown = rendered(with_script(page, SCRIPT), tmp_path, size=size)
    found = re.search(r'<pre id="result">(.*?)</pre>', shown, re.DOTALL)
    assert found
    out = json.loads(html.unescape(found[1]))
    assert "error" not in out, out
    assert out["title"] == "<v>.bin & more (by hand)"
    assert out["drawn"]
    assert out["inside"]
    assert 50 < out["labels"] <= len(vectors)
    assert not out["touching"]
    assert out["hover"].startswith("w7 word 8;")
    assert out["near"] == [name for name, _ in vectors.most_similar("w7", n=8)]
    assert out["zoomed"] == pytest.approx(np.exp(0.6))
    assert out["kept"] < 1e-9
    assert out["dragged"] == pytest.approx(50)
    assert out["count"] == "111 of 209 words"
    assert out["found"] == ["w1", *(f"w{i}" for i in range(10, 17))]
    assert out["chosen"] == "w1"
    middle = np.array(out["middle"])  # of what the panel leaves free
    small = size == "500,900"
    assert middle[0] == pytest.approx(0 if small else 130, abs=10)
    assert -30 * small - 1e-6 <= middle[1] < 150 * small + 1e-6
    assert out["address"] == "#w1"
    assert out["cleared"] == -1
    assert out["back"] == pytest.approx(1)
    assert out["button"] == pytest.approx(1.4)
    assert out["seen"]
    assert (out["wide"][0] < out["wide"][1]) == small  # on its side
    assert out["apart"]
    assert not small or (out["panel"] < 0.25 and out["folded"] < 0.1)
    assert out["requests"] == 0


def test_an_address_names_a_word(page: str, tmp_path: Path) -> None:
    shown = rendered(page, tmp_path, "#%E6%97%A5%E6%9C%AC")
    assert '<b dir="auto">日本</b>' in shown
