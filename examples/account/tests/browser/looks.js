// What is wrong with how this page looks, as a list of sentences.
const wrong = [];

// As wide as the screen is. A phone makes its window wider for a page that does not fit.
const [room] = arguments;
const wide = document.documentElement.scrollWidth;
if (wide > room) wrong.push(`it is ${wide} pixels wide on a screen of ${room}`);

const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);

// What is behind an element, as far as colours go.
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const [r, g, b, alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
    if (alpha > 0.99) return [r, g, b];
    if (alpha > 0) wrong.push(`${at.tagName} is half transparent`);
  }
  return [255, 255, 255];
}

// WCAG 2.2: relative luminance, and the ratio of two.
function luminance(colour) {
  const [r, g, b] = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, two) {
  const [dark, bright] = [luminance(one), luminance(two)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  const text = texts.currentNode.textContent.trim();
  const box = element.getBoundingClientRect();
  if (text === "" || box.width === 0) continue;
  const ratio = contrast(numbers(getComputedStyle(element).color), behind(element));
  if (ratio < 4.5) wrong.push(`"${text}" has a contrast of ${ratio.toFixed(2)}`);
  if (!element.closest(".skip") && (box.left < 0 || box.right > room + 0.5)) {
    wrong.push(`"${text}" is cut off`);
  }
}

// What a finger has to hit: WCAG 2.5.8 asks for 24 pixels, but for links in a sentence.
for (const element of document.querySelectorAll("button, .button, nav a, input:not([type=hidden], .unseen)")) {
  const box = element.closest("label.check") ?? element;
  const { width, height } = box.getBoundingClientRect();
  if (Math.min(width, height) < 24) {
    wrong.push(`${element.id || element.textContent} is ${width} by ${height} pixels`);
  }
}

// Whoever goes by keyboard sees where they are.
for (const element of document.querySelectorAll("a, button, input:not([type=hidden], .unseen)")) {
  element.focus({ focusVisible: true });
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  if (!element.matches(":focus-visible") || outlineStyle !== "solid" || outlineWidth !== "3px") {
    wrong.push(`${element.id || element.textContent} does not show that it is its turn`);
  }
  element.blur();
}

return wrong;
