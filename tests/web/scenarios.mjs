// `node scenarios.mjs NAME URL FILE`: one walk through the page in a real browser, on a real stack.
import assert from "node:assert/strict";
import { accessible, ask, counted, run, status, upload } from "./browser.mjs";

const [name, url, file] = process.argv.slice(2);

const scenarios = {
  /** From an empty project to an edited, published article in two languages, with a leave in the middle. */
  async whole(page) {
    await page.goto("/");
    await page.getByRole("heading", { name: "Turn your first video into documentation" }).waitFor();
    await accessible(page, "the empty project");
    await page.getByRole("link", { name: "Upload a video" }).click();
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByLabel("Title").fill("The whole way");
    await page.getByRole("checkbox", { name: "Spanish" }).check();
    await accessible(page, "the upload page");
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await accessible(page, "the upload page with a job");

    await page.goto("about:blank");
    await page.goto("/");
    await page.locator("docreel-active-jobs").getByRole("link", { name: "The whole way" }).click();
    await page.waitForURL(/\/jobs\//);
    const shares = [];
    await page.exposeFunction("seen", (share) => shares.push(Number(share)));
    await page.evaluate(() => {
      const root = document.querySelector("docreel-app").shadowRoot;
      setInterval(() => {
        const bar = root.querySelector("docreel-job-progress")?.shadowRoot.querySelector("[role=progressbar]");
        if (bar) window.seen(bar.getAttribute("aria-valuenow"));
      }, 100);
    });
    await status(page, "completed");
    assert.deepEqual(shares, [...shares].sort((a, b) => a - b), "progress went back");
    await page.locator("[data-stage=translating][data-language=es][data-state=done]").waitFor();
    await accessible(page, "the job");
    await page.getByRole("link", { name: "Read and edit" }).click();

    await page.locator("article[data-article]").first().waitFor();
    await accessible(page, "the reader");
    const block = page.locator("[data-start]", { hasText: /\w/ }).nth(2);
    const start = Number(await block.getAttribute("data-start"));
    await block.click();
    await page.waitForFunction(
      (wanted) => {
        const reader = document.querySelector("docreel-app").shadowRoot.querySelector("docreel-reader").shadowRoot;
        const now = reader.querySelector(".block.now");
        return reader.querySelector("video").currentTime >= wanted - 0.1 && now !== null;
      },
      start,
    );
    const tracks = await page.locator("video track").evaluateAll((all) => all.map((one) => `${one.kind} ${one.srclang}`));
    assert.deepEqual(tracks.sort(), ["chapters en", "subtitles en", "subtitles es"]);

    for (const [language, words] of [["en", "Written by hand."], ["es", "Escrito a mano."]]) {
      await page.locator("[data-control=language]").selectOption(language);
      await page.getByRole("button", { name: /^Edit: / }).first().click();
      await page.getByRole("textbox", { name: "Text of the article" }).click();
      await page.keyboard.press("Control+End");
      await page.keyboard.press("Enter");
      await page.keyboard.type(words);
      await page.locator("[data-saving=saved]").waitFor();
      if (language === "en") await accessible(page, "the article's editor");
      await page.locator("[data-control=status]").selectOption("published");
      await page.locator("[data-saving=saved]").waitFor();
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByText("Published", { exact: true }).first().waitFor();
    }
    await page.reload();
    await page.getByText("Written by hand.").waitFor();
    await page.locator("[data-control=beside]").selectOption("es");
    await page.getByText("Escrito a mano.").waitFor();
    await accessible(page, "two languages side by side");

    await page.locator("[data-edit=subtitles]").click();
    const cue = page.getByRole("textbox", { name: /^Text at/ }).first();
    await cue.fill("One line that is much, much longer than any line of subtitles should ever be.");
    await page.getByText("Line too long").waitFor();
    await accessible(page, "the subtitles' editor");
    await cue.fill("A line of my own.");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator("docreel-subtitle-editor [role=status]", { hasText: "Saved" }).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByText("Export", { exact: true }).click();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Everything (ZIP)" }).click();
    assert.equal((await saving).suggestedFilename(), "The whole way.zip");
    await page.getByText("Export", { exact: true }).click();
    const printing = page.waitForEvent("download");
    await page.getByRole("button", { name: "Documents to print (PDF)" }).click();
    assert.match((await printing).suggestedFilename(), /^The whole way\.[a-z]{2}\.pdf$/);

    await page.goto("/operations");
    await page.locator("[data-service=transcriber]").waitFor();
    await page.getByText("No engine was paid in the last 14 days.").waitFor();
    await accessible(page, "operations");
    await page.goto("/");
    await page.getByRole("heading", { name: "Videos", exact: true }).waitFor();
    await accessible(page, "the project");
  },

  /** A reload in the middle goes on from where the bytes were, without the file being chosen again. */
  async reload(page, context) {
    const throttle = async (uploadThroughput) => {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
    };
    await page.goto("/upload");
    await throttle(60_000);
    const offsets = [];
    page.on("request", (request) => {
      if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
    });
    await upload(page, file, "Reloaded", []);
    await page.locator("[data-phase=sending]").waitFor();
    await page.getByText(/per second/).waitFor();
    await page.getByRole("button", { name: /^Pause/ }).click();
    await page.locator("[data-phase=paused]").waitFor();
    await page.getByRole("button", { name: /^Resume/ }).click();
    await page.locator("[data-phase=sending]").waitFor();
    await page.waitForTimeout(2000);
    await page.reload();
    await throttle(-1);
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    assert(offsets.length >= 3, `paused and reloaded, with requests at ${offsets}`);
    assert.equal(offsets[0], 0);
    assert(offsets.at(-1) > 0, `the upload began anew: ${offsets}`);
  },

  /** The page says that the gateway is away, and goes on by itself when it is back. */
  async restart(page) {
    await upload(page, file, "Restarted", []);
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await ask("kill gateway");
    await page.locator("[data-trouble]").waitFor();
    await ask("start gateway");
    await page.locator("[data-trouble]").waitFor({ state: "detached", timeout: 60_000 });
    await status(page, "completed");
  },

  async cancel(page) {
    await upload(page, file, "Cancelled", ["Spanish"]);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await status(page, "cancelled");
    await page.getByRole("button", { name: /^(Try again|Retry)/ }).waitFor();
    // Nobody wants it any more: it goes, once that is said twice.
    await page.goto("/");
    await page.locator("docreel-project .videos").getByRole("link", { name: "Cancelled" }).click();
    await page.getByRole("button", { name: "Delete the video" }).click();
    await accessible(page, "the question before a deletion");
    await page.getByRole("button", { name: "Delete it for good" }).click();
    await page.getByRole("heading", { name: "Videos", exact: true }).waitFor();
    assert.equal(await page.getByText("Cancelled", { exact: true }).count(), 0);
  },

  // Catalan is translated here only: what was translated once is taken from what is kept.
  /** A language that fails is named, the rest is there, and it alone is retried once it is mended. */
  async failing(page) {
    await page.goto("/upload");
    await ask("kill translator");
    await upload(page, file, "Failing", ["Catalan"]);
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await ask("start a translator that has no dictionaries");
    await status(page, "completed");
    await page.locator("[data-language=ca][data-state=failed]").waitFor();
    await page.locator("[data-stage=generating_docs][data-state=done]").waitFor();
    await page.getByText("Complete, with gaps").waitFor();
    await page.getByText(/missing:/).waitFor();
    await accessible(page, "a job with issues");
    await ask("mend translator");
    await page.getByRole("button", { name: "Retry what is missing" }).click();
    await page.locator("[data-language=ca][data-state=done]").waitFor({ timeout: 150_000 });
    await status(page, "completed");
    assert.equal(await page.getByText(/missing:/).count(), 0);
  },

  /** Of two tabs that edit one article, the second is told, and neither text is lost unasked. */
  async tabs(page, context) {
    const { video } = await ask("processed video");
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.goto(`/videos/${video}`);
      await tab.getByRole("button", { name: /^Edit: / }).first().click();
      await tab.getByRole("textbox", { name: "Text of the article" }).click();
    }
    await page.keyboard.type("First tab. ");
    await page.locator("[data-saving=saved]").waitFor();
    await other.keyboard.type("Second tab. ");
    await other.locator("[data-saving=conflict]").waitFor();
    await accessible(other, "a conflict");
    await other.getByRole("button", { name: "Show theirs, drop mine" }).click();
    await other.getByText("First tab.").waitFor();
    await other.getByRole("textbox", { name: "Text of the article" }).click();
    await other.keyboard.type("Second tab. ");
    await other.locator("[data-saving=saved]").waitFor();
  },

  /** Of two cues that the machine heard differently one is taken and saved; the rest is dismissed. */
  async heard(page) {
    const { video } = await ask("heard again");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-edit=subtitles]").click();
    await page.getByText("Cues that the machine heard differently since: 2").click();
    await accessible(page, "cues heard differently");
    await page.getByRole("button", { name: /^Take 0:0/ }).first().click();
    assert.equal(await page.getByRole("textbox", { name: /^Text at/ }).first().inputValue(), "Heard 0.");
    await page.getByText("Cues that the machine heard differently since: 1").waitFor();
    assert.ok(await page.getByRole("button", { name: "Keep these" }).isDisabled());
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator("docreel-subtitle-editor [role=status]", { hasText: "Saved" }).waitFor();
    await page.getByRole("button", { name: "Keep these" }).click();
    await page.locator("docreel-subtitle-proposal [data-proposal]").waitFor({ state: "detached" });
    const track = await (await page.request.get(`/api/videos/${video}/subtitles/en`)).json();
    assert.equal(track.proposal, null);
    assert.equal(track.cues[0].text, "Heard 0.");
    assert.notEqual(track.cues[1].text, "Heard 1.");
  },

  /** Of two blocks that their source left behind, one is still right, the other is translated again. */
  async stale(page) {
    const { video } = await ask("processed video");
    await ask("stale blocks");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-control=language]").selectOption("es");
    const outdated = page.locator("article[lang=es] .mark", { hasText: "Outdated" });
    await outdated.first().waitFor();
    assert.equal(await outdated.count(), 2);
    await page.getByRole("button", { name: /^Edit: / }).first().click();
    await page.locator("[data-stale='2']").waitFor();
    await page.getByText(/^The original now says: \S/).first().waitFor();
    assert.equal(await page.locator(".tiptap .look").count(), 2);
    await accessible(page, "outdated blocks");
    await page.getByRole("button", { name: "It is still right: A mano 1." }).click();
    await page.locator("[data-stale='1']").waitFor();
    await page.getByRole("button", { name: "Translate it again: A mano 0." }).click();
    await page.getByText("Will be translated again by the next processing").waitFor();
    // What is decided is no edit of the text, and the text is not lost by it.
    await page.getByRole("textbox", { name: "Text of the article" }).click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Y algo más.");
    await page.locator("[data-saving=saved]").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.locator("[data-again]").getByRole("button", { name: "Process again" }).click();
    await page.waitForURL(/\/jobs\//);
    await status(page, "completed");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-control=language]").selectOption("es");
    await page.getByText("A mano 1.").waitFor();
    await page.getByText("Y algo más.").waitFor();
    assert.equal(await outdated.count(), 0);
    assert.equal(await page.getByText("A mano 0.").count(), 0);
  },

  /** Fifty running jobs are one request every two seconds; a hidden tab makes none. */
  async fifty(page) {
    await ask("fifty jobs");
    await page.goto("/");
    await page.getByText(/^5\d running$/).first().waitFor();
    const seen = counted(page, "/api/");
    await page.waitForTimeout(6500);
    assert(seen.length >= 2 && seen.length <= 4, `${seen.length} requests in 6.5 s: ${seen}`);
    const hide = (hidden) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    await page.waitForTimeout(500); // one that was under way
    const before = seen.length;
    await page.waitForTimeout(5000);
    assert.equal(seen.length, before, "a hidden tab asked");
    const asked = page.waitForRequest(/activity/, { timeout: 1500 });
    await hide(false);
    await asked;
    await accessible(page, "fifty jobs");
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
  },

  /** Each component works alone, as a site has it that embeds them. */
  async examples(page) {
    await ask("processed video");
    await page.goto("/examples/index.html");
    await page.getByRole("link", { name: "docreel-reader" }).waitFor();
    await accessible(page, "the examples");
    const shown = {
      upload: "text=Drop videos here",
      "job-progress": "[data-status]",
      "active-jobs": "[data-job]",
      reader: "video",
      operations: "[data-service=progress]",
    };
    for (const [component, what] of Object.entries(shown)) {
      await page.goto(`/examples/index.html?docreel-${component}`);
      await page.locator(`docreel-${component} >> ${what}`).first().waitFor();
      await accessible(page, `the example of ${component}`);
    }
  },

  /** A page of another origin, with nothing but a script tag: it uploads, and watches to the end. */
  async elsewhere(page) {
    await page.goto("/");
    await page.locator("docreel-upload input[type=file]").setInputFiles(file);
    await page.locator("docreel-upload").getByLabel("Title").fill("From elsewhere");
    await page.getByRole("checkbox", { name: "Spanish" }).check();
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await page.locator("docreel-active-jobs").getByRole("link", { name: "From elsewhere" }).click();
    assert.equal(new URL(page.url()).pathname, "/", "the link left the page that prevented it");
    const progress = page.locator("body > main > section > docreel-job-progress");
    await progress.locator("[data-status=completed]").waitFor({ timeout: 150_000 });
    await progress.locator("[data-stage=translating][data-language=es][data-state=done]").waitFor();
    await accessible(page, "a page of another site");
  },
};

await run(url, scenarios[name]);
process.exit(0);
