/* Bundles the front end and lays out the card fonts. Called by hatch_build.py with two empty folders:
 *   node build.mjs DIST FONTS
 * DIST gets the bundles under hashed names, `manifest.json` {source: file} and the licences;
 * FONTS gets the static TTFs that the paper embeds, each beside its licence. */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const STATIC = path.dirname(fileURLToPath(import.meta.url));
const MODULES = path.resolve(STATIC, "../../../node_modules");
const ENTRIES = ["styles/site.css", "kiosk/main.js", "desk/main.js", "partner/main.js", "public/main.js"];
const CARD_FONTS = {
  "noto-sans": ["400Regular", "700Bold"],
  "noto-sans-arabic": ["400Regular"],
  "noto-sans-armenian": ["400Regular"],
  "noto-sans-devanagari": ["400Regular"],
  "noto-sans-georgian": ["400Regular"],
  "noto-sans-hebrew": ["400Regular"],
  "noto-sans-thai": ["400Regular"],
};

const [dist, fonts] = process.argv.slice(2).map((folder) => path.resolve(folder));
if (!dist || !fonts) throw new Error("usage: node build.mjs DIST FONTS");

/** Bundles the entries that exist; returns the packages whose files went in. */
async function bundle() {
  const entries = ENTRIES.filter((entry) => existsSync(path.join(STATIC, entry)));
  const manifest = {};
  const used = new Set();
  if (entries.length) {
    const { metafile } = await esbuild.build({
      absWorkingDir: STATIC,
      entryPoints: entries,
      outdir: dist,
      outbase: STATIC,
      entryNames: "[dir]/[name]-[hash]",
      assetNames: "files/[name]-[hash]",
      bundle: true,
      minify: true,
      sourcemap: false,
      format: "esm",
      target: ["es2022", "chrome111", "firefox114", "safari16.4"],
      loader: { ".woff2": "file", ".svg": "file", ".png": "file", ".webp": "file" },
      legalComments: "none",
      charset: "utf8",
      metafile: true,
      logLevel: "error",
    });
    for (const [file, output] of Object.entries(metafile.outputs)) {
      const name = path.relative(dist, path.resolve(STATIC, file)).split(path.sep).join("/");
      if (output.entryPoint) manifest[output.entryPoint] = name;
    }
    for (const input of Object.keys(metafile.inputs)) {
      const parts = path.relative(MODULES, path.resolve(STATIC, input)).split(path.sep);
      if (parts[0] !== "..") used.add(parts[0].startsWith("@") ? `${parts[0]}/${parts[1]}` : parts[0]);
    }
  }
  await mkdir(dist, { recursive: true });
  await writeFile(path.join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return used;
}

/** Copies the faces and their licences; returns the packages they came from. */
async function layOutFonts() {
  await mkdir(fonts, { recursive: true });
  const used = new Set();
  for (const [family, weights] of Object.entries(CARD_FONTS)) {
    const name = `@expo-google-fonts/${family}`;
    const home = path.join(MODULES, name);
    for (const weight of weights) {
      const [face] = (await readdir(path.join(home, weight))).filter((file) => file.endsWith(".ttf"));
      await cp(path.join(home, weight, face), path.join(fonts, face));
    }
    await cp(path.join(home, "LICENSE_FONT"), path.join(fonts, `LICENSE-${family}.txt`));
    used.add(name);
  }
  return used;
}

/** One text with the licence of everything that is bundled; a package without one fails the build. */
async function gatherLicences(packages) {
  const chapters = [];
  for (const name of [...packages].sort()) {
    const home = path.join(MODULES, name);
    const { version, license } = JSON.parse(await readFile(path.join(home, "package.json"), "utf8"));
    const files = (await readdir(home)).filter((file) => /^(licen[sc]e|notice|ofl)/i.test(file)).sort();
    if (!files.length) throw new Error(`${name} ${version} has no licence file: it may not be bundled`);
    const texts = await Promise.all(files.map((file) => readFile(path.join(home, file), "utf8")));
    chapters.push(`${name} ${version} (${license})\n${"=".repeat(72)}\n${texts.map((t) => t.trim()).join("\n\n")}\n`);
  }
  await writeFile(path.join(dist, "THIRD-PARTY-LICENCES.txt"), chapters.join("\n\n"));
}

try {
  const packages = await bundle();
  for (const name of await layOutFonts()) packages.add(name);
  await gatherLicences(packages);
} catch (error) {
  if (!error.errors) console.error(error.message); // esbuild has printed its own, with the place
  process.exitCode = 1;
}
