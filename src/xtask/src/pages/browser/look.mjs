// Looks at every page of a directory in a browser: `node look.mjs PAGES PICTURES`. Prints what is wrong, a line each, and ends
// with status 1 if anything is; with status 2 if there is no browser that starts.
import { readFileSync, readdirSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import chromium from '@sparticuz/chromium';
import puppeteer from 'puppeteer-core';
import { layout, focus, contents } from './measure.mjs';

const WIDTHS = [360, 1600];
const SCHEMES = ['light', 'dark'];
// No page has more elements that can be reached by Tab.
const MOST_TABS = 2000;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [pages, pictures] = process.argv.slice(2).map((path) => resolve(path));
mkdirSync(pictures, { recursive: true });
const wrong = [];

async function launch() {
  const options = { args: chromium.args, headless: 'shell' };
  const reasons = [];
  for (const path of [process.env.CHROMIUM, () => chromium.executablePath(), '/usr/bin/chromium']) {
    if (!path) continue;
    try {
      const executablePath = typeof path === 'string' ? path : await path();
      return await puppeteer.launch({ ...options, executablePath });
    } catch (error) {
      reasons.push(String(error.message).split('\n')[0]);
    }
  }
  console.log(`no browser starts: ${reasons.join('; ')}`);
  process.exit(2);
}

// What axe finds in the page as it stands, and what is not where it can be read.
async function inspect(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, help, nodes } of violations) {
    wrong.push(`${where}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html).join(' ')}`);
  }
  for (const sentence of await page.evaluate(layout)) wrong.push(`${where}: ${sentence}`);
}

// Tab goes through everything that can be reached, in the order of the page, and each shows that it is where one is.
async function keyboard(page, where) {
  const expected = await page.evaluate(contents);
  const reached = [];
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(focus);
    if (!now) break;
    if (!now.visible) wrong.push(`${where}: focus is not seen on ${now.text}`);
    reached.push(now.index);
  }
  if (reached.join() !== expected.join()) {
    wrong.push(`${where}: Tab reaches ${reached.length} elements in the order ${reached.join()}, of ${expected.length}`);
  }
}

// Landmarks, the verdict as the first heading, and a name for everything that can be used.
async function tree(page, where) {
  const all = [];
  const walk = (node) => {
    all.push(node);
    (node.children ?? []).forEach(walk);
  };
  walk(await page.accessibility.snapshot({ interestingOnly: false }));
  for (const role of ['banner', 'main']) {
    if (!all.some((node) => node.role === role)) wrong.push(`${where}: no ${role} in the accessibility tree`);
  }
  const heading = all.find((node) => node.role === 'heading');
  if (heading?.level !== 1 || !heading.name) wrong.push(`${where}: the first heading is not the verdict`);
  for (const node of all) {
    const used = ['link', 'button', 'DisclosureTriangle', 'navigation', 'region', 'image', 'meter', 'progressbar'];
    if (used.includes(node.role) && !node.name) wrong.push(`${where}: a ${node.role} without a name`);
  }
}

// What a tile of the map leads to opens, has an address, and closes on the way back.
async function drill(page, where, picture) {
  const open = () => page.evaluate(() => [...document.querySelectorAll('.more')].filter((more) => more.checkVisibility()).length);
  const tile = await page.$('.map a');
  if (!tile) return;
  await tile.click();
  const hash = await page.evaluate(() => location.hash);
  if (hash.length < 2 || (await open()) !== 1) wrong.push(`${where}: a tile does not open its owner`);
  await inspect(page, `${where}${hash}`);
  await page.screenshot({ path: picture, fullPage: true });
  await page.goBack();
  if ((await page.evaluate(() => location.hash)) !== '' || (await open()) !== 0) {
    wrong.push(`${where}: the way back does not close what a tile opened`);
  }
}

const browser = await launch();
const page = await browser.newPage();
page.on('console', (message) => {
  if (message.type() === 'error') wrong.push(`${basename(page.url())}: ${message.text()}`);
});
page.on('request', (request) => {
  if (!request.url().startsWith('file:')) wrong.push(`${basename(page.url())}: asks for ${request.url()}`);
});
const names = readdirSync(pages).filter((name) => name.endsWith('.html')).sort();
for (const name of names) {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) {
      const where = `${name} at ${width} pixels, ${scheme}`;
      const picture = join(pictures, `${basename(name, '.html')}-${width}-${scheme}`);
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto('about:blank');
      await page.goto(pathToFileURL(join(pages, name)).href);
      await page.screenshot({ path: `${picture}.png`, fullPage: true });
      await inspect(page, where);
      await drill(page, where, `${picture}-open.png`);
      if (scheme === 'light') {
        await tree(page, where);
        await page.goto('about:blank');
        await page.goto(pathToFileURL(join(pages, name)).href);
        await keyboard(page, where);
      }
    }
  }
  console.log(`looked at ${name}`);
}
await browser.close();
for (const sentence of wrong) console.log(`WRONG ${sentence}`);
console.log(`${names.length} pages at ${WIDTHS.join(' and ')} pixels, light and dark: ${wrong.length} wrong; pictures in ${pictures}`);
process.exit(wrong.length > 0 ? 1 : 0);
