// Renders a 4 x 6 inch ZPL label as PNG: node render_zpl.mjs MODULES LABEL PICTURE DOTS_PER_MM
import fs from "node:fs";
import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import path from "node:path";

globalThis.crypto ??= webcrypto;
const [modules, label, picture, density] = process.argv.slice(2);
const require = createRequire(path.resolve(modules) + "/");
const { api } = await require("zpl-renderer-js").ready;
const zpl = fs.readFileSync(label, "utf8");
const png = await api.zplToBase64Async(zpl, 101.6, 152.4, Number(density));
fs.writeFileSync(picture, Buffer.from(png, "base64"));
process.exit(0);
