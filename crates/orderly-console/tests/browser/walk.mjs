// Walks the console as a person does: signs in, places an order by keyboard, picks, packs, ships,
// delivers, takes two back and refunds them. Then looks at every page in light and dark with
// axe-core. Exits with 1 and says why at the first thing that is not as it should be.
//
// BASE, EMAIL, PASSWORD: the server and who signs in. TOOLS: the folder of playwright-core and
// axe-core. SHOTS: where pictures are kept, if anywhere. ASSETS: a folder with the stylesheet and the
// script as they are being written, instead of the embedded ones.

import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { BASE, EMAIL, PASSWORD, TOOLS, SHOTS } = process.env;
const load = createRequire(join(TOOLS, "npm/node_modules/"));
const { chromium } = load("playwright-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--force-color-profile=srgb"],
});
// Nothing waits for ever: not for a browser that is gone, nor for one that hangs.
const give_up = (why) => { console.error(why); process.exit(1); };
browser.on("disconnected", () => done || give_up("the browser is gone"));
setTimeout(() => give_up("the walk takes longer than five minutes"), 300_000).unref();
let done = false;
const context = await browser.newContext({ viewport: { width: 1366, height: 900 } });
context.setDefaultTimeout(8000);
const page = await context.newPage();
const wrong = [];
page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
page.on("console", (message) => {
  const text = message.text();
  // A refused form is a page with a status of its own.
  if (message.type() === "error" && !text.includes("status of 4")) wrong.push(`console: ${text}`);
});

const { ASSETS } = process.env;
if (ASSETS) {
  const kinds = { css: "text/css", js: "text/javascript" };
  await context.route(/console\/assets\/.*\.(css|js)$/, (route) => {
    const kind = route.request().url().split(".").pop();
    route.fulfill({ contentType: kinds[kind], body: readFileSync(join(ASSETS, `console.${kind}`)) });
  });
}

async function must(what, holds) {
  if (holds) return;
  if (SHOTS) await page.screenshot({ path: join(SHOTS, "failed.png"), fullPage: true });
  throw new Error(`${what}\nat ${page.url()}\n${(await page.locator("main").innerText()).slice(0, 3000)}`);
}

async function shot(name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/// Waits until a text stands on the page.
async function see(text) {
  await page.locator("main", { hasText: text }).first().waitFor({ timeout: 8000 }).catch(() => {});
  await must(`"${text}" does not come`, (await page.locator("main").innerText()).includes(text));
}

async function type(text) {
  await page.keyboard.type(text, { delay: 5 });
}

/// Takes an action on the page of an order, and confirms its sheet by keyboard.
async function act(name, fill = {}) {
  const link = page.locator("main a.button", { hasText: new RegExp(`^${name}$`) }).first();
  if (!(await link.isVisible())) await page.locator("main details[data-actions] summary").click();
  await link.click();
  await see("This will change");
  for (const [field, value] of Object.entries(fill)) {
    await page.locator(`main [name="${field}"]:not([type=hidden])`).first().fill(value);
    await page.locator(`main form.confirm [name="${field}"][value="${value}"]`)
      .waitFor({ state: "attached", timeout: 8000 });
  }
  await page.keyboard.press("Control+Enter");
}

async function main() {
  // Sign in.
  await page.goto(`${BASE}/console`);
  await must("the door", page.url().includes("/console/sign-in"));
  await shot("sign-in");
  await check("the door");
  await type(EMAIL);
  await page.keyboard.press("Tab");
  await type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${BASE}/console`);
  await see("Needs you");

  // Order entry, without the mouse.
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await see("New order");
  await page.keyboard.press("n");
  await see("Enter moves on");
  await type("Nora Quick");
  await page.locator('main [name="new.name"]').waitFor({ timeout: 8000 });
  await page.locator('main [name="new.name"]').focus();
  for (const text of ["Nora Quick", "", "nora@example.com", "0113 1", "1 High St", "LS1 1AA", "Leeds", "GB"]) {
    await type(text);
    await page.keyboard.press("Enter");
  }
  await page.locator('main [name="sku.0"]').focus();
  await type("NAIL");
  await page.keyboard.press("Enter");
  await type("5");
  await page.locator('main [name="sku.1"]').waitFor({ timeout: 8000 });
  await page.locator('main [name="sku.1"]').focus();
  await type("paint");
  await page.keyboard.press("Enter");
  await type("1");
  await see("Everything is there.");
  await page.locator('main [name="method"]').selectOption("parcel");
  await page.waitForTimeout(700);
  await see("Everything is there.");
  await shot("entry");
  await page.keyboard.press("Control+Enter");
  await see("Placed.");
  const order = page.url().split("?")[0];
  await see("Nora Quick");
  await must("the lines", (await page.locator("main table.data tbody tr").count()) >= 2);
  await shot("order-placed");

  // The work, each step shown before it happens.
  await act("Release");
  await see("Released.");
  await act("Pick");
  await see("Picked.");
  await page.keyboard.press("u");
  await see("The last step is taken back.");
  await act("Pick");
  await see("Picked.");
  await act("Pack");
  await see("Packed.");
  await act("Ship", { carrier: "DHL", tracking: "JD01" });
  await see("Shipped.");
  await see("DHL JD01");
  await act("Record delivery");
  await see("Delivered.");
  await shot("order-delivered");

  // Two come back: one restocked, one scrapped; then the money.
  await act("Announce a return", {}).catch(() => {});
  await page.goto(`${order}/return`);
  await page.locator('main [name="line.1"]').fill("2");
  await page.locator('main [name="reason"]').first().fill("too long");
  await page.locator('main form.confirm [name="reason"][value="too long"]')
    .waitFor({ state: "attached", timeout: 8000 });
  await page.keyboard.press("Control+Enter");
  await see("The return is announced.");
  await act("Let the goods come");
  await see("The goods may come.");
  await act("Receive");
  await see("The goods are received.");
  await act("Inspect", { qty: "1" });
  await see("1 restocked");
  await page.locator("main a.button", { hasText: /^Inspect$/ }).first().click();
  await see("This will change");
  await page.locator('main select[name="to"]').selectOption("scrapped");
  await page.locator("main .changes", { hasText: "scrapped" }).waitFor({ timeout: 8000 });
  await page.keyboard.press("Control+Enter");
  await see("1 scrapped");
  await shot("return");

  // Every page, light and dark, as axe sees it; and how it looks on a phone.
  const pages = {
    home: "/console",
    orders: "/console/orders",
    order: new URL(order).pathname,
    cancel: `${new URL(order).pathname}/do/hold?reason=why`,
    entry: "/console/orders/new",
    returns: "/console/returns",
    returned: new URL(page.url()).pathname,
    refund: `${new URL(order).pathname}/refund`,
    request: `${new URL(order).pathname}/return`,
    stock: "/console/stock",
    receive: "/console/stock/receive",
    adjust: "/console/stock/adjust",
    transfer: "/console/stock/transfer",
    transfers: "/console/stock/transfers",
    counts: "/console/stock/counts",
    customers: "/console/customers",
    channels: "/console/channels",
    invoices: "/console/invoices",
    aged: "/console/invoices/aged",
    purchasing: "/console/purchasing",
    bills: "/console/purchasing/invoices",
    documents: `${new URL(order).pathname}/documents`,
    style: "/console/style",
    ...JSON.parse(process.env.PAGES ?? "{}"),
  };
  for (const [name, path] of Object.entries(pages)) {
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      const came = await page.goto(`${BASE}${path}`);
      await must(`${path} answers ${came.status()}`, came.ok());
      await check(`${name} in ${scheme}`);
      await shot(`${name}-${scheme}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${BASE}${path}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 390) wrong.push(`${name} is ${wide} px wide on a phone`);
    await shot(`${name}-phone`);
    // The whole page at once: what the bars cover for the moment is not small for that.
    const high = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: 390, height: high + 120 });
    await check(`${name} on a phone`);
    await page.setViewportSize({ width: 1366, height: 900 });
  }

  // The palette and the list of keys.
  await page.goto(`${BASE}/console`);
  await page.keyboard.press("Control+k");
  await page.locator("#palette[open]").waitFor({ timeout: 3000 });
  await shot("palette");
  await type("returns");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${BASE}/console/returns`);
  await page.keyboard.press("?");
  await page.locator("#keys[open]").waitFor({ timeout: 3000 });
  await page.keyboard.press("Escape");
}

async function check(where) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  for (const one of found.violations) {
    wrong.push(`${where}: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
  }
}

try {
  await main();
} catch (error) {
  await shot("failed").catch(() => {});
  wrong.push(`${error.message}\nat ${page.url()}`);
}
done = true;
await browser.close();
if (wrong.length) {
  console.error([...new Set(wrong)].join("\n"));
  process.exit(1);
}
console.log("walked");
