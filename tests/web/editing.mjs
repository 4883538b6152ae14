// Walks in which somebody edits what another tab, or a machine, changes as well.
import assert from "node:assert/strict";
import { accessible, ask, status } from "./browser.mjs";

export const editing = {
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
    await page.locator("docreel-subtitle-editor [role=status]", { hasText: /^Saved$/ }).waitFor();
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
};
