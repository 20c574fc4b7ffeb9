// The octets of the message in hand: hex and text, part by part, each part named with its meaning and section.

const HUES = 6;
const CONTROLS = { 0: "NUL", 9: "TAB", 10: "LF", 13: "CR", 32: "space" };

function octetsPane(record) {
  const { section, note } = pane("octets", "Octets");
  const list = element("div", {
    class: "pp-scroll pp-dump",
    tabindex: "0",
    role: "group",
    "aria-label": "Octets of the message",
  });
  let shown = null;
  let width = 8;
  let frame = null;

  section.append(list);
  const stop = whenResized(list, () => {
    const fits = list.clientWidth > 620 ? 16 : 8;
    if (fits !== width) {
      width = fits;
      shown = null;
      if (frame) draw(frame);
    }
  });

  function draw(next) {
    frame = next;
    const message = frame.message >= 0 ? record.messages[frame.message] : null;
    section.dataset.message = frame.message;
    note.textContent = message ? heading(message, frame.event) : "";
    if (shown === message && message) return;
    shown = message;
    list.scrollTop = 0;
    if (!message) {
      list.replaceChildren(
        element("p", { class: "pp-empty" }, frame.event ? "No octets belong to this step." : "No message yet."),
      );
      return;
    }
    let hue = 0;
    list.replaceChildren(...message.parts.map((part) => partRow(message, part, part[2] ? hue++ % HUES : -1)));
  }

  function heading(message, event) {
    const way = `${ENDS[message.sender]} \u2192 ${ENDS[1 - message.sender]}`;
    const within = event.start < message.reach && message.reach === message.start + message.length;
    if (event.layer !== "segment" || event.start === event.stop || !within)
      return `${way}, ${formatOctets(message.length)}`;
    const [first, last] = [event.start - message.start + 1, event.stop - message.start];
    return `${way}, ${grouped(Math.max(first, 1))} to ${grouped(Math.min(last, message.length))} of ${formatOctets(message.length)}`;
  }

  function partRow(message, [start, end, name, meaning, reference], hue) {
    const lines = element("div", { class: "pp-lines" }, ...dump(message, start, end));
    const about = name
      ? element(
          "div",
          { class: "pp-about" },
          meaning,
          reference ? element("span", { class: "pp-source" }, ` ${reference}`) : "",
        )
      : null;
    return element(
      "div",
      {
        class: `pp-part${name ? ` pp-hue-${hue}` : " pp-between"}`,
        "data-part": name,
        "data-start": start,
        "data-end": end,
      },
      element("div", { class: "pp-name" }, name || ""),
      element("div", { class: "pp-what" }, lines, about),
    );
  }

  /** The lines of a part, as far as the message's head and tail have its octets. */
  function dump(message, start, end) {
    const gapStart = message.head.length;
    const gapEnd = message.length - message.tail.length;
    const lines = rows(message, message.head, 0, start, Math.min(end, gapStart));
    if (!message.tail) return lines;
    const left = Math.min(end, gapEnd) - Math.max(start, gapStart);
    if (left > 0)
      lines.push(element("div", { class: "pp-gap" }, `\u2026 ${formatOctets(left)} not shown \u2026`));
    return [...lines, ...rows(message, message.tail, gapEnd, Math.max(start, gapEnd), end)];
  }

  function rows(message, text, offset, start, end) {
    const [first, last] = message.hidden;
    const lines = [];
    for (let place = start; place < end; place += width) {
      const codes = [...text.slice(place - offset, Math.min(place + width, end) - offset)].map((c) =>
        c.charCodeAt(0),
      );
      lines.push(
        element(
          "div",
          { class: "pp-octet-row" },
          element("span", { class: "pp-offset", "aria-hidden": "true" }, String(place)),
          element("span", { class: "pp-hex" }, codes.map((c, n) => hex(c, place + n >= first && place + n < last)).join(" ")),
          element("span", { class: "pp-text" }, ...codes.map((code) => sign(code, codes.length))),
        ),
      );
    }
    return lines;
  }

  /** An octet in two digits; of a secret one there are two asterisks. */
  function hex(code, secret) {
    return secret ? "**" : code.toString(16).padStart(2, "0");
  }

  /** An octet as a reader sees it: among others one sign each, alone or in twos by its name. */
  function sign(code, count) {
    if (code > 0x20 && code <= 0x7e) return String.fromCharCode(code);
    if (count <= 2 && CONTROLS[code]) return element("span", { class: "pp-control" }, CONTROLS[code]);
    return code === 0x20 ? " " : "\u00b7";
  }

  return { section, draw, stop };
}
