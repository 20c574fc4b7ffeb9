// Making elements. Text always goes in as text, never as markup: mail is written by strangers.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: attributes by name (null leaves one out), then children: elements or text. */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function shape(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A pane: a titled section. `note` is an element in the title's line that says what is in hand. */
function pane(name, title, ...children) {
  const note = element("span", { class: "pp-note" });
  const heading = element("header", {}, element("h3", {}, title), note);
  const section = element(
    "section",
    { class: `pp-pane pp-${name}`, "aria-label": title },
    heading,
    ...children,
  );
  return { section, heading, note };
}

/** "120.4 ms", "12.0 s" from ten seconds on. */
function formatTime(nanoseconds) {
  if (nanoseconds >= 1e10)
    return `${grouped(Math.floor(nanoseconds / 1e9))}.${Math.floor(nanoseconds / 1e8) % 10} s`;
  const tenths = Math.floor((nanoseconds + 50000) / 100000);
  return `${grouped(Math.floor(tenths / 10))}.${tenths % 10} ms`;
}

function formatOctets(count) {
  return count === 1 ? "1 octet" : `${grouped(count)} octets`;
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Text that is safe to show: no control characters and no marks that turn the direction of writing. */
function printable(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u00b7");
}

/** Call `draw` now and whenever the element's width changes; returns what stops it. */
function whenResized(watched, draw) {
  let width = -1;
  const observer = new ResizeObserver(() => {
    if (watched.clientWidth !== width) {
      width = watched.clientWidth;
      draw();
    }
  });
  observer.observe(watched);
  return () => observer.disconnect();
}
