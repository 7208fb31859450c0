// Turns the plan that core/web/frontend.py sends on standard input into hashed files of one folder.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import subsetFont from "subset-font";

const web = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(web, "node_modules");
const fontFolder = path.join(modules, ".cache", "portal-fonts");
const browsers = ["chrome109", "edge109", "firefox115", "safari16"];

const plan = JSON.parse(await readAll(process.stdin));
await mkdir(plan.outdir, { recursive: true });
await makeFonts();

const files = {};
const parts = [];
const shared = {
  absWorkingDir: path.dirname(web),
  bundle: true,
  metafile: true,
  minify: true,
  write: true,
  charset: "utf8",
  target: browsers,
  outdir: plan.outdir,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
  nodePaths: [modules],
  tsconfig: path.join(web, "tsconfig.json"),
  loader: { ".woff2": "file", ".svg": "file" },
  plugins: [{
    name: "portal",
    setup(build) {
      // tsconfig.json leads the type check to the declarations; the bundle needs the code.
      build.onResolve({ filter: /^htmx\.org$/ }, () => ({ path: path.join(modules, "htmx.org/dist/htmx.esm.js") }));
      build.onResolve({ filter: /^@fonts\// }, (asked) => ({ path: path.join(fontFolder, asked.path.slice(7)) }));
    },
  }],
};
// Modules share their chunks, so that an island of a plugin and the core talk to one live connection.
record(await esbuild.build({ ...shared, entryPoints: entries(plan.modules), format: "esm", splitting: true }), ".js");
record(await esbuild.build({ ...shared, entryPoints: entries(plan.scripts), format: "iife" }), ".js");
record(await esbuild.build({ ...shared, entryPoints: entries(plan.styles) }), ".css");
for (const [name, source] of Object.entries(plan.files)) await put(name, await readFile(source));
await put("licences.txt", Buffer.from(await licences()));
await put("icons.svg", Buffer.from(await sprite(plan.icons)));

const manifest = { inputs: plan.inputs, files, parts: parts.sort(), icons: Object.keys(plan.icons).sort() };
await writeFile(path.join(plan.outdir, "manifest.json.new"), JSON.stringify(manifest, null, 1));
await rename(path.join(plan.outdir, "manifest.json.new"), path.join(plan.outdir, "manifest.json"));

function entries(sources) {
  return Object.entries(sources).map(([out, source]) => ({ in: source, out }));
}

/** Notes the file each entry became; fonts that a style refers to are noted under their plain name. */
function record(result, extension) {
  const named = Object.fromEntries(
    [plan.modules, plan.scripts, plan.styles].flatMap((group) => Object.entries(group).map(([name, source]) => [source, name])),
  );
  for (const [output, about] of Object.entries(result.metafile.outputs)) {
    const file = path.basename(output);
    parts.push(file);
    if (about.entryPoint) {
      const source = path.resolve(shared.absWorkingDir, about.entryPoint);
      if (file.endsWith(extension)) files[named[source] + extension] = file;
    } else if (file.endsWith(".woff2")) {
      files[file.replace(/-[A-Z0-9]+\.woff2$/, ".woff2")] = file;
    }
  }
}

async function put(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const dot = name.lastIndexOf(".");
  const file = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  await writeFile(path.join(plan.outdir, file), bytes);
  files[name] = file;
}

/** The licences that have to travel with the font, the icons and htmx. */
async function licences() {
  const set = JSON.parse(await readFile(path.join(modules, "@iconify-json/lucide/info.json"), "utf8"));
  const font = await readFile(path.join(modules, "@fontsource-variable/golos-text/LICENSE"), "utf8");
  const htmx = await readFile(path.join(modules, "htmx.org/LICENSE"), "utf8");
  const icons = `${set.name}, ${set.license.title} License
Copyright (c) Lucide Icons and Contributors; portions Copyright (c) 2013-present Cole Bemis (Feather, MIT License)

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.`;
  return [`Golos Text\n\n${font}`, `Icons\n\n${icons}`, `htmx\n\n${htmx}`].join("\n\n----\n\n");
}

/** One picture with every icon as a symbol; the strokes take the colour of the text around. */
async function sprite(icons) {
  const set = JSON.parse(await readFile(path.join(modules, "@iconify-json/lucide/icons.json"), "utf8"));
  const symbols = Object.entries(icons).map(([name, drawing]) => {
    const asked = set.icons[drawing] ?? set.icons[set.aliases?.[drawing]?.parent];
    if (!asked) throw new Error(`There is no icon "${drawing}" (asked for as "${name}") in the icon set.`);
    const body = asked.body
      .replaceAll(/ (stroke|fill|stroke-linecap|stroke-linejoin|stroke-width)="[^"]*"/g, "")
      .replace(/^<g>(.*)<\/g>$/s, "$1");
    return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/**
 * Golos Text cut into what every Russian page needs (two small files) and the rest (other languages'
 * letters), which a browser loads only when such a letter stands on the page.
 */
async function makeFonts() {
  const source = path.join(modules, "@fontsource-variable/golos-text/files");
  const range = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
  const latin = range(0x20, 0x7e) + "\u00a0§©«°±·»×–—’“”„…•↑↓−‹›";
  const cyrillic = range(0x400, 0x45f) + "ҐґҰұ№\u0301";
  await mkdir(fontFolder, { recursive: true });
  const present = await readdir(fontFolder);
  for (const [name, part, text] of [
    ["golos-latin", "latin", latin],
    ["golos-cyrillic", "cyrillic", cyrillic],
    ["golos-latin-rest", "latin", null],
    ["golos-latin-ext", "latin-ext", null],
    ["golos-cyrillic-ext", "cyrillic-ext", null],
  ]) {
    const from = path.join(source, `golos-text-${part}-wght-normal.woff2`);
    const to = path.join(fontFolder, `${name}.woff2`);
    if (present.includes(`${name}.woff2`) && (await stat(to)).mtimeMs >= (await stat(fileURLToPath(import.meta.url))).mtimeMs) continue;
    const whole = await readFile(from);
    const cut = text
      ? await subsetFont(whole, text, { targetFormat: "woff2", variationAxes: { wght: { min: 400, max: 700 } } })
      : whole;
    await writeFile(to, cut);
  }
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
