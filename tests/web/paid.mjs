// `node paid.mjs NAME URL FILE`: walks on a stack whose engine is paid, and translates into any language.
import assert from "node:assert/strict";
import { accessible, ask, run, status, upload } from "./browser.mjs";
import { keyboard } from "./keyboard.mjs";

const [name, url, file] = process.argv.slice(2);

/** What stands in a place: its direction, and on which side its first letters are. */
function placed(locator) {
  return locator.first().evaluate((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    const lines = [...range.getClientRects()].filter((box) => box.width > 1);
    const box = one.getBoundingClientRect();
    const gaps = [Math.min(...lines.map((line) => line.left)) - box.left, box.right - Math.max(...lines.map((line) => line.right))];
    return { direction: getComputedStyle(one).direction, side: gaps[0] > gaps[1] ? "right" : "left" };
  });
}

const scenarios = {
  keyboard,

  /** Arabic is written from the right, within a page and beside a source that are not. */
  async rtl(page) {
    const { video } = await ask("processed video");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-control=language]").selectOption("ar");
    const arabic = page.locator("article[lang=ar]");
    const english = page.locator("article[lang=en]");
    const words = arabic.locator("p", { hasText: /[\u0600-\u06ff]/ });
    const right = { direction: "rtl", side: "right" };
    const left = { direction: "ltr", side: "left" };
    await words.first().waitFor();
    assert.deepEqual(await placed(words), right);
    assert.deepEqual(await placed(arabic.locator("h2")), right);
    // What is the page's in it goes the page's way: its status, its buttons.
    assert.deepEqual(await placed(arabic.locator(".row").first()).then(({ direction }) => direction), "ltr");
    assert.deepEqual(await placed(page.locator("h1")), left);
    const chapter = page.getByRole("navigation", { name: "Chapters" }).locator("[lang=ar]").first();
    assert.equal(await chapter.evaluate((one) => getComputedStyle(one).direction), "rtl");
    await accessible(page, "an Arabic article");
    await page.locator("[data-control=beside]").selectOption("en");
    await english.first().waitFor();
    assert.deepEqual(await placed(english.locator("p")), left);
    assert.deepEqual(await placed(words), right);
    const [one, other] = [await arabic.first().boundingBox(), await english.first().boundingBox()];
    assert(Math.abs(one.y - other.y) < 2 && one.x + one.width <= other.x, "not side by side");
    await accessible(page, "Arabic beside English");

    await page.getByRole("button", { name: /^Edit: / }).first().click();
    const text = page.getByRole("textbox", { name: "Text of the article" });
    await text.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("سطر جديد.");
    await page.locator("[data-saving=saved]").waitFor();
    assert.deepEqual(await placed(text.locator("p").last()), right);
    assert.equal(await page.getByRole("toolbar").evaluate((bar) => getComputedStyle(bar).direction), "ltr");
    await accessible(page, "the editor of an Arabic article");
    await page.getByRole("button", { name: "Done" }).click();
    await arabic.getByText("سطر جديد.").waitFor();

    await page.locator("[data-edit=subtitles]").click();
    const cue = page.getByRole("textbox", { name: /^Text at/ }).first();
    await cue.waitFor();
    assert.match(await cue.inputValue(), /[\u0600-\u06ff]/);
    assert.equal(await cue.evaluate((one) => getComputedStyle(one).direction), "rtl");
    assert.equal(await page.locator("docreel-subtitle-editor li").first().evaluate((one) => getComputedStyle(one).direction), "ltr");
    await accessible(page, "Arabic subtitles");
  },

  /** What a job costs and how long it still takes are told while it runs, and are what the API tells. */
  async cost(page, _, file) {
    const job = async (id) => (await page.request.get(`/api/jobs/${id}`)).json();
    await ask("slow engine");
    // German is translated here only: what was translated once is taken from what is kept.
    await upload(page, file, "What it costs", ["German"]);
    await page.getByText("You can navigate away.", { exact: true }).waitFor();
    await page.goto("/");
    await page.locator("docreel-active-jobs").getByRole("link", { name: "What it costs" }).click();
    await page.waitForURL(/\/jobs\//);
    const id = page.url().split("/").at(-1);
    const line = page.locator("docreel-job-progress .spread.small");
    await page.locator("[data-stage=transcribing][data-state=running]").waitFor();
    for (let n = 0; !(await job(id)).eta; n += 1) {
      assert(n < 200, "the API does not tell how long it still takes");
      await page.waitForTimeout(100);
    }
    await page.reload(); // whoever comes back sees it at once
    const left = line.getByText(/\d+ (sec|min) left/);
    await left.waitFor({ timeout: 3000 });
    const [, number, unit] = (await left.textContent()).match(/(\d+) (sec|min) left/);
    const { eta, cost, status: going } = await job(id);
    assert.equal(going, "processing");
    const expected = (Date.parse(eta) - Date.now()) / 1000;
    const shown = Number(number) * (unit === "min" ? 60 : 1);
    assert(Math.abs(shown - expected) < (unit === "min" ? 31 : 3), `${shown} s are shown, ${expected} s told`);
    assert(cost > 0, "nothing is paid while it runs");
    await line.getByText(/\$0\.\d+ so far/).waitFor();
    await accessible(page, "a job that costs");
    await ask("quick engine");
    await status(page, "completed");

    const whole = await job(id);
    const usage = await (await page.request.get(`/api/jobs/${id}/usage`)).json();
    assert(whole.cost > cost, `${cost} while it ran, ${whole.cost} at its end, of ${JSON.stringify(usage)}`);
    const digits = { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 4 };
    const money = new Intl.NumberFormat("en", digits).format(whole.cost);
    assert(Math.abs(usage.total.cost - whole.cost) < 1e-6, `${whole.cost}, of ${JSON.stringify(usage)}`);
    await line.getByText(`Cost: ${money}`).waitFor();
    assert.equal(await line.getByText(/left|so far/).count(), 0, "an ended job goes on");
    await page.goto("/");
    const row = page.locator(`docreel-active-jobs [data-job="${id}"]`);
    await row.getByText(`Cost: ${money}`).waitFor();
    await accessible(page, "a project with costs");
  },
};

await run(url, (page, context) => scenarios[name](page, context, file));
process.exit(0);
