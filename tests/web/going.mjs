// Walks in which something happens to a video on its way: a reload, a restart, a failure.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessible, ask, status, upload } from "./browser.mjs";

export const going = {
  /** A reload in the middle goes on from where the bytes were, without the file being chosen again. */
  async reload(page, context, file) {
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

  /** Several files dropped at once are titled, sent and processed; one that is empty is refused by name. */
  async dropped(page, _, file) {
    await page.goto("/upload");
    const zone = page.getByText("Drop videos here");
    const dropped = await page.evaluateHandle((text) => {
      const film = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      for (const [name, bytes] of [["one.mp4", film], ["two.mp4", film], ["none.mp4", new Uint8Array()]]) {
        data.items.add(new File([bytes], name, { type: "video/mp4" }));
      }
      return data;
    }, readFileSync(file).toString("base64"));
    await zone.dispatchEvent("drop", { dataTransfer: dropped });
    await page.getByText(/none\.mp4/).waitFor();
    const titles = page.getByLabel("Title", { exact: true });
    assert.deepEqual([await titles.nth(0).inputValue(), await titles.nth(1).inputValue(), await titles.count()], ["one", "two", 2]);
    await accessible(page, "several files");
    await titles.nth(0).fill("The first of two");
    await titles.nth(1).fill("The second of two");
    await page.getByRole("button", { name: "Upload the videos" }).click();
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    for (const title of ["The first of two", "The second of two"]) {
      await page.locator("docreel-upload docreel-job-progress", { hasText: title }).locator("[data-status=completed]").waitFor({ timeout: 150_000 });
    }
  },

  /** The page says that the gateway is away, and goes on by itself when it is back. */
  async restart(page, _, file) {
    await upload(page, file, "Restarted", []);
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await ask("kill gateway");
    await page.locator("[data-trouble]").waitFor();
    // A page whose script was not loaded yet waits for the gateway as well.
    await page.getByRole("link", { name: "Operations" }).click();
    await page.locator("main [role=status]", { hasText: "does not answer" }).waitFor();
    await ask("start gateway");
    await page.locator("[data-service=transcriber]").waitFor({ timeout: 60_000 });
    await page.goBack();
    await page.locator("docreel-upload docreel-job-progress").waitFor();
    await page.locator("[data-trouble]").waitFor({ state: "detached", timeout: 60_000 });
    await status(page, "completed");
  },

  async cancel(page, _, file) {
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
  async failing(page, _, file) {
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
};
