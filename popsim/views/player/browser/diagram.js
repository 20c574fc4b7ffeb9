// The state diagram: the picture comes ready-made, and what changes is which of its elements are marked.

function diagramPane(record, pictures) {
  const { section, heading, note } = pane("diagram", "State");
  const inner = element("input", { type: "checkbox", checked: true });
  const canvas = element("div", { class: "pp-canvas" });
  const caption = element("div", { class: "pp-caption" });
  const prefix = `pp${Math.random().toString(36).slice(2)}-`;
  let parts = null;
  let last = null;
  let uncut = null;

  note.remove();
  if (pictures.inner && pictures.outer) {
    heading.append(element("label", { class: "pp-toggle" }, inner, "inner states"));
  }
  section.append(canvas, caption);
  inner.addEventListener("change", load);
  load();

  const stop = whenResized(canvas, crop);

  /** Cut away the margin around the states, as soon as the picture is in the page and can be measured. */
  function crop() {
    const box = uncut?.querySelector("g")?.getBBox();
    if (!box?.width) return;
    const around = uncut.getBBox();
    const [x, y] = [around.x - 4, around.y - 4];
    uncut.setAttribute("viewBox", `${x} ${y} ${around.width + 8} ${around.height + 8}`);
    uncut = null;
  }

  function load() {
    const picture = (inner.checked && pictures.inner) || pictures.outer || pictures.inner;
    parts = picture ? drawn(picture) : listed();
    canvas.replaceChildren(parts.root);
    crop();
    if (last) draw(last);
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
    for (const name of Object.keys(record.head.states)) {
      byId.get(picture.nodes[name])?.style.setProperty("--pp-tone", record.tone(name));
    }
    root.setAttribute("role", "img");
    root.removeAttribute("width");
    root.removeAttribute("height");
    uncut = root;
    return {
      root,
      node: (name) => byId.get(picture.nodes[name] ?? picture.nodes[record.head.states[name]?.outer]),
      arc: (rule) => byId.get(picture.arcs[rule]),
    };
  }

  /** Where the picture could not be drawn: the states in the table's order. */
  function listed() {
    const items = new Map(Object.keys(record.head.states).map((name) => [name, element("li", {}, name)]));
    return {
      root: element("ol", { class: "pp-states" }, ...items.values()),
      node: (n) => items.get(n),
      arc: () => null,
    };
  }

  function draw(frame) {
    last = frame;
    for (const marked of canvas.querySelectorAll(".pp-now, .pp-taken"))
      marked.classList.remove("pp-now", "pp-taken");
    const rule = frame.values[`${frame.connection}.server.rule`];
    const node = parts.node(frame.state);
    const arc = rule ? parts.arc(rule) : null;
    node?.classList.add("pp-now");
    arc?.classList.add("pp-taken");
    canvas.dataset.node = node ? node.id.replace(prefix, "") : "";
    canvas.dataset.arc = arc ? arc.id.replace(prefix, "") : "";
    const words = record.head.states[frame.state];
    parts.root.setAttribute("aria-label", `State diagram; the session is in ${record.stateWords(frame.state)}`);
    caption.replaceChildren(
      element("p", { class: "pp-line" }, badge(record, frame.state), " ", words?.meaning ?? "", source(words)),
      ruleLine(record.rules[rule]),
    );
  }

  return { section, draw, stop };
}

function badge(record, name) {
  const state = record.head.states[name];
  const kind = state && state.outer !== name ? "pp-badge pp-inner" : "pp-badge";
  return element("b", { class: kind, style: `--pp-tone:${record.tone(name)}` }, name);
}

function source(row) {
  return row?.reference ? element("span", { class: "pp-source" }, ` ${row.reference}`) : "";
}

function ruleLine(rule) {
  if (!rule) return element("p", { class: "pp-line pp-rule" }, "No rule has been taken yet.");
  const change = rule.to === rule.state ? `${rule.state} stays` : `${rule.state} \u2192 ${rule.to}`;
  const answer = rule.reply ? `answered ${rule.reply}` : "no answer";
  const cause = rule.condition ? `${rule.trigger} (${rule.condition})` : rule.trigger;
  return element("p", { class: "pp-line pp-rule" }, `Rule taken: ${cause}, ${answer}; ${change}`, source(rule));
}
