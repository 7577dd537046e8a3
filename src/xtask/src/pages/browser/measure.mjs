// What is asked inside a page. Each function is sent to the browser as it is, and knows nothing of this file.

// Text that is cut off, lies over other text, or makes the page wider than its window: a sentence each.
export function layout() {
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) found.push(`scrolls sideways: ${root.scrollWidth} of ${innerWidth} pixels`);
  const boxes = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    const text = node.data.trim();
    if (!text || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width === 0 || box.height === 0) continue;
      if (box.left < -1 || box.right > innerWidth + 1) found.push(`outside the window: "${text.slice(0, 60)}"`);
      for (let around = node.parentElement; around !== document.body; around = around.parentElement) {
        if (getComputedStyle(around).overflow === 'visible') continue;
        const bounds = around.getBoundingClientRect();
        if (box.left < bounds.left - 1 || box.right > bounds.right + 1 || box.top < bounds.top - 1 || box.bottom > bounds.bottom + 1) {
          found.push(`cut off: "${text.slice(0, 60)}"`);
        }
      }
      boxes.push({ box, node, text });
    }
  }
  boxes.sort((one, other) => one.box.top - other.box.top);
  boxes.forEach(({ box, node, text }, index) => {
    for (const other of boxes.slice(index + 1)) {
      // A line's box is higher than its letters.
      if (other.box.top > box.bottom - 4) break;
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      if (other.node !== node && wide > 1) {
        found.push(`one over the other: "${text.slice(0, 40)}" and "${other.text.slice(0, 40)}"`);
      }
    }
  });
  return [...new Set(found)];
}

// Everything that Tab must reach, by its number in the page.
export function contents() {
  const all = [...document.querySelectorAll('*')];
  const reached = all.filter((element) => element.matches('a[href], summary, button, [tabindex="0"]') && element.checkVisibility());
  return reached.map((element) => all.indexOf(element));
}

// What has the focus; nothing behind the last element.
export function focus() {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    index: [...document.querySelectorAll('*')].indexOf(element),
    text: element.outerHTML.slice(0, 100),
    visible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
  };
}
