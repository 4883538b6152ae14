// Walks through uploads that do not just go through: reloaded, paused, in two tabs, refused, given up.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { accessible, ask, counted, status, upload } from "./browser.mjs";

const PIECE = 6 * 1024 * 1024; // bytes that are sent in one request
const SLOW = 3_000_000; // bytes per second: a piece takes two seconds
const HELD = 20_000; // bytes per second: nothing more arrives, however long a walk looks

/** Write films that take several pieces: the film, and a box that players skip (ISO/IEC 14496-12, `free`). */
function films(file, names) {
  return names.map((name) => {
    const box = Buffer.alloc(2.5 * PIECE);
    box.writeUInt32BE(box.length);
    box.write("free", 4);
    box.write(name, 8);
    const path = join(dirname(file), `${name}.mp4`);
    writeFileSync(path, Buffer.concat([readFileSync(file), box]));
    return path;
  });
}

async function throttle(page, uploadThroughput) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
}

const card = (page, title, phase) =>
  page.locator(`docreel-transfer article${phase ? `[data-phase=${phase}]` : ""}`, { hasText: title });
const titles = (page) => page.locator("docreel-transfer h2").allTextContents();
const share = async (page, title) => Number(await card(page, title).getByRole("progressbar").getAttribute("aria-valuenow"));
const menu = (page, name) => page.getByRole("link", { name, exact: true });
const left = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("docreel.uploads") ?? "[]"));

/** Send one film slowly, until the gateway has its first piece; hardly any more from then on. */
async function begun(page, file, title, pace = HELD) {
  const [path] = films(file, [title]);
  await page.goto("/upload");
  await throttle(page, SLOW);
  const second = page.waitForRequest((request) => Number(request.headers()["upload-offset"]) >= PIECE);
  await upload(page, path, title, []);
  await second;
  await throttle(page, pace);
  const [{ videoId }] = await left(page);
  return { path, video: `/api/videos/${videoId}` };
}

/** Wait until everything is sent; leave no work to the workers, and nothing that is cancelled to be seen. */
async function done(page) {
  await page.getByText("You can navigate away.", { exact: true }).waitFor({ timeout: 60_000 });
  assert.deepEqual(await left(page), []);
  const { items } = await (await page.request.get("/api/jobs?limit=50")).json();
  for (const job of items.filter((one) => ["pending", "processing"].includes(one.status))) {
    await page.request.post(`/api/jobs/${job.id}/cancel`);
    const gone = await page.request.delete(`/api/videos/${job.video_id}`);
    assert.equal(gone.status(), 204);
  }
}

export const uploading = {
  /** After a reload several files go on by themselves, two at a time, in the order of their choice. */
  async queued(page, _, file) {
    const names = ["Alpha", "Beta", "Gamma"];
    await page.goto("/upload");
    await throttle(page, SLOW);
    await page.locator("input[type=file]").setInputFiles(films(file, names));
    await page.getByRole("button", { name: "Upload the videos" }).click();
    await card(page, "Gamma", "waiting").waitFor();
    for (let n = 0; n < 3; n += 1) {
      const sent = page.waitForRequest((request) => request.method() === "PATCH");
      await page.reload();
      await sent;
      for (const title of names.slice(0, 2)) await card(page, title, "sending").waitFor();
      await card(page, "Gamma", "waiting").waitFor();
      assert.deepEqual(await titles(page), names, `reload ${n}`);
      await menu(page, "Uploading 3").waitFor();
      await page.waitForTimeout(1500); // a piece arrives, and its record is kept anew
    }
    await throttle(page, -1);
    await done(page);
  },

  /** Another tab shows what this one sends, and how far it is, and goes on once this one is closed. */
  async "taken over"(page, context, file) {
    await begun(page, file, "Handed on");
    const other = await context.newPage();
    const offsets = [];
    other.on("request", (request) => {
      if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
    });
    await other.goto("/upload");
    await card(other, "Handed on", "elsewhere").waitFor();
    assert((await share(other, "Handed on")) > 30, "nothing is seen of what is sent");
    assert.equal(await card(other, "Handed on").getByRole("button").count(), 0);
    assert.equal(await other.getByText("Keep this tab open").count(), 0);
    await menu(other, "Upload").waitFor();
    await accessible(other, "an upload of another tab");
    assert.deepEqual(offsets, []);
    await page.close();
    await done(other);
    assert(offsets[0] >= PIECE, `it began anew: ${offsets}`);
  },

  /** What the browser has no file of any more tells how far it was, and goes on from there with the file. */
  async needed(page, _, file) {
    const { path } = await begun(page, file, "Needed");
    await page.evaluate(async () => {
      const opening = indexedDB.open("docreel", 1);
      await new Promise((resolve) => (opening.onsuccess = resolve));
      const clearing = opening.result.transaction("files", "readwrite").objectStore("files").clear();
      await new Promise((resolve) => (clearing.onsuccess = resolve));
      opening.result.close();
    });
    await page.reload();
    await card(page, "Needed", "lost").waitFor();
    assert((await share(page, "Needed")) > 30);
    await menu(page, "Uploading 1").waitFor();
    await accessible(page, "an upload that needs its file");
    await throttle(page, -1);
    const going = page.waitForRequest((request) => request.method() === "PATCH");
    await page.locator("input[type=file]").setInputFiles(path);
    assert(Number((await going).headers()["upload-offset"]) >= PIECE, "it began anew");
    await done(page);
  },

  /** What is paused stays paused, in every tab and over a reload, until somebody goes on with it. */
  async paused(page, context, file) {
    await begun(page, file, "Rested");
    const other = await context.newPage();
    await other.goto("/upload");
    await card(other, "Rested", "elsewhere").waitFor();
    await page.getByRole("button", { name: "Pause: Rested" }).click();
    for (const tab of [page, other]) await card(tab, "Rested", "paused").waitFor();
    const asked = [];
    context.on("request", (request) => ["PATCH", "POST"].includes(request.method()) && asked.push(request));
    await page.reload();
    await card(page, "Rested", "paused").waitFor();
    await page.waitForTimeout(1500);
    assert.deepEqual(asked, [], "it went on by itself");
    assert((await share(page, "Rested")) > 30);
    await throttle(page, -1);
    await page.getByRole("button", { name: "Resume: Rested" }).click();
    await done(page);
    const first = asked.find((request) => request.method() === "PATCH");
    assert(Number(first.headers()["upload-offset"]) >= PIECE, "it began anew");
  },

  /** Who discards an upload leaves no video behind; what cannot be deleted says why, and stays. */
  async discarded(page, _, file) {
    const { video } = await begun(page, file, "Unwanted");
    await ask("kill gateway");
    await page.getByRole("button", { name: "Discard: Unwanted" }).click();
    await card(page, "Unwanted", "failed").getByText("The server does not answer.").waitFor();
    await menu(page, "Upload").waitFor();
    await ask("start gateway");
    assert.equal((await page.request.get(video)).status(), 200);
    await page.getByRole("button", { name: "Resume: Unwanted" }).click();
    await card(page, "Unwanted", "sending").waitFor();
    await page.getByRole("button", { name: "Discard: Unwanted" }).click();
    await card(page, "Unwanted").waitFor({ state: "detached" });
    assert.equal((await page.request.get(video)).status(), 404);
    await page.reload();
    await page.getByText("Drop videos here").waitFor();
    await page.waitForTimeout(500);
    assert.equal(await card(page, "Unwanted").count(), 0);
    assert.deepEqual(await left(page), []);
    // Deleted elsewhere meanwhile, it goes as well.
    const again = await begun(page, file, "Deleted");
    await page.getByRole("button", { name: "Pause: Deleted" }).click();
    await page.request.delete(again.video);
    await page.getByRole("button", { name: "Discard: Deleted" }).click();
    await card(page, "Deleted").waitFor({ state: "detached" });
  },

  /** What the gateway refuses for good is told, is not asked for again, and goes with its video. */
  async "not accepted"(page, _, file) {
    const path = join(dirname(file), "notes.mp4");
    writeFileSync(path, "No film at all.\n".repeat(1000));
    await upload(page, path, "No film", []);
    const refused = card(page, "No film", "refused");
    await refused.getByText("The file is not a video that can be read").waitFor();
    const seen = async () => {
      assert.deepEqual(await refused.getByRole("button").allTextContents(), ["Discard"]);
      assert.equal(await page.getByText("Keep this tab open").count(), 0);
      await menu(page, "Upload").waitFor();
      const colours = await refused.locator(".bar > span").evaluate((bar) => [
        getComputedStyle(bar).backgroundColor,
        getComputedStyle(bar.closest("article").querySelector(".badge")).color,
      ]);
      assert.equal(colours[0], colours[1], "the bar looks like a success");
    };
    await seen();
    const asked = counted(page, "/api/videos");
    await page.reload();
    await refused.getByText("The file is not a video that can be read").waitFor();
    await page.waitForTimeout(1000);
    await seen();
    assert.deepEqual(asked, [], "it was asked for again");
    await accessible(page, "an upload that was refused");
    const [{ videoId }] = await left(page);
    // So the list of videos says it, with the reason.
    await page.goto("/");
    const listed = page.locator(`a[href="/videos/${videoId}"]`);
    await listed.locator('[data-status="failed"]').waitFor();
    await listed.getByText("The file is not a video that can be read").waitFor();
    await accessible(page, "a video whose file was refused");
    await page.goto(`/videos/${videoId}`);
    await page.locator('[data-status="failed"]').getByText("The file is not a video").waitFor();
    await page.goto("/upload");
    await page.getByRole("button", { name: "Discard: No film" }).click();
    await card(page, "No film").waitFor({ state: "detached" });
    assert.equal((await page.request.get(`/api/videos/${videoId}`)).status(), 404);

    // A video that is deleted on its way is one too.
    const { video } = await begun(page, file, "Deleted on its way", SLOW);
    await page.request.delete(video);
    await card(page, "Deleted on its way", "refused").waitFor();
    await page.getByRole("button", { name: "Discard: Deleted on its way" }).click();
    await card(page, "Deleted on its way").waitFor({ state: "detached" });
  },

  /** A subtitle file goes with its video, is what is read there, and gives way to another one. */
  async "with subtitles"(page, _, file) {
    const words = (said) => `1\n00:00:01,000 --> 00:00:04,000\n${said}\n\n2\n00:00:05,000 --> 00:00:09,000\nOpen C:\\new & go.\n`;
    const drop = (name, text) =>
      page.locator("docreel-upload .drop").evaluate((zone, [called, content]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([content], called));
        zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, composed: true }));
      }, [name, text]);
    const choose = async (name, content) => {
      const choosing = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: /^(Add a subtitle file|Replace it)/ }).click();
      await (await choosing).setFiles({ name, mimeType: "", buffer: Buffer.from(content) });
    };
    await page.goto("/upload");
    await drop("other.srt", words("Nobody's."));
    await page.getByText("other.srt is a subtitle file: choose its video first").waitFor();
    await page.locator("input[type=file]").setInputFiles(file);
    await drop("talk.en.srt", words("By a person."));
    await page.getByText("With the subtitles of talk.en.srt").waitFor();
    await drop("talk.srt", words("One too many."));
    await page.getByText("talk.mp4 has subtitles already: talk.srt is left out.").waitFor();
    await page.getByRole("button", { name: "Leave out talk.en.srt" }).click();
    await choose("words.srt", "Nothing to read.");
    await page.getByText("With the subtitles of words.srt").waitFor();
    await accessible(page, "a video with subtitles");
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.getByText("The file is not a subtitle file that can be read").waitFor();
    assert.deepEqual(await left(page), [], "a video is left of what was refused");
    await page.getByRole("button", { name: "Leave out words.srt" }).click();
    await choose("talk.en.srt", words("By a person."));
    await page.getByLabel("Title", { exact: true }).fill("With words");
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.getByText("You can navigate away.", { exact: true }).waitFor({ timeout: 60_000 });

    const { items } = await (await page.request.get("/api/videos?limit=50")).json();
    const { id } = items.find((one) => one.title === "With words");
    await page.goto(`/videos/${id}`);
    const own = page.getByRole("region", { name: "Subtitle file" });
    await own.getByText("Subtitles from talk.en.srt (English): 2 cues").waitFor();
    const add = own.getByRole("button", { name: "Replace it" }); // once the job is over
    await add.waitFor({ timeout: 150_000 });
    const said = async () => (await page.request.get(`/api/videos/${id}/subtitles/en.vtt`)).text();
    assert.match(await said(), /By a person\.[^]*Open C:\\new &amp; go\./);
    await accessible(page, "a video's subtitle file");
    await choose("better.srt", words("By somebody else."));
    await own.getByText("Subtitles from better.srt: 2 cues").waitFor();
    await accessible(page, "a subtitle file that was replaced");
    await own.getByRole("button", { name: "Process again" }).click();
    await page.waitForURL(/\/jobs\//);
    await status(page, "completed");
    await page.goto(`/videos/${id}`);
    assert.match(await said(), /By somebody else\./);
    await own.getByRole("button", { name: "Remove it" }).click();
    await own.getByText("its words are the video's subtitles").waitFor();
    const gone = await page.request.delete(`/api/videos/${id}`);
    assert.equal(gone.status(), 204);
  },

  /** The same file chosen twice is taken once, and that is said. */
  async twice(page, _, file) {
    await page.goto("/upload");
    const input = page.locator("input[type=file]");
    await input.setInputFiles(file);
    await page.getByLabel("Title", { exact: true }).fill("Mine");
    await input.setInputFiles(file);
    await page.getByText("talk.mp4 is in the list already").waitFor();
    assert.equal(await page.getByLabel("Title", { exact: true }).count(), 1);
    assert.equal(await page.getByLabel("Title", { exact: true }).inputValue(), "Mine");
    await accessible(page, "a file that was chosen twice");
    const [other] = films(file, ["Another"]);
    await input.setInputFiles(other);
    await page.getByRole("button", { name: "Leave out Another.mp4" }).waitFor();
    assert.equal(await page.getByText("is in the list already").count(), 0);
  },
};
