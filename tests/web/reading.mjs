// Walks through what a reader does besides reading: more languages, a sentence played, an article formatted.
import assert from "node:assert/strict";
import { accessible, ask, status } from "./browser.mjs";

export const reading = {
  /** A language is added to a video that is there, and one that has nothing yet is processed from its page. */
  async more(page, _, file) {
    const { video } = await ask("processed video");
    await page.goto(`/videos/${video}`);
    await page.getByRole("button", { name: "Add languages" }).click();
    await page.getByRole("checkbox", { name: "Galician" }).waitFor();
    assert.equal(await page.getByRole("checkbox", { name: "Spanish" }).count(), 0, "what is there is offered again");
    await accessible(page, "languages to add");
    await page.getByRole("checkbox", { name: "Galician" }).check();
    await page.getByRole("button", { name: "Translate", exact: true }).click();
    await page.waitForURL(/\/jobs\//);
    await page.goto(`/videos/${video}`);
    await page.locator("docreel-video-job [data-status]").waitFor();
    assert.equal(await page.getByRole("button", { name: "Add languages" }).count(), 0, "offered while a job runs");
    await accessible(page, "a video that is being processed");
    // What the job makes appears by itself.
    const language = page.locator("[data-control=language]");
    await language.locator("option[value=gl]").waitFor({ state: "attached", timeout: 150_000 });
    await page.locator("docreel-video-job [data-status]").waitFor({ state: "detached", timeout: 150_000 });
    await language.selectOption("gl");
    await page.locator("article[lang=gl]").nth(3).waitFor();

    const fresh = (await ask("uploaded video")).video;
    await page.goto(`/videos/${fresh}`);
    await page.getByRole("heading", { name: "Process this video" }).waitFor();
    await accessible(page, "a video of which nothing was made");
    await page.getByRole("button", { name: "Process the video" }).click();
    await page.waitForURL(/\/jobs\//);
    await status(page, "completed");
    await page.getByRole("link", { name: "Read and edit" }).click();
    await page.locator("article[data-article]").first().waitFor();
    await page.goto("/");
    await page.locator(`a[href="/videos/${fresh}"] img`).waitFor();
    const drawn = await page.locator(`a[href="/videos/${fresh}"] img`).evaluate(async (image) => (await image.decode(), image.naturalWidth));
    assert(drawn > 100, "the poster is not shown");
  },

  /** A click on a sentence plays from it, not from the start of its paragraph; the one that plays is marked. */
  async sentences(page) {
    const { video, seconds } = await ask("long paragraph");
    await page.goto(`/videos/${video}`);
    const said = page.locator("article[lang=en]").last().locator(".sentence");
    await said.nth(2).waitFor();
    assert.deepEqual(await said.allTextContents(), ["This comes first. ", "That ", "is bold", " and second. ", "The third ends it."]);
    const starts = await said.evaluateAll((all) => all.map((one) => Number(one.dataset.second)));
    assert.deepEqual(starts, [...starts].sort((a, b) => a - b));
    assert.equal(starts[1], starts[3], "one sentence has two seconds");
    assert(starts[0] === seconds[0] && starts[4] > seconds[1], `${starts} are not of ${seconds}`);
    await said.nth(4).click();
    await page.waitForFunction(
      ([wanted]) => {
        const reader = document.querySelector("docreel-app").shadowRoot.querySelector("docreel-reader").shadowRoot;
        const player = reader.querySelector("docreel-player").shadowRoot.querySelector("video");
        return player.currentTime >= wanted - 0.1 && reader.querySelector(".sentence.now")?.textContent === "The third ends it.";
      },
      [starts[4]],
    );
  },

  /** On a phone a chapter brings its article, below the film that stays; what a place is called and how it was left is kept. */
  async places(page) {
    const { video } = await ask("processed video");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`/videos/${video}`);
    const chapter = page.getByRole("navigation", { name: "Chapters" }).getByRole("button").nth(2);
    const heading = page.locator("article[data-article]").nth(2).locator("h2");
    await chapter.click();
    const film = page.locator("docreel-player");
    for (let n = 0; ; n += 1) {
      const [title, above] = [await heading.boundingBox(), await film.boundingBox()];
      if (above.y >= -1 && title.y >= above.y + above.height && title.y + title.height < 844) break;
      assert(n < 50, `the article is at ${title.y}, the film at ${above.y} to ${above.y + above.height}`);
      await page.waitForTimeout(100);
    }
    await accessible(page, "a chapter on a phone");
    await page.getByRole("button", { name: "Rename the video" }).click();
    await page.getByLabel("Title", { exact: true }).fill("What it is called now");
    await accessible(page, "another title");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What it is called now", level: 1 }).waitFor();
    assert.equal(await page.title(), "What it is called now · Docreel");
    await page.reload();
    await page.waitForFunction(() => document.title === "What it is called now · Docreel");

    // Back in the list one is where one was.
    await page.setViewportSize({ width: 390, height: 400 });
    await page.goto("/");
    await page.locator(".videos a").last().waitFor();
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    const left = await page.evaluate(() => scrollY);
    assert(left > 100, "the list is too short to be left anywhere");
    await page.locator(".videos a").last().click();
    await page.locator("docreel-reader h1").waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.goBack();
    await page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 3, left);

    await page.goto("/videos/00000000-0000-4000-8000-000000000000");
    await page.getByText("There is no such video. It may have been deleted.").waitFor();
    await accessible(page, "a video that is none");
    await page.getByRole("link", { name: "Back to the videos" }).click();
    await page.locator(".videos a").first().waitFor();
  },

  /** Links, lists and tables are made with the bar of tools, saved, and shown to who reads. */
  async formatted(page) {
    const { video } = await ask("processed video");
    await page.goto(`/videos/${video}`);
    await page.locator("article[data-article]").nth(1).getByRole("button", { name: /^Edit: / }).click();
    const text = page.getByRole("textbox", { name: "Text of the article" });
    await text.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Look here");
    for (let n = 0; n < 4; n += 1) await page.keyboard.press("Shift+ArrowLeft");
    const focused = () => text.and(page.locator(":focus")).waitFor(); // it comes with the next frame
    const tool = (name) => page.getByRole("toolbar").getByRole("button", { name, exact: true });
    await tool("Link").click();
    await page.getByLabel("Address of the link").fill("example.com:8080/docs");
    await accessible(page, "a link's address");
    await page.keyboard.press("Enter");
    await focused();
    await page.keyboard.type(" for more.");
    await page.keyboard.press("Enter");
    await tool("Table").click();
    await focused();
    await page.keyboard.type("Key");
    await tool("Column after").click();
    await focused();
    for (const head of ["Value", "Note"]) {
      await page.keyboard.press("Tab");
      await page.keyboard.type(head);
    }
    await tool("Remove row").waitFor();
    await accessible(page, "a table that is edited");
    await page.locator("[data-saving=saved]").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.reload();
    const link = page.getByRole("link", { name: "here" });
    assert.equal(await link.getAttribute("href"), "https://example.com:8080/docs");
    await page.locator("p", { hasText: "Look here for more." }).waitFor();
    const table = page.getByRole("table").filter({ hasText: "Key" });
    assert.equal(await table.getByRole("row").count(), 3);
    assert.deepEqual(await table.locator("th").allTextContents(), ["Key", "Value", "Note"]);

    // Where a picture is selected what is typed goes below it.
    const article = page.locator("article[data-article]").nth(2);
    const pictures = await article.locator("img").count();
    assert(pictures > 0);
    await article.getByRole("button", { name: /^Edit: / }).click();
    await text.locator("img").first().click();
    await page.keyboard.type("Below the picture.");
    await page.locator("[data-saving=saved]").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await article.getByText("Below the picture.").waitFor();
    assert.equal(await article.locator("img").count(), pictures);
  },
};
