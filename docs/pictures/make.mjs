// Takes the runbook's pictures of RabbitMQ's management page, from a stack that is at work:
//   node docs/pictures/make.mjs http://127.0.0.1:15672 monitoring PASSWORD
// Needs web/node_modules (`make web`) and Debian's Chromium.
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const MOST = 100_000; // bytes of a picture
const [address, user, password] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
await page.goto(address);
await page.fill("input[name=username]", user);
await page.fill("input[name=password]", password);
await page.click("input[type=submit]");
await page.getByText("Overview").first().waitFor();
await taken("#/queues", "translator.work", "queues", 560);
await taken("#/queues/%2F/translator.work", "Consumers", "queue", 760);
await taken("#/connections", "translator@", "connections", 420);
await browser.close();

async function taken(where, sees, name, height) {
  await page.setViewportSize({ width: 1100, height });
  await page.goto(`${address}/${where}`);
  await page.getByText(sees).first().waitFor();
  await page.waitForTimeout(6000); // until the charts are drawn, and drawn again
  const path = fileURLToPath(new URL(`${name}.jpg`, import.meta.url));
  await page.screenshot({ path, type: "jpeg", quality: 60 });
  if (statSync(path).size > MOST) throw new Error(`${path} has ${statSync(path).size} bytes: make it smaller`);
}
