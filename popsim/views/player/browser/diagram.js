// The state diagram: the picture comes ready-made, and what changes is which of its elements are marked.

const SMALLEST = 0.64; // of a picture's own size: what then finds no room is scrolled to
const LARGEST = 1.25;

function diagramPane(record, pictures) {
  const { section, heading, note } = pane("diagram", "State");
  const inner = element("input", { type: "checkbox", checked: true });
  const canvas = element("div", { class: "pp-canvas" });
  const caption = element("div", { class: "pp-caption" });
  const prefix = `pp${Math.random().toString(36).slice(2)}-`;
  let parts = null;
  let last = null;
  let uncut = null;
  let size = null;
  let connection = record.connections[0] ?? 0;

  note.remove();
  const whole = element("input", { type: "checkbox" });
  const wholly = element("label", { class: "pp-toggle", hidden: true, title: "the whole picture, however small" }, whole, "whole");
  const toggle = element("label", { class: "pp-toggle" }, inner, "inner states");
  const ends = element(
    "select",
    { "aria-label": "Whose machine is shown" },
    ...["server", "client"].map((end) => element("option", { value: end }, end)),
  );
  const machine = element("label", { class: "pp-choice" }, element("span", {}, "Machine"), ends);
  heading.append(wholly, toggle, machine);
  ends.addEventListener("change", load);
  section.append(canvas, caption);
  inner.addEventListener("change", load);
  whole.addEventListener("change", () => {
    fit();
    reveal();
  });
  load();

  const stop = whenResized(canvas, () => {
    crop();
    fit();
    reveal();
  });

  /** Cut away the margin around the states, as soon as the picture is in the page and can be measured. */
  function crop() {
    const box = uncut?.querySelector("g")?.getBBox();
    if (!box?.width) return;
    const around = uncut.getBBox();
    const [x, y] = [around.x - 4, around.y - 4];
    size = { width: around.width + 8, height: around.height + 8 };
    uncut.setAttribute("viewBox", `${x} ${y} ${size.width} ${size.height}`);
    uncut = null;
  }

  /** As large as the pane allows, and never so small that it can't be read. */
  function fit() {
    if (!size || !canvas.clientWidth) return;
    const [width, height] = [canvas.offsetWidth - 1, canvas.offsetHeight - 1]; // as if nothing were to be scrolled
    const fitting = Math.min(LARGEST, width / size.width, height / size.height);
    const scale = whole.checked ? fitting : Math.max(SMALLEST, fitting);
    wholly.hidden = fitting >= SMALLEST;
    parts.root.style.width = `${size.width * scale}px`;
    parts.root.style.height = `${size.height * scale}px`;
  }

  /** Bring the present state into sight; never scroll the page itself. */
  function reveal() {
    const node = canvas.querySelector(".pp-now");
    if (!node || !size) return;
    const [box, sight] = [node.getBoundingClientRect(), canvas.getBoundingClientRect()];
    if (box.top < sight.top || box.bottom > sight.bottom)
      canvas.scrollTop += (box.top + box.bottom - sight.top - sight.bottom) / 2;
    if (box.left < sight.left || box.right > sight.right)
      canvas.scrollLeft += (box.left + box.right - sight.left - sight.right) / 2;
  }

  function load() {
    const drawings = pictures[record.speaks(connection)] ?? {};
    machine.hidden = !hasClient();
    const own = !machine.hidden && ends.value === "client";
    const picture = own ? drawings.client : (inner.checked && drawings.inner) || drawings.outer || drawings.inner;
    toggle.hidden = own || !(drawings.inner && drawings.outer);
    size = null;
    uncut = null;
    wholly.hidden = true;
    parts = picture ? drawn(picture) : listed();
    canvas.replaceChildren(parts.root);
    crop();
    fit();
    if (last) mark(last);
  }

  /** Whether the client's end has a machine of its own in what is spoken here. */
  function hasClient() {
    return Object.values(record.states(connection)).some(({ end }) => end === "client");
  }

  /** Whose machine is shown. */
  function end() {
    return hasClient() ? ends.value : "server";
  }

  /** The picture's own elements by their ids; the ids then get a prefix, for other players show the same picture. */
  function drawn(picture) {
    const parsed = new DOMParser().parseFromString(picture.svg, "image/svg+xml").documentElement;
    const root = document.importNode(parsed, true);
    for (const own of root.querySelectorAll("style, title, desc")) if (own.parentNode === root) own.remove();
    const byId = new Map();
    for (const found of root.querySelectorAll("[id]")) {
      byId.set(found.id, found);
      found.id = prefix + found.id;
    }
    const states = record.states(connection);
    for (const name of Object.keys(states)) {
      byId.get(picture.nodes[name])?.style.setProperty("--pp-tone", record.tone(name, connection));
    }
    root.setAttribute("role", "img");
    root.removeAttribute("width");
    root.removeAttribute("height");
    uncut = root;
    return {
      root,
      node: (name) => byId.get(picture.nodes[name] ?? picture.nodes[states[name]?.outer]),
      arc: (rule) => byId.get(picture.arcs[rule]),
    };
  }

  /** Where the picture could not be drawn: the states in the table's order. */
  function listed() {
    const own = Object.entries(record.states(connection)).filter(([, state]) => state.end === end());
    const items = new Map(own.map(([name]) => [name, element("li", {}, name)]));
    return {
      root: element("ol", { class: "pp-states" }, ...items.values()),
      node: (n) => items.get(n),
      arc: () => null,
    };
  }

  /** Show a moment; on another connection another protocol may be spoken, which has a picture of its own. */
  function draw(frame) {
    const same = record.speaks(connection) === record.speaks(frame.connection);
    connection = frame.connection;
    last = frame;
    if (same) mark(frame);
    else load();
  }

  function mark(frame) {
    for (const marked of canvas.querySelectorAll(".pp-now, .pp-taken"))
      marked.classList.remove("pp-now", "pp-taken");
    const shown = end();
    const state = record.state(frame.values, connection, shown);
    const rule = frame.values[`${connection}.${shown}.rule`];
    const node = parts.node(state);
    const arc = rule ? parts.arc(rule) : null;
    node?.classList.add("pp-now");
    arc?.classList.add("pp-taken");
    reveal();
    canvas.dataset.node = node ? node.id.replace(prefix, "") : "";
    canvas.dataset.arc = arc ? arc.id.replace(prefix, "") : "";
    const words = record.states(connection)[state];
    parts.root.setAttribute("aria-label", `State diagram of the ${shown}; it is in ${record.stateWords(state, connection)}`);
    caption.replaceChildren(
      element("p", { class: "pp-line" }, badge(record, state, connection), " ", words?.meaning ?? "", source(words)),
      ruleLine(record.rule(connection, rule)),
    );
  }

  return { section, draw, stop };
}

function badge(record, name, connection) {
  const state = record.states(connection)[name];
  const kind = state && state.outer !== name ? "pp-badge pp-inner" : "pp-badge";
  return element("b", { class: kind, style: `--pp-tone:${record.tone(name, connection)}` }, name);
}

function source(row) {
  return row?.reference ? element("span", { class: "pp-source" }, ` ${row.reference}`) : "";
}

function ruleLine(rule) {
  if (!rule) return element("p", { class: "pp-line pp-rule" }, "No rule has been taken yet.");
  const change = rule.to === rule.state ? `${rule.state} stays` : `${rule.state} \u2192 ${rule.to}`;
  const cause = rule.condition ? `${rule.trigger} (${rule.condition})` : rule.trigger;
  return element("p", { class: "pp-line pp-rule" }, `Rule taken: ${cause}, ${rule.answer}; ${change}`, source(rule));
}
