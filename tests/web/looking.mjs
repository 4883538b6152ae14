// Walks on what the page asks the gateway for, and how it looks: idle, in Spanish, on other sites.
import assert from "node:assert/strict";
import { accessible, ask, counted } from "./browser.mjs";

export const looking = {
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
  async elsewhere(page, _, file) {
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
