'use strict';
// Draws the map: as many tiles as are readable, each for one cell or, in a large memory, for a power of two of them.
// A tile can be opened until its cells stand for themselves.

const MOST_TILES = 512;
// Hues that stay apart for eight owners; the next eight are darker and turned a little, and so on.
const HUES = [255, 45, 150, 335, 95, 200, 15, 295];
const map = JSON.parse(document.getElementById('data').textContent);
const tiles = document.getElementById('tiles');
const total = map.runs.reduce((sum, run) => sum + run.cells, 0);
const trail = [];
let highlighted = null;

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
const count = (n, thing) => `${number(n)} ${thing}${n === 1 ? '' : 's'}`;
function bytes(n) {
  for (const [unit, size] of [['TiB', 2 ** 40], ['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]]) {
    if (n >= size) return `${(n / size).toFixed(1).replace(/\.0$/, '')} ${unit}`;
  }
  return `${n} B`;
}

let coloured = 0;
const colours = map.owners.map((owner) => {
  if (owner.kind !== 'data') return 'var(--grey)';
  const round = Math.floor(coloured / HUES.length);
  const hue = HUES[coloured % HUES.length] + 18 * round;
  coloured += 1;
  return `oklch(calc(var(--lightness) + ${[0, -0.14, 0.1][round % 3]}) var(--chroma) ${hue})`;
});
const part = (kind, owner, share) =>
  element('i', { class: map.owners[owner].kind === 'dead' ? 'dead' : kind, style: `--own: ${colours[owner]}; flex: ${share}` });

// What each owner has in the cells from `from` to before `to`: bytes used, free inside, slack.
function shares(from, to) {
  const found = new Map();
  let start = 0;
  for (const run of map.runs) {
    const first = Math.max(from, start) - start;
    const last = Math.min(to, start + run.cells) - start;
    if (first < last) {
      const here = (end) => Math.min(Math.max(end - first * map.cell_bytes, 0), (last - first) * map.cell_bytes);
      const [used, size, all] = [here(run.used), here(run.size), (last - first) * map.cell_bytes];
      const share = found.get(run.owner) ?? { owner: run.owner, cells: 0, used: 0, free: 0, slack: 0 };
      share.cells += last - first;
      share.used += used;
      share.free += size - used;
      share.slack += all - size;
      found.set(run.owner, share);
    }
    start += run.cells;
    if (start >= to) break;
  }
  return [...found.values()];
}

const range = (from, to) => {
  const name = to - from === 1 ? map.cell : `${map.cell}s`;
  const capital = name[0].toUpperCase() + name.slice(1);
  return to - from === 1 ? `${capital} ${number(from)}` : `${capital} ${number(from)} to ${number(to - 1)}`;
};
// The manager's page is the first cell and not a bucket, so the buckets count from 1 behind it as from 0.
const first = map.owners[0]?.kind === 'manager' ? 1 : 0;
const title = (from, to) => {
  if (first && from === 0) return to === 1 ? 'The memory manager’s page' : `The manager’s page, ${range(0, to - 1).toLowerCase()}`;
  return range(from - first, to - first);
};

function describe(share) {
  const owner = map.owners[share.owner];
  if (owner.kind === 'manager') return `${owner.name}, ${owner.holds}`;
  if (owner.kind === 'dead') return `${owner.name}: ${bytes(share.slack)}, ${owner.holds}`;
  const sizes = [`${bytes(share.used)} in use`];
  if (share.free > 0) sizes.push(`${bytes(share.free)} free inside`);
  if (share.slack > 0) sizes.push(`${bytes(share.slack)} slack`);
  return `${owner.name}: ${sizes.join(', ')}. Holds ${owner.holds}`;
}

// Shows the cells from `from` to before `to`.
function draw(from, to, focus) {
  const cells = to - from;
  let each = 1;
  while (cells / each > MOST_TILES) each *= 2;
  const shown = Math.ceil(cells / each);
  tiles.className = shown <= 48 ? 'few' : '';
  tiles.style.setProperty('--tile', shown <= 48 ? '44px' : shown <= 200 ? '34px' : '24px');
  tiles.replaceChildren(...Array.from({ length: shown }, (_, i) => {
    const start = from + i * each;
    return tile(start, Math.min(start + each, to));
  }));
  const buckets = cells - (from === 0 ? first : 0);
  const behind = buckets < cells ? ', behind the memory manager’s page' : '';
  document.getElementById('scale').textContent = each === 1
    ? `${count(buckets, 'cell')} of ${bytes(map.cell_bytes)}${behind}.`
    : `${count(buckets, 'cell')} of ${bytes(map.cell_bytes)}${behind}; a tile stands for ${number(each)}, ${bytes(each * map.cell_bytes)}. Open a tile to see them.`;
  document.getElementById('trail').replaceChildren(...trail.length < 2 ? [] : trail.map((step, i) => {
    const button = element('button', { type: 'button' }, i === 0 ? 'All' : title(step.from, step.to));
    if (i === trail.length - 1) button.setAttribute('aria-current', 'true');
    button.addEventListener('click', () => back(i));
    return button;
  }));
  highlight(highlighted);
  const start = Math.max(0, [...tiles.children].findIndex((t) => t.range[0] <= focus && focus < t.range[1]));
  select(tiles.children[start], focus !== null);
}

function tile(from, to) {
  const owned = shares(from, to);
  const parts = owned.flatMap((share) =>
    ['used', 'free', 'slack'].filter((kind) => share[kind] > 0).map((kind) => part(kind, share.owner, share[kind])));
  const told = owned.slice(0, 6).map(describe);
  if (owned.length > 6) told.push(`And ${count(owned.length - 6, 'other owner')}`);
  const label = `${title(from, to)}. ${told.join('. ')}`;
  const made = element('div', { class: 'tile', role: 'option', tabindex: '-1', 'aria-selected': 'false', 'aria-label': label }, ...parts);
  if (owned.length === 1) {
    const [only] = owned;
    made.append(element('b', { 'aria-hidden': 'true' }, map.owners[only.owner].mark));
    made.classList.toggle('pale', only.used < only.free + only.slack);
    made.classList.toggle('long', map.owners[only.owner].mark.length > 2);
  }
  made.range = [from, to];
  made.owned = owned;
  return made;
}

const isMany = (t) => t.range[1] - t.range[0] > 1;

function detail(t) {
  const [from, to] = t.range;
  const head = element('p', {}, `${title(from, to)}, ${bytes(t.owned.reduce((sum, s) => sum + s.used + s.free + s.slack, 0))}`);
  if (first && from === 0 && to === 1) head.textContent = title(from, to);
  if (isMany(t)) {
    const open = element('button', { type: 'button' }, `Show its ${count(to - from, 'cell')}`);
    open.addEventListener('click', () => enter(t));
    head.append(open);
  }
  const owned = [...t.owned].sort((a, b) => b.cells - a.cells);
  const lines = owned.slice(0, 8).map((share) =>
    element('li', {}, element('span', { class: 'swatch' }, part('used', share.owner, 1)), describe(share)));
  if (owned.length > 8) lines.push(element('li', {}, `and ${count(owned.length - 8, 'other owner')}`));
  document.getElementById('detail').replaceChildren(head, element('ul', {}, ...lines));
}

function select(t, focus) {
  if (!t) return;
  for (const other of tiles.querySelectorAll('[aria-selected="true"]')) {
    other.setAttribute('aria-selected', 'false');
    other.tabIndex = -1;
  }
  t.setAttribute('aria-selected', 'true');
  t.tabIndex = 0;
  detail(t);
  if (focus) t.focus();
}

function enter(t) {
  if (!isMany(t)) return;
  const [from, to] = t.range;
  trail.push({ from, to });
  draw(from, to, from);
}

function back(depth) {
  if (depth >= trail.length - 1) return;
  const inside = trail[depth + 1].from;
  trail.length = depth + 1;
  const { from, to } = trail[depth];
  draw(from, to, inside);
}

// Dims what does not belong to one owner; null shows all.
function highlight(owner) {
  highlighted = owner;
  for (const t of tiles.children) {
    t.classList.toggle('dim', owner !== null && !t.owned.some((share) => share.owner === owner));
  }
  for (const row of document.querySelectorAll('tr[data-owner]')) {
    row.querySelector('button').setAttribute('aria-pressed', String(Number(row.dataset.owner) === owner));
  }
}

const tileOf = (event) => event.target.closest('.tile');
tiles.addEventListener('click', (event) => tileOf(event) && select(tileOf(event), true));
tiles.addEventListener('dblclick', (event) => tileOf(event) && enter(tileOf(event)));
tiles.addEventListener('pointerover', (event) => tileOf(event) && detail(tileOf(event)));
tiles.addEventListener('pointerleave', () => detail(tiles.querySelector('[aria-selected="true"]')));
tiles.addEventListener('keydown', (event) => {
  const all = [...tiles.children];
  const at = all.indexOf(tileOf(event));
  const row = all.filter((t) => t.offsetTop === all[0].offsetTop).length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row, Home: -at, End: all.length - 1 - at };
  if (event.key === 'Enter' || event.key === ' ') enter(all[at]);
  else if (event.key === 'Escape' || event.key === 'Backspace') back(trail.length - 2);
  else if (event.key in steps && all[at + steps[event.key]]) select(all[at + steps[event.key]], true);
  else if (!(event.key in steps)) return;
  event.preventDefault();
});
for (const row of document.querySelectorAll('tr[data-owner]')) {
  const owner = Number(row.dataset.owner);
  row.querySelector('[data-swatch] i').style.setProperty('--own', colours[owner]);
  row.querySelector('button').addEventListener('click', () => highlight(highlighted === owner ? null : owner));
}
if (total > 0) {
  trail.push({ from: 0, to: total });
  draw(0, total, null);
}
