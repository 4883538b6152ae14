// Walks in which somebody leaves before all is saved, or before an answer has come.
import assert from "node:assert/strict";
import { accessible, ask } from "./browser.mjs";
import { pictured } from "./looking.mjs";

const asked = (page) => page.locator("[data-asking=leaving]");
const text = (page) => page.getByRole("textbox", { name: "Text of the article" });
const json = async (page, path) => (await page.request.get(path)).json();

/** A job of a video as the gateway would tell of it while it runs. */
async function running(page, video) {
  const { items } = await json(page, `/api/jobs?video_id=${video}`);
  return { ...items[0], status: "processing", progress: 0.5, completed_at: null };
}

/** Let the requests to an address wait until the function that is returned is called. */
async function delayed(page, address, answer = (route) => route.continue()) {
  let go;
  const gone = new Promise((resolve) => (go = resolve));
  let came;
  const arrived = new Promise((resolve) => (came = resolve));
  await page.route(address, async (route) => {
    came();
    await gone;
    await answer(route).catch(() => undefined); // who asked may be gone
  });
  return { go, arrived };
}

/** Put a component into the page by itself. */
function add(page, name, properties) {
  return page.evaluate(
    ([tag, given]) => {
      document.body.replaceChildren(Object.assign(document.createElement(tag), given));
    },
    [name, properties],
  );
}

const set = (page, name, properties) => page.evaluate(([tag, given]) => void Object.assign(document.querySelector(tag), given), [name, properties]);

/** A page on which every component is known, and nothing stands. */
async function blank(page) {
  await page.goto("/examples/index.html");
  await page.waitForFunction(() => customElements.get("docreel-reader"));
}

export const leaving = {
  /** Subtitles that are unsaved are lost neither to another language, nor to a link, nor to a gateway that is away. */
  async unsaved(page) {
    const { video } = await ask("processed video");
    await page.addInitScript(() => {
      const { addEventListener, removeEventListener } = window;
      const both = new Map();
      window.addEventListener = (kind, what, ...more) => {
        if (kind === "pointercancel") both.set(what, 1);
        return addEventListener.call(window, kind, what, ...more);
      };
      window.removeEventListener = (kind, what, ...more) => {
        if (kind === "pointercancel") both.delete(what);
        return removeEventListener.call(window, kind, what, ...more);
      };
      window.held = () => both.size;
    });
    await page.goto("/");
    await page.locator(`a[href="/videos/${video}"]`).first().click();
    const language = page.locator("[data-control=language]");
    await language.selectOption("es");
    await page.locator("[data-edit=subtitles]").click();
    const cue = page.getByRole("textbox", { name: /^Text at/ }).first();
    await cue.fill("Not saved.");
    const stays = async (after) => {
      assert.equal(await cue.inputValue(), "Not saved.", `lost after ${after}`);
      assert.equal(new URL(page.url()).pathname, `/videos/${video}`);
      assert.equal(await language.inputValue(), "es", `another language shows after ${after}`);
    };

    await language.selectOption("en");
    await asked(page).waitFor();
    await stays("another language was chosen");
    await accessible(page, "unsaved subtitles while another language is chosen");
    await page.getByRole("button", { name: "Go on editing" }).click();
    await asked(page).waitFor({ state: "detached" });
    await stays("who edits stayed");

    const said = [];
    page.on("dialog", (dialog) => {
      said.push(dialog.message());
      return dialog.dismiss();
    });
    await page.getByRole("link", { name: "Videos", exact: true }).click();
    await stays("a link");
    await page.evaluate(() => history.back());
    await page.waitForURL(`**/videos/${video}*`);
    await page.waitForTimeout(300);
    await stays("the browser's way back");
    assert.deepEqual(said, Array(2).fill("Your changes are not saved yet. Leave and lose them?"));

    await page.route(`**/api/videos/${video}/articles`, (route) => route.abort());
    await page.locator("docreel-video-job").evaluate((job) => job.dispatchEvent(new CustomEvent("docreel-video-changed")));
    await page.locator("docreel-reader .note.bad").waitFor();
    await stays("the gateway was away");
    await page.unroute(`**/api/videos/${video}/articles`);

    for (let n = 0; n < 5; n += 1) await cue.click();
    assert.equal(await page.evaluate(() => window.held()), 0, "each click leaves a listener");

    await language.selectOption("en");
    await page.getByRole("button", { name: "Close without saving" }).click();
    await page.locator("docreel-subtitle-editor").waitFor({ state: "detached" });
    assert.equal(await language.inputValue(), "en");
    await page.locator("article[lang=en]").first().waitFor();
    await page.getByRole("link", { name: "Videos", exact: true }).click();
    await page.getByRole("heading", { name: "Videos", exact: true }).waitFor();
    assert.equal(said.length, 2, "asked where nothing would be lost");
  },

  /** An article that cannot be saved is left once who edits says so; one that can be is saved on the way. */
  async refused(page) {
    const { video } = await ask("processed video");
    await page.goto(`/videos/${video}`);
    const language = page.locator("[data-control=language]");
    await page.getByRole("button", { name: /^Edit: / }).first().click();
    await text(page).click();
    await page.keyboard.type("Saved on the way. ");
    await language.selectOption("es");
    await page.locator("article[lang=es]").first().waitFor();
    await language.selectOption("en");
    await page.getByText("Saved on the way.").waitFor();

    const problem = { type: "urn:docreel:problem:forbidden", title: "No leave to write", detail: "Ask an owner.", status: 403 };
    await page.route("**/api/articles/*", (route) => (route.request().method() === "PATCH" ? route.fulfill({ status: 403, json: problem }) : route.continue()));
    await page.getByRole("button", { name: /^Edit: / }).first().click();
    await text(page).click();
    await page.keyboard.type("Never saved. ");
    await page.locator("[data-saving=failed]").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await asked(page).waitFor();
    await accessible(page, "an article that cannot be saved");
    await page.getByRole("button", { name: "Go on editing" }).click();
    await page.locator("[data-edit=subtitles]").click();
    await asked(page).waitFor();
    assert.equal(await page.locator("docreel-subtitle-editor").count(), 0, "the other editor took its place");
    await page.getByRole("button", { name: "Close without saving" }).click();
    await page.locator("docreel-subtitle-editor").waitFor();
    assert.equal(await page.getByText("Never saved.").count(), 0);
  },

  /** A picture that is copied and put in again keeps the document's address, without the token of what is shown. */
  async pasted(page) {
    const { video } = await ask("processed video");
    const article = await pictured(page, video);
    const sources = (content) => JSON.stringify(content).match(/"src":"[^"]*"/g);
    const [src] = sources(article.content_json);
    await page.goto(`/videos/${video}`);
    await page.getByRole("button", { name: `Edit: ${article.title}` }).click();
    await text(page).click();
    await page.keyboard.press("Control+A");
    const put = (html) =>
      text(page).evaluate((editor, given) => {
        const clipboardData = new DataTransfer();
        if (given === null) editor.dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true }));
        else clipboardData.setData("text/html", given);
        const copied = clipboardData.getData("text/html");
        getSelection().collapseToEnd();
        editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        return copied;
      }, html);
    assert.match(await put(null), /<img/);
    // As who reads the page would copy it there.
    await put(`<p>Copied:</p><img src="${new URL(page.url()).origin}${JSON.parse(src.slice(6))}?token=secret" alt="Copied from the page">`);
    await page.locator("[data-saving=unsaved]").waitFor();
    await page.locator("[data-saving=saved]").waitFor();
    const stored = sources((await json(page, `/api/articles/${article.id}`)).content_json);
    assert(stored.length >= 2, "nothing was put in");
    assert.deepEqual([...new Set(stored)], [...new Set(sources(article.content_json))]);
  },

  /** What the editor does not know is only shown: nothing that is done there takes it out of the text. */
  async unknown(page) {
    const { video } = await ask("processed video");
    const article = (await json(page, `/api/videos/${video}/articles`)).filter((one) => one.language === "en").at(-1);
    await page.route(`**/api/articles/${article.id}`, async (route) => {
      if (route.request().method() !== "GET") return route.continue();
      const response = await route.fetch();
      const body = await response.json();
      body.content_json.content.push({ type: "chart", attrs: { of: "something newer" } });
      return route.fulfill({ response, json: body });
    });
    const sent = [];
    page.on("request", (request) => request.method() === "PATCH" && sent.push(request.postDataJSON()));
    await page.goto(`/videos/${video}`);
    await page.getByRole("button", { name: `Edit: ${article.title}` }).click();
    await page.getByText("This article holds something that this editor would lose").waitFor();
    assert.equal(await page.locator(".tiptap").getAttribute("contenteditable"), "false");
    await page.getByRole("toolbar").getByRole("button", { name: "Table", exact: true }).click({ force: true });
    await page.getByLabel("Title of the article").fill("Its title is known");
    await page.locator("[data-saving=unsaved]").waitFor();
    await page.locator("[data-saving=saved]").waitFor();
    assert.deepEqual(sent, [{ title: "Its title is known" }]);
  },

  /** An answer that comes late is nobody's: what was asked for last is shown, and what is gone asks no more. */
  async overtaken(page) {
    const { video } = await ask("processed video");
    const other = (await ask("uploaded video")).video;
    const job = await running(page, video);
    await blank(page);
    const asks = [];
    page.on("request", (request) => asks.push(new URL(request.url()).pathname));

    // A job's element that is taken away while it looks for the job.
    const looking = await delayed(page, "**/api/jobs?video_id=*", (route) => route.fulfill({ json: { items: [job], next_cursor: null } }));
    await add(page, "docreel-video-job", { video });
    await looking.arrived;
    await page.evaluate(() => document.querySelector("docreel-video-job").remove());
    looking.go();
    await page.waitForTimeout(1000);
    assert(!asks.includes(`/api/jobs/${job.id}`), "what is gone watches a job");
    await page.unroute("**/api/jobs?video_id=*");

    // A video that is chosen while another one is read.
    const reading = await delayed(page, `**/api/videos/${video}/segments`);
    await add(page, "docreel-reader", { video });
    await reading.arrived;
    await set(page, "docreel-reader", { video: other });
    const fresh = page.getByRole("heading", { name: "Process this video" });
    await fresh.waitFor();
    reading.go();
    await page.waitForTimeout(500);
    assert.equal(await fresh.count(), 1, "the video before it is shown");
    await page.unroute(`**/api/videos/${video}/segments`);

    // A track that is chosen while another one is read, and one that is left unsaved.
    const { cues } = await json(page, `/api/videos/${video}/subtitles/es`);
    const track = await delayed(page, `**/api/videos/${video}/subtitles/en`);
    await add(page, "docreel-subtitle-editor", { video, language: "en" });
    await track.arrived;
    await set(page, "docreel-subtitle-editor", { language: "es" });
    const first = page.locator("docreel-subtitle-editor textarea").first();
    await first.waitFor();
    track.go();
    await page.waitForTimeout(500);
    assert.equal(await first.inputValue(), cues[0].text);
    await page.unroute(`**/api/videos/${video}/subtitles/en`);

    // An article that is chosen while another one is unsaved: each keeps its own text.
    const articles = (await json(page, `/api/videos/${video}/articles`)).filter((one) => one.language === "en");
    const [one, two] = articles;
    await add(page, "docreel-article-editor", { article: one.id });
    await text(page).click();
    await page.keyboard.type("Of the first one. ");
    await set(page, "docreel-article-editor", { article: two.id });
    await page.waitForFunction((wanted) => document.querySelector("docreel-article-editor").shadowRoot.querySelector("input.title").value === wanted, two.title);
    const stands = async (id) => (await json(page, `/api/articles/${id}`)).content_text;
    assert.match(await stands(one.id), /Of the first one\./);
    assert.equal(await stands(two.id), two.content_text);
    // One that is moved in the page can still be written in.
    await page.evaluate(() => {
      const section = document.body.appendChild(document.createElement("section"));
      section.append(document.querySelector("docreel-article-editor"));
    });
    await text(page).click();
    await page.keyboard.type("After a move. ");
    await page.locator("[data-saving=saved]").waitFor();
    assert.match(await stands(two.id), /After a move\./);
  },

  /** In a page that stays where it is, a job that is begun shows, and a language that comes takes no other's place. */
  async stays(page) {
    const { video } = await ask("processed video");
    const job = await running(page, video);
    await blank(page);
    await add(page, "docreel-reader", { video });
    await page.getByRole("button", { name: "Add languages" }).click();
    await page.locator("docreel-add-languages").getByRole("checkbox").first().check();
    await page.route("**/api/videos/process", (route) => route.fulfill({ status: 202, json: { jobId: job.id } }));
    await page.route("**/api/jobs?video_id=*", (route) => route.fulfill({ json: { items: [job], next_cursor: null } }));
    await page.route(`**/api/jobs/${job.id}`, (route) => route.fulfill({ json: job }));
    await page.getByRole("button", { name: "Translate", exact: true }).click();
    await page.locator("docreel-video-job [data-status=processing]").waitFor();
    assert.equal(await page.getByRole("button", { name: "Add languages" }).count(), 0, "offered while a job runs");

    const { file_url: src } = await json(page, `/api/videos/${video}/media`);
    const track = (language) => ({ language, src: `/api/videos/${video}/subtitles/${language}.vtt` });
    await add(page, "docreel-player", { src, language: "fr", subtitles: ["en", "fr"].map(track) });
    const film = page.locator("docreel-player video");
    await film.evaluate(async (player) => player.readyState || (await new Promise((resolve) => player.addEventListener("loadedmetadata", resolve))));
    const shows = async () => {
      await page.waitForTimeout(300); // the browser chooses tracks by itself, a little later
      return film.evaluate((player) => [...player.textTracks].filter((one) => one.mode === "showing").map((one) => one.language));
    };
    assert.deepEqual(await shows(), ["fr"]);
    await set(page, "docreel-player", { subtitles: ["en", "es", "fr"].map(track) });
    assert.deepEqual(await shows(), ["fr"]);
    await set(page, "docreel-player", { subtitles: [track("en")], language: "gl" });
    assert.deepEqual(await shows(), []);
    await set(page, "docreel-player", { subtitles: ["en", "gl"].map(track) });
    assert.deepEqual(await shows(), ["gl"]);
  },
};
