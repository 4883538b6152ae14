// Walks on what the page asks the gateway for, and how it looks: idle, in Spanish, on other sites.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { accessible, ask, counted } from "./browser.mjs";

const LARGEST = 120_000; // bytes that the upload and progress pages have together, packed

/** Let a page believe that its tab is hidden, or seen again. */
function hide(page, hidden) {
  return page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

/** An English article of a video that still has a picture: other walks write over some. */
export async function pictured(page, video, gateway = "") {
  const articles = await (await page.request.get(`${gateway}/api/videos/${video}/articles?language=en`)).json();
  return articles.find((one) => JSON.stringify(one.content_json).includes('"image"'));
}

/** Wait for a picture to be loaded. */
async function drawn(picture) {
  await picture.waitFor();
  for (let n = 0; !(await picture.evaluate((one) => one.complete && one.naturalWidth > 0)); n += 1) {
    assert(n < 50, "a picture does not load");
    await picture.page().waitForTimeout(100);
  }
}

export const looking = {
  /** Fifty running jobs are one request every two seconds; a hidden tab makes none. */
  async fifty(page) {
    await ask("fifty jobs");
    await page.goto("/");
    await page.getByText(/^5\d running$/).first().waitFor();
    const seen = counted(page, "/api/");
    await page.waitForTimeout(6500);
    assert(seen.length >= 2 && seen.length <= 4, `${seen.length} requests in 6.5 s: ${seen}`);
    await hide(page, true);
    await page.waitForTimeout(500); // one that was under way
    const before = seen.length;
    await page.waitForTimeout(5000);
    assert.equal(seen.length, before, "a hidden tab asked");
    const asked = page.waitForRequest(/activity/, { timeout: 1500 });
    await hide(page, false);
    await asked;
    await accessible(page, "fifty jobs");
  },

  /** No page asks for anything while it is hidden, whatever it shows. */
  async hidden(page) {
    const { video } = await ask("processed video");
    const { items } = await (await page.request.get("/api/jobs?limit=50")).json();
    const job = items.find((one) => one.status === "pending").id; // it goes on, and is watched
    const pages = {
      "/upload": "docreel-upload h2",
      [`/jobs/${job}`]: "[data-status]",
      [`/videos/${video}`]: "article[data-article]",
      "/operations": "[data-service=transcriber]",
    };
    for (const [path, what] of Object.entries(pages)) {
      await page.goto(path);
      await page.locator(what).first().waitFor();
      await page.waitForTimeout(2500); // pictures and subtitles
      const seen = counted(page, "/");
      await hide(page, true);
      await page.waitForTimeout(500);
      const before = seen.length;
      await page.waitForTimeout(4500);
      assert.deepEqual(seen.slice(before), [], `${path} asked while hidden`);
    }
  },

  /** What the upload page and then the progress page load, all of it, fits a slow network. */
  async small(page) {
    const { items } = await (await page.request.get("/api/jobs?limit=1")).json();
    const loaded = counted(page, "/");
    await page.goto("/upload");
    await page.locator("docreel-upload h2").waitFor();
    await page.goto(`/jobs/${items[0].id}`);
    await page.locator("docreel-job-progress [data-status]").waitFor();
    const packed = {};
    for (const path of loaded.map((one) => new URL(one).pathname).filter((one) => !one.startsWith("/api/"))) {
      packed[path] = gzipSync(await (await page.request.get(path)).body()).length;
    }
    const names = Object.keys(packed).join(" ");
    for (const part of [/index-\w*.*\.js/, /upload-.*\.js/, /job-progress-.*\.js/, /\.css/]) assert.match(names, part);
    const sum = Object.values(packed).reduce((all, one) => all + one, 0);
    assert(sum < LARGEST, `${sum} bytes: ${JSON.stringify(packed)}`);
  },

  /** An operator sees what was paid, and a dead letter with its reason, and puts it back. */
  async letters(page) {
    await ask("spending");
    await ask("dead letter");
    await page.goto("/operations");
    await page.locator("[data-costs] [data-day]").first().waitFor();
    const dead = page.locator("[data-dead=docgen]");
    const show = dead.getByRole("button", { name: /^Show/ });
    await show.click();
    await dead.getByRole("cell", { name: "it is odd" }).waitFor();
    await accessible(page, "operations with costs and a dead letter");
    await dead.getByRole("button", { name: /^Back to work/ }).click();
    await page.getByText("1 message is back in the work queue.").waitFor();
    // Its service still does not know it, and gives a reason of its own.
    const again = dead.getByRole("cell", { name: "video.odd" });
    for (let n = 0; (await again.count()) === 0; n += 1) {
      assert(n < 60, "the letter is not dead again");
      await page.waitForTimeout(500);
      if (await show.count()) await show.click();
    }
    assert.equal(await dead.getByRole("cell", { name: "it is odd" }).count(), 0);
  },

  /** The page in its other language, and everything by the keyboard. */
  async spanish(page) {
    await page.goto("/");
    await page.getByLabel("Language of this page").selectOption("es");
    await page.getByRole("link", { name: "Subir", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Subir vídeos" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "es");
    await accessible(page, "the upload page in Spanish");
    await page.reload();
    await page.getByRole("heading", { name: "Subir vídeos" }).waitFor();
    // What the gateway refuses is told in the reader's language too.
    await page.locator("input[type=file]").setInputFiles({ name: "notas.mp4", mimeType: "video/mp4", buffer: Buffer.from("Esto no es un vídeo. ".repeat(99)) });
    await page.getByRole("button", { name: "Subir el vídeo" }).click();
    await page.getByText("El archivo no es un vídeo que se pueda leer.").waitFor();
    await page.goto("/nowhere");
    await page.getByRole("link", { name: "Volver a los vídeos" }).waitFor();
    await accessible(page, "an address that is none");
  },

  /** Each component that README.md names works alone, as a site has it that embeds them. */
  async examples(page) {
    const { video } = await ask("processed video");
    await page.goto("/examples/index.html");
    await page.getByRole("link", { name: "docreel-reader" }).waitFor();
    await accessible(page, "the examples");
    const told = readFileSync(new URL("../../web/README.md", import.meta.url), "utf-8").matchAll(/^\| `docreel-([a-z-]+)` \|/gm);
    const names = [...told].map(([, one]) => one).sort();
    const links = await page.locator(".all a").allTextContents();
    assert.deepEqual(links.map((one) => one.replace("docreel-", "")).sort(), names);
    const shown = {
      upload: "text=Drop videos here",
      "job-progress": "[data-status]",
      "active-jobs": "[data-job]",
      "language-picker": "text=Spanish",
      reader: "video",
      operations: "[data-service=progress]",
      "article-editor": ".tiptap p",
      "subtitle-editor": "textarea",
      "export-menu": "text=Export",
    };
    assert.deepEqual(Object.keys(shown).sort(), names);
    for (const [component, what] of Object.entries(shown)) {
      await page.goto(`/examples/index.html?docreel-${component}`);
      await page.locator(`docreel-${component} >> ${what}`).first().waitFor();
      await accessible(page, `the example of ${component}`);
    }

    // Pictures are shown without a reader around; a player of the page's own and the editor know each other.
    await page.goto("/examples/index.html?docreel-article-editor");
    await page.locator(".tiptap p").first().waitFor();
    await page.locator("[name=article]").fill((await pictured(page, video)).id);
    await page.keyboard.press("Tab");
    await drawn(page.locator(".tiptap img").first());
    await page.goto("/examples/index.html?docreel-subtitle-editor");
    await page.getByRole("button", { name: /^Play from 0:0[1-9]/ }).first().click();
    await page.locator("docreel-subtitle-editor li.now").waitFor();
    await page.locator(".log", { hasText: "docreel-seek" }).waitFor();

    await page.goto("/examples/index.html?docreel-export-menu");
    // Of the newest video's languages any may stand first.
    await page.locator("[name=language]").fill("en");
    await page.keyboard.press("Tab");
    await page.getByText("Export", { exact: true }).click();
    await accessible(page, "the export menu alone");
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Subtitles (WebVTT)" }).click();
    assert.match((await saving).suggestedFilename(), /\.en\.vtt$/);
    await page.locator("[name=language]").fill("fr");
    await page.keyboard.press("Tab");
    await page.getByText("Export", { exact: true }).click();
    await page.getByRole("button", { name: "Subtitles (WebVTT)" }).click();
    await page.getByRole("alert").getByText(/in fr/).waitFor(); // nobody else shows what is refused

    await page.goto("/examples/index.html?docreel-language-picker");
    await page.getByRole("searchbox").fill("none such");
    assert.equal(await page.getByRole("checkbox").count(), 0);
    await page.getByRole("searchbox").fill("CATALÁN");
    assert.equal(await page.getByRole("checkbox").count(), 1);
  },

  /** A page of another origin, with nothing but a script tag: it uploads, and watches to the end. */
  async elsewhere(page, _, file) {
    await page.goto("/");
    await page.locator("docreel-upload input[type=file]").setInputFiles(file);
    await page.locator("docreel-upload").getByLabel("Title", { exact: true }).fill("From elsewhere");
    await page.getByRole("checkbox", { name: "Spanish" }).check();
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await page.locator("docreel-active-jobs").getByRole("link", { name: "From elsewhere" }).click();
    assert.equal(new URL(page.url()).pathname, "/", "the link left the page that prevented it");
    const progress = page.locator("body > main > section > docreel-job-progress");
    await progress.locator("[data-status=completed]").waitFor({ timeout: 150_000 });
    await progress.locator("[data-stage=translating][data-language=es][data-state=done]").waitFor();
    // Who does not prevent it comes to the gateway's page, not to one that this site does not have.
    const gateway = await page.locator("docreel-upload").getAttribute("gateway");
    const links = await page.locator("docreel-active-jobs a, [data-docreel=video]").evaluateAll((all) => all.map((one) => new URL(one.href).origin));
    assert.deepEqual([...new Set(links)], [new URL(gateway).origin]);
    await accessible(page, "a page of another site");
  },

  /** An editor that a page of another origin adds later is loaded then, from the gateway, and saves. */
  async guest(page) {
    const { video } = await ask("processed video");
    const loaded = [];
    page.on("request", (request) => /-editor-.*\.js$/.test(request.url()) && loaded.push(request.url()));
    await page.goto("/");
    await page.waitForFunction(() => customElements.get("docreel-upload"));
    const gateway = await page.locator("docreel-upload").getAttribute("gateway");
    const own = new URL(page.url()).origin;
    const { id: article } = await pictured(page, video, gateway);
    await page.waitForTimeout(500);
    assert.deepEqual(loaded, [], "an editor was loaded that nobody wants");
    const add = (name, attributes) =>
      page.evaluate(
        ([tag, given]) => {
          const element = document.createElement(tag);
          for (const [attribute, value] of Object.entries(given)) element.setAttribute(attribute, value);
          document.querySelector("main").replaceChildren(Object.assign(document.createElement("h1"), { textContent: tag }), element);
        },
        [name, { gateway, ...attributes }],
      );

    await add("docreel-article-editor", { article });
    await drawn(page.locator(".tiptap img").first());
    assert.match(await page.locator(".tiptap img").first().getAttribute("src"), /\?token=\w/);
    assert(loaded.length === 1 && loaded[0].startsWith(`${gateway}/assets/article-editor-`), `${loaded}, for ${own}`);
    await page.getByRole("textbox", { name: "Text of the article" }).click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Written from another site.");
    await page.locator("[data-saving=unsaved]").waitFor();
    await page.locator("[data-saving=saved]").waitFor();
    await accessible(page, "the article's editor in another site");
    const text = await (await page.request.get(`${gateway}/api/articles/${article}`)).json();
    assert.match(text.content_text, /Written from another site\./);
    assert.doesNotMatch(JSON.stringify(text.content_json), /token=/, "a link's token was stored");

    await add("docreel-subtitle-editor", { video, language: "en" });
    await page.getByRole("textbox", { name: /^Text at/ }).first().fill("Subtitled from another site.");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator("docreel-subtitle-editor [role=status]", { hasText: /^Saved$/ }).waitFor();
    await accessible(page, "the subtitles' editor in another site");
    const track = await (await page.request.get(`${gateway}/api/videos/${video}/subtitles/en`)).json();
    assert.equal(track.cues[0].text, "Subtitled from another site.");
  },
};
