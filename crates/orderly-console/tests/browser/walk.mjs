// Walks the console as a person does: signs in, places an order by keyboard, sees it split over two
// locations, picks, packs, ships, prints the labels, delivers, takes two back and refunds them, while
// other tabs show stock and channels change. Does the same without scripts. Then looks at every page
// in light and dark and on a phone with axe-core. Exits with 1 and says why at the first thing that is
// not as it should be.
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
setTimeout(() => give_up("the walk takes longer than fifteen minutes"), 900_000).unref();
let done = false;
const context = await browser.newContext({ viewport: { width: 1366, height: 900 } });
context.setDefaultTimeout(20_000);
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
  await page.locator("main", { hasText: text }).first().waitFor({ timeout: 20_000 }).catch(() => {});
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
      .waitFor({ state: "attached", timeout: 20_000 });
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

  // Other tabs, which see what happens.
  const stock = await watch("/console/stock?q=NAIL", "#stock");
  const channels = await watch("/console/channels", "#channels");
  await page.bringToFront();

  const order = await place();
  await channels.changes("the channel page shows the order");
  await must("the goods come from two locations", (await page.locator("main .needs li", { hasText: "to release" }).count()) === 2);
  await shot("order-placed");

  // The work of both locations, each step shown before it happens.
  for (const at of ["North depot", "South store"]) {
    await act("Release");
    await see("Released.");
    await see(at);
  }
  await act("Pick");
  await see("Picked.");
  await page.keyboard.press("u");
  await see("The last step is taken back.");
  for (const [name, done] of [["Pick", "Picked."], ["Pick", "Picked."], ["Pack", "Packed."], ["Pack", "Packed."]]) {
    await act(name);
    await see(done);
  }
  for (const tracking of ["JD01", "JD02"]) {
    await act("Ship", { carrier: "DHL", tracking });
    await see("Shipped.");
    await see(`DHL ${tracking}`);
  }
  await stock.changes("the stock page shows what left");
  await page.goto(`${order}/documents`);
  const labels = page.locator("main tr", { hasText: "Label of parcel" }).locator("a.button");
  await must("a label for each parcel", (await labels.count()) === 2);
  for (const link of await labels.all()) {
    const label = await context.request.get(new URL(await link.getAttribute("href"), BASE).href);
    await must("the label is a PDF", label.headers()["content-type"] === "application/pdf" && (await label.body()).length > 1000);
  }
  await page.goto(order);
  for (let n = 0; n < 2; n += 1) {
    await act("Record delivery");
    await see("Delivered.");
  }
  await shot("order-delivered");

  // Two come back: one restocked, one scrapped; then the money.
  await channels.look();
  await act("Announce a return", {}).catch(() => {});
  await page.goto(`${order}/return`);
  await page.locator('main [name="line.1"]').fill("2");
  await page.locator('main [name="reason"]').first().fill("too long");
  await page.locator('main form.confirm [name="reason"][value="too long"]')
    .waitFor({ state: "attached", timeout: 20_000 });
  await page.keyboard.press("Control+Enter");
  await see("The return is announced.");
  await act("Let the goods come");
  await see("The goods may come.");
  await act("Receive");
  await see("The goods are received.");
  await stock.look();
  await act("Inspect", { qty: "1" });
  await see("1 restocked");
  await stock.changes("the stock page shows what came back");
  await page.locator("main a.button", { hasText: /^Inspect$/ }).first().click();
  await see("This will change");
  await page.locator('main select[name="to"]').selectOption("scrapped");
  await page.locator("main .changes", { hasText: "scrapped" }).waitFor({ timeout: 20_000 });
  await page.keyboard.press("Control+Enter");
  await see("1 scrapped");
  await shot("return");
  const returned = new URL(page.url()).pathname;
  await page.goto(`${order}/refund?return=${returned.split("/").pop()}`);
  await see("This will change");
  await page.keyboard.press("Control+Enter");
  await see("The refund is made.");
  await shot("order-refunded");
  await channels.changes("the channel page shows what went back");
  for (const tab of [stock, channels]) await tab.close();

  // A call is logged, and mail is written as it will be sent.
  await page.locator("main a.button", { hasText: /^Log a call$/ }).click();
  await page.locator('main [name="body"]').fill("Asked when the rest comes.");
  await page.keyboard.press("Control+Enter");
  await see("Asked when the rest comes.");
  await page.locator("main a.button", { hasText: /^Write an e-mail$/ }).click();
  await page.locator('main [name="subject"]').fill("Your order");
  await page.locator('main [name="body"]').fill("It is on its way.");
  await see("Sends an e-mail to nora@example.com");
  await shot("letter");
  await page.locator("main button", { hasText: "Keep as a draft" }).click();
  await see("kept as a draft");
  const draft = await page.locator("main .timeline a").first().getAttribute("href");

  await without_scripts();

  // Every page, light and dark, as axe sees it; and how it looks on a phone.
  const pages = {
    home: "/console",
    orders: "/console/orders",
    order: new URL(order).pathname,
    cancel: `${new URL(order).pathname}/do/hold?reason=why`,
    entry: "/console/orders/new",
    returns: "/console/returns",
    returned,
    refund: `${new URL(order).pathname}/refund`,
    request: `${new URL(order).pathname}/return`,
    stock: "/console/stock",
    items: "/console/stock/items",
    item: "/console/stock/items/NAIL",
    why: "/console/stock/items/NAIL/why?location=south",
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
    messages: "/console/messages",
    draft,
    write: `/console/messages/new?kind=email&about_kind=order&about=${new URL(order).pathname.split("/").pop()}`,
    call: "/console/messages/new?kind=call",
    shortage: "/console/messages/shortage",
    quotes: "/console/quotes",
    tills: "/console/tills",
    result: "/console/books",
    balance: "/console/books/balance",
    trial: "/console/books/trial?columns=locations",
    tax: "/console/books/tax",
    journals: "/console/books/journals",
    journal: "/console/books/journals/1",
    periods: "/console/books/periods",
    bank: "/console/books/bank",
    settings: "/console/settings",
    me: "/console/settings/me",
    users: "/console/settings/users",
    user: await first("/console/settings/users"),
    "user-new": "/console/settings/users/new",
    roles: "/console/settings/roles",
    role: "/console/settings/roles/clerk",
    "role-new": "/console/settings/roles/new",
    keys: "/console/settings/keys",
    "key-new": "/console/settings/keys/new",
    webhooks: "/console/settings/webhooks",
    "webhook-new": "/console/settings/webhooks/new",
    mail: "/console/settings/mail",
    templates: "/console/settings/templates",
    audit: "/console/settings/audit",
    style: "/console/style",
    ...JSON.parse(process.env.PAGES ?? "{}"),
  };
  for (const [name, path] of Object.entries(pages)) {
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      const came = await page.goto(`${BASE}${path}`);
      await must(`${path} answers ${came.status()}`, came.ok());
      // The same page in other colors differs in nothing but these.
      await check(`${name} in ${scheme}`, scheme === "dark" && ["color-contrast", "link-in-text-block"]);
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

/// Places an order without the mouse: a new customer, two items, paid by card, sent by parcel.
async function place() {
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await see("New order");
  await page.keyboard.press("n");
  await see("Enter moves on");
  await type("Nora Quick");
  await page.locator('main [name="new.name"]').waitFor({ timeout: 20_000 });
  await page.locator('main [name="new.name"]').focus();
  for (const text of ["Nora Quick", "", "nora@example.com", "0113 1", "1 High St", "LS1 1AA", "Leeds", "GB"]) {
    await type(text);
    await page.keyboard.press("Enter");
  }
  await page.locator('main [name="method"]').selectOption("parcel");
  await page.locator('main [name="location"]').waitFor({ state: "detached", timeout: 20_000 });
  await page.locator('main [name="sku.0"]').focus();
  await type("NAIL");
  await page.keyboard.press("Enter");
  await type("5");
  await page.locator('main [name="sku.1"]').waitFor({ timeout: 20_000 });
  await page.locator('main [name="sku.1"]').focus();
  await type("paint");
  await page.keyboard.press("Enter");
  await type("1");
  await see("Everything is there.");
  await page.locator('main [name="pay"]').selectOption("card");
  await page.locator('main [name="payment_reference"]').waitFor({ timeout: 20_000 });
  await see("Everything is there.");
  await shot("entry");
  await page.keyboard.press("Control+Enter");
  await see("Placed.");
  await see("Nora Quick");
  await must("the lines", (await page.locator("main table.data tbody tr").count()) >= 2);
  return page.url().split("?")[0];
}

/// Another tab on which a region is watched.
async function watch(path, region) {
  const tab = await context.newPage();
  await tab.goto(`${BASE}${path}`);
  await tab.locator(".live[data-state=on]").waitFor({ timeout: 20_000 });
  const text = () => tab.locator(region).innerText();
  let before = await text();
  return {
    look: async () => { before = await text(); },
    changes: async (what) => {
      await tab.waitForFunction(
        ([region, before]) => document.querySelector(region).innerText !== before, [region, before], { timeout: 15_000 },
      ).catch(() => wrong.push(`${what}: nothing changed`));
      before = await text();
    },
    close: () => tab.close(),
  };
}

/// The first row of a list: where it leads.
async function first(path) {
  await page.goto(`${BASE}${path}`);
  return page.locator("main [data-href]").first().getAttribute("data-href");
}

/// The same by links and forms alone.
async function without_scripts() {
  const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1366, height: 900 } });
  plain.setDefaultTimeout(20_000);
  const tab = await plain.newPage();
  const sees = async (text) => {
    const said = await tab.locator("main").innerText();
    if (!said.includes(text)) throw new Error(`without scripts: "${text}" does not come at ${tab.url()}\n${said.slice(0, 2000)}`);
  };
  await tab.goto(`${BASE}/console/sign-in`);
  await tab.fill("[name=email]", EMAIL);
  await tab.fill("[name=password]", PASSWORD);
  await tab.click("main button[type=submit]");
  await tab.goto(`${BASE}/console/orders/new`);
  await tab.fill('main [name="sku.0"]', "PAINT");
  await tab.fill('main [name="qty.0"]', "2");
  await tab.selectOption('main [name="pay"]', "card");
  await tab.selectOption('main [name="method"]', "collect");
  await tab.press('main [name="qty.0"]', "Enter");
  await tab.selectOption('main [name="location"]', "south");
  await tab.press('main [name="qty.0"]', "Enter");
  await sees("Everything is there.");
  await tab.click('main [name="do"][value="place"]');
  await sees("Placed.");
  const order = tab.url().split("?")[0];
  for (const [action, done] of [["release", "Released."], ["pick", "Picked."], ["hand_over", "Handed over."]]) {
    await tab.goto(`${order}/do/${action}`);
    await sees("This will change");
    await tab.click("main form.confirm button[type=submit]");
    await sees(done);
  }
  await tab.goto(`${order}/return`);
  await tab.fill('main [name="line.1"]', "1");
  await tab.fill('main [name="reason"]', "too many");
  await tab.click("main [data-preview-by]");
  await sees("This will change");
  await tab.click("main form.confirm button[type=submit]");
  await sees("The return is announced.");
  const at = tab.url().split("?")[0];
  for (const step of ["approve", "receive", "inspect"]) {
    const came = await tab.goto(`${at}/do/${step}`);
    if (!came.ok()) continue;
    await sees("This will change");
    await tab.click("main form.confirm button[type=submit]");
  }
  await sees("1 restocked");
  await tab.goto(`${order}/refund?return=${at.split("/").pop()}`);
  await tab.click("main form.confirm button[type=submit]");
  await sees("The refund is made.");
  await tab.goto(`${BASE}/console/messages/new?kind=note&about_kind=order&about=${order.split("/").pop()}`);
  await tab.fill('main [name="body"]', "Without scripts.");
  await tab.click('main [name="do"][value="send"]');
  await sees("Without scripts.");
  await plain.close();
}

async function check(where, rules) {
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: tags };
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), runOnly);
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
