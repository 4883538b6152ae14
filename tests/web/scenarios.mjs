// `node scenarios.mjs NAME URL FILE`: one walk through the page in a real browser, on a real stack.
import assert from "node:assert/strict";
import { accessible, run, status } from "./browser.mjs";
import { cueing } from "./cueing.mjs";
import { editing } from "./editing.mjs";
import { going } from "./going.mjs";
import { leaving } from "./leaving.mjs";
import { looking } from "./looking.mjs";
import { reading } from "./reading.mjs";
import { uploading } from "./uploading.mjs";

const [name, url, file] = process.argv.slice(2);

/** From an empty project to an edited, published article in two languages, with a leave in the middle. */
async function whole(page, _, file) {
  await page.goto("/");
  await page.getByRole("heading", { name: "Turn your first video into documentation" }).waitFor();
  await accessible(page, "the empty project");
  await page.getByRole("link", { name: "Upload a video" }).click();
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByLabel("Title", { exact: true }).fill("The whole way");
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
      return reader.querySelector("docreel-player").shadowRoot.querySelector("video").currentTime >= wanted - 0.1 && now !== null;
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
  await page.getByText("Escrito a mano.").waitFor(); // what was read is read again
  await page.locator("[data-control=language]").selectOption("en");
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
  await page.locator("docreel-subtitle-editor [role=status]", { hasText: /^Saved$/ }).waitFor();
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
}

const parts = [{ whole }, going, editing, cueing, leaving, looking, reading, uploading];
const scenarios = Object.assign({}, ...parts);
assert.equal(Object.keys(scenarios).length, parts.flatMap(Object.keys).length, "two walks have one name");
await run(url, (page, context) => scenarios[name](page, context, file));
process.exit(0);
