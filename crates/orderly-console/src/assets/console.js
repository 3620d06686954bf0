// The console's one script. Everything works without it; with it pages swap in place, regions
// refresh when something happens, and the keyboard does the rest.

const html = document.documentElement;
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const inConsole = (url) => url.origin === location.origin && url.pathname.startsWith("/console");
const words = () => $("#words")?.dataset ?? {};

// ---- Going from page to page ------------------------------------------------------------------

let loading = null;

async function visit(url, options = {}, push = true) {
  loading?.abort();
  const mine = (loading = new AbortController());
  const bar = $("progress.load");
  const slow = setTimeout(() => bar && (bar.hidden = false), 120);
  try {
    const answer = await fetch(url, { ...options, signal: mine.signal, headers: { "x-swap": "1" } });
    const type = answer.headers.get("content-type") ?? "";
    if (!type.startsWith("text/html")) {
      location.assign(url);
      return;
    }
    const text = await answer.text();
    const where = new URL(answer.url);
    if (!where.hash && url.hash) where.hash = url.hash;
    show(new DOMParser().parseFromString(text, "text/html"), where, push);
  } catch (error) {
    if (error.name === "AbortError") return;
    if ((options.method ?? "get") === "get") location.assign(url);
    else say(words().offline ?? "Not sent: no connection.");
  } finally {
    clearTimeout(slow);
    if (loading === mine && bar) bar.hidden = true;
  }
}

function show(page, where, push) {
  const [main, now] = [$("main", page), $("main")];
  // Signing in and out changes the whole frame.
  if (!main || !now || html.dataset.who !== page.documentElement.dataset.who) {
    location.assign(where);
    return;
  }
  if (push) {
    history.replaceState({ top: scrollY }, "");
    history.pushState({}, "", where);
  }
  const same = push && where.pathname === last.pathname;
  last = where;
  const focused = document.activeElement?.id;
  const caret = document.activeElement?.selectionStart;
  now.replaceWith(document.adoptNode(main));
  document.title = page.title;
  const rail = $(".rail ul", page);
  if (rail) $(".rail ul")?.replaceWith(document.adoptNode(rail));
  ready(main);
  const back = same && focused && document.getElementById(focused);
  if (where.hash) document.getElementById(where.hash.slice(1))?.scrollIntoView();
  else if (!same) scrollTo(0, 0);
  if (back) {
    back.focus();
    if (caret != null && back.setSelectionRange && back.type !== "number") {
      back.setSelectionRange(caret, caret);
    }
  } else ($("[autofocus]", main) ?? main).focus({ preventScroll: true });
  say(page.title);
}

function say(text) {
  const status = $("#status");
  if (status) status.textContent = text;
}

let last = new URL(location.href);

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || link.target || link.download) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (!inConsole(url) || link.dataset.plain != null) return;
  if (url.pathname === location.pathname && url.search === location.search && url.hash) return;
  event.preventDefault();
  closeAll();
  visit(url);
});

addEventListener("popstate", () => visit(new URL(location.href), {}, false));

addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  // Fields may be called `action` and `method`: the attributes are asked, not the properties.
  const own = (name) => button?.getAttribute(`form${name}`) || form.getAttribute(name) || "";
  const url = new URL(own("action") || location.href, location.href);
  if (!inConsole(url) || form.dataset.plain != null) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  closeAll();
  const data = new URLSearchParams(new FormData(form, button));
  const method = own("method").toLowerCase() || "get";
  if (method === "get") {
    for (const [name, value] of [...data]) if (value === "") data.delete(name, value);
    url.search = data;
    visit(url);
    return;
  }
  form.dataset.busy = "1";
  button?.setAttribute("aria-disabled", "true");
  visit(url, { method: "post", body: data }).finally(() => {
    delete form.dataset.busy;
    button?.removeAttribute("aria-disabled");
  });
});

// A form of figures shows what it would come to while it is filled in.
let typing = 0;
addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.preview == null) return;
  // What comes back would not know what is typed now.
  loading?.abort();
  clearTimeout(typing);
  typing = setTimeout(() => form.isConnected && form.requestSubmit($("[data-preview-by]", form)), 350);
});
addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.dataset.auto != null) form.requestSubmit();
});

// ---- Live regions -----------------------------------------------------------------------------

let source = null;
let waiting = 0;

function live() {
  const dot = $(".live");
  if (!dot || source) return;
  source = new EventSource("/console/live");
  const state = (name) => {
    const now = $(".live");
    if (!now) return;
    now.dataset.state = name;
    $("span", now).textContent = words()[name === "on" ? "live" : "offline"] ?? name;
  };
  source.addEventListener("open", () => state("on"));
  source.addEventListener("error", () => state("off"));
  source.addEventListener("feed", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 400);
  });
}

async function refresh() {
  const regions = $$("[data-live]");
  if (!regions.length || document.hidden) return;
  const url = location.href;
  const answer = await fetch(url, { headers: { "x-swap": "1" } }).catch(() => null);
  if (!answer?.ok || location.href !== url) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of regions) {
    const fresh = page.getElementById(region.id);
    if (!fresh || !region.isConnected || region.contains(document.activeElement)) continue;
    if (fresh.innerHTML === region.innerHTML) continue;
    region.replaceWith(document.adoptNode(fresh));
    ready(fresh);
  }
}

addEventListener("visibilitychange", () => document.hidden || refresh());

// ---- Keys -------------------------------------------------------------------------------------

const GO = () => Object.fromEntries($$(".rail a[data-key]").map((a) => [a.dataset.key, a]));
let prefix = "";

function rows() {
  return $$("main [data-rows] > [data-href], main tbody[data-rows] > tr[data-href]");
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = Math.min(all.length - 1, Math.max(0, at + step));
  all[at]?.removeAttribute("aria-selected");
  all[next].setAttribute("aria-selected", "true");
  all[next].scrollIntoView({ block: "nearest" });
}

const selected = () => rows().find((row) => row.getAttribute("aria-selected") === "true");

const KEYS = {
  "/": () => $("#any")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => { const box = $("input[type=checkbox]", selected()); if (box) box.checked = !box.checked; },
  Enter: () => { const row = selected(); if (row) visit(new URL(row.dataset.href, location.href)); },
  a: () => { const menu = $("main [data-actions]"); if (menu) { menu.open = true; $("a,button", $("div", menu))?.focus(); } },
  n: () => $("main [data-key=n], .top [data-key=n]")?.click(),
  e: () => $("main [data-key=e]")?.click(),
  u: () => $("main [data-key=u]")?.click(),
  "?": () => $("#keys")?.showModal(),
  Escape: () => { closeAll(); document.activeElement?.blur?.(); },
};

addEventListener("keydown", (event) => {
  const typingIn = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    palette();
    return;
  }
  if ((event.metaKey || event.ctrlKey) && event.key === "Enter") {
    const form = event.target.form;
    const button = (form && $("[data-main]", form)) ?? $("main [data-main]");
    if (button && !button.disabled) { event.preventDefault(); button.form.requestSubmit(button); }
    return;
  }
  if (typingIn) return typing_keys(event, typingIn);
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if ($("main [data-scan]") && scanned(event)) return;
  if (event.target.closest?.("a, button, summary, dialog") && event.key === "Enter") return;
  if (prefix === "g" && GO()[event.key]) {
    prefix = "";
    event.preventDefault();
    GO()[event.key].click();
    return;
  }
  prefix = event.key === "g" ? "g" : "";
  const action = KEYS[event.key];
  if (action && !event.target.closest?.("dialog")) { event.preventDefault(); action(); }
});

// In forms that say so, Enter goes on to the next field.
function typing_keys(event, field) {
  if (event.key === "Escape") return field.blur();
  if (event.key !== "Enter" || field.form?.dataset.enter !== "next" || field.type === "textarea") return;
  if (field.dataset.enter === "submit") return;
  event.preventDefault();
  const fields = $$("input:not([type=hidden]), select, textarea, button[data-main]", field.form)
    .filter((one) => !one.disabled && one.offsetParent);
  const next = fields[fields.indexOf(field) + 1];
  next?.focus();
  next?.select?.();
}

function closeAll() {
  for (const menu of $$("details.menu[open]")) menu.open = false;
  for (const dialog of $$("dialog[open]")) dialog.close();
}
addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest?.("[data-open]");
  if (opener) $("#" + opener.dataset.open)?.showModal();
});

// ---- Palette: every action of this page and every room, by name ---------------------------------

function palette() {
  const dialog = $("#palette");
  if (!dialog || dialog.open) return;
  const [input, list] = [$("input", dialog), $("ul", dialog)];
  const all = $$("main a.button, main [data-actions] a, main a[data-name], .rail a, .top a[data-name]")
    .map((a) => ({ name: (a.dataset.name ?? a.textContent).trim(), a, key: a.dataset.key ?? "" }))
    .filter((one) => one.name);
  let at = 0;
  const draw = () => {
    const wanted = input.value.toLowerCase().split(/\s+/);
    const found = all.filter((one) => wanted.every((word) => one.name.toLowerCase().includes(word)));
    at = Math.min(at, Math.max(0, found.length - 1));
    list.replaceChildren(...found.slice(0, 40).map((one, index) => {
      const [li, a] = [document.createElement("li"), document.createElement("a")];
      a.href = one.a.href;
      a.textContent = one.name;
      if (index === at) a.dataset.on = "";
      li.append(a);
      return li;
    }));
  };
  input.value = "";
  input.oninput = () => { at = 0; draw(); };
  input.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); at = Math.max(0, at + step); draw(); }
    if (event.key === "Enter") {
      event.preventDefault();
      const text = input.value.trim();
      const on = $("[data-on]", list);
      if (on) on.click();
      else if (text) { closeAll(); visit(new URL("/console/find?q=" + encodeURIComponent(text), location.href)); }
    }
  };
  draw();
  dialog.showModal();
  input.focus();
}

// ---- Scan line: on bench pages the whole page listens --------------------------------------------

let buffer = "";
let when = 0;

function scanned(event) {
  const fast = event.timeStamp - when < 60;
  when = event.timeStamp;
  if (event.key.length === 1) {
    buffer = fast ? buffer + event.key : event.key;
    if (buffer.length > 1) { event.preventDefault(); return true; }
    return false;
  }
  if ((event.key === "Enter" || event.key === "Tab") && buffer.length >= 4) {
    event.preventDefault();
    const field = $("main [data-scan] input[name=scan]");
    if (field) { field.value = buffer; field.form.requestSubmit(); }
    buffer = "";
    return true;
  }
  buffer = "";
  return false;
}

function sound(good) {
  try {
    const audio = new AudioContext();
    const [tone, gain] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = good ? 880 : 220;
    gain.gain.value = 0.08;
    tone.connect(gain).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (good ? 0.08 : 0.25));
    tone.onended = () => audio.close();
  } catch { /* No sound here: the color and the words say it. */ }
}

// ---- Charts: the value under the pointer, or by the arrow keys -----------------------------------

function chart(figure) {
  const [svg, output] = [$("svg", figure), $("output", figure)];
  const table = $$("tbody tr", figure).map((row) => [...row.cells].map((cell) => cell.textContent));
  const head = $$("thead th", figure).map((cell) => cell.textContent);
  if (!svg || !output || table.length < 2) return;
  const cursor = $(".cursor", svg);
  const [from, to] = [Number(svg.dataset.from), Number(svg.dataset.to)];
  let at = -1;
  const tell = (index) => {
    at = Math.max(0, Math.min(table.length - 1, index));
    const x = from + ((to - from) * at) / (table.length - 1);
    if (cursor) {
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.setAttribute("visibility", "visible");
    }
    output.textContent = table[at].map((cell, i) => (i ? `${head[i]} ${cell}` : cell)).join(" · ");
  };
  svg.onpointermove = (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    tell(Math.round(((x - from) / (to - from)) * (table.length - 1)));
  };
  svg.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); event.stopPropagation(); tell(at + step); }
    if (event.key === "t") { event.stopPropagation(); $("details", figure).open ^= true; }
  };
}

// ---- A page that has come ------------------------------------------------------------------------

// On a phone the rooms are a strip: the one we are in is brought to the middle.
function center() {
  const [rail, own] = [$(".rail"), $(".rail a[aria-current]")];
  if (rail && own) rail.scrollLeft = own.offsetLeft - (rail.clientWidth - own.offsetWidth) / 2;
}

function ready(root) {
  center();
  $$("figure.chart", root).forEach(chart);
  const scan = $("[data-scan][data-result]", root);
  if (scan) sound(scan.dataset.result === "good");
  for (const box of $$("[data-all]", root)) {
    box.onchange = () => $$(`input[name="${box.dataset.all}"]`).forEach((one) => (one.checked = box.checked));
  }
  for (const print of $$("[data-print]", root)) { print.hidden = false; print.onclick = () => window.print(); }
}

history.scrollRestoration = "auto";
ready(document);
live();
