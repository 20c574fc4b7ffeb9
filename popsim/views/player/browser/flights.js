// Arrows of the ladder: what left one end and what arrived at the other, each with the step where it shows.

/** The arrows among some steps: `from` and `to` are places in the list, -1 where there is none. */
function flightsAmong(record, steps) {
  const places = new Map(steps.map((step, place) => [step.event, place]));
  const arrows = [];
  const arrived = new Set();
  steps.forEach(({ event }, to) => {
    const { kind, cause, end, layer } = record.events[event];
    if (kind !== "Delivered") return;
    const sent = cause >= 0 && record.events[cause].kind === "Sent" && record.events[cause].layer === layer;
    const from = sent ? (places.get(cause) ?? -1) : -1;
    if (from >= 0) arrived.add(from);
    arrows.push({ from, to, toServer: end === 1, event, fate: "" });
  });
  steps.forEach(({ event }, from) => {
    const { kind, end } = record.events[event];
    if (kind !== "Sent" || arrived.has(from)) return;
    // Lines that were read in one piece with what came behind them arrive where that was read.
    const reader = record.reader(record.events[event]);
    const to = reader ? (places.get(reader.index) ?? -1) : -1;
    arrows.push({ from, to, toServer: end === 0, event, fate: record.fate(record.events[event]) });
  });
  return arrows.sort((a, b) => first(a) - first(b));
}

function first(arrow) {
  return arrow.from >= 0 ? arrow.from : arrow.to;
}

/** Draw one arrow between two upright lines at x = `left` and x = `right`; `y` gives the height of a place. */
function arrowShape(arrow, left, right, y, classes) {
  const [tail, tip] = arrow.toServer ? [left, right] : [right, left];
  const onward = tip > tail ? 1 : -1;
  const start = { x: tail, y: arrow.from >= 0 ? y(arrow.from) : y(arrow.to) - 14 };
  const full = { x: tip, y: arrow.to >= 0 ? y(arrow.to) : start.y + (arrow.fate === UNREAD ? 16 : 8) };
  const half = arrow.to < 0 && arrow.fate !== UNREAD;
  const stop = half ? { x: (start.x + full.x) / 2, y: (start.y + full.y) / 2 } : full;
  const marks = {
    [LOST]: `M${stop.x - 4} ${stop.y - 4}l8 8m0 -8l-8 8`,
    [UNDER_WAY]: `M${stop.x - 5 * onward} ${stop.y - 4}L${stop.x} ${stop.y}l${-5 * onward} 3`,
  };
  return shape(
    "g",
    { class: `pp-flight ${arrow.toServer ? "pp-up" : "pp-down"} ${classes}`, "data-fate": arrow.fate },
    shape("line", { x1: start.x, y1: start.y, x2: stop.x - (half ? 0 : 5 * onward), y2: stop.y }),
    shape("path", {
      d: marks[arrow.fate] ?? `M${stop.x} ${stop.y}l${-8 * onward} -4v8z`,
      class: arrow.fate ? "pp-end" : "pp-tip",
    }),
  );
}

/** How long the session was in each outer state, in places of the list; of one connection only. */
function spellsAmong(record, steps, only) {
  if (only === EVERY && record.connections.length > 1) return [];
  const connection = only === EVERY ? (record.connections[0] ?? 0) : only;
  const states = record.states(connection);
  const key = `${connection}.server.state`;
  const spells = [];
  let seen = 0;
  steps.forEach(({ index }, place) => {
    for (; seen <= index; seen++) {
      const name = record.events[seen].values?.[key];
      const outer = states[name]?.outer ?? name;
      if (!name || spells[spells.length - 1]?.name === outer) continue;
      if (spells.length) spells[spells.length - 1].to = place;
      spells.push({ name: outer, from: place, to: steps.length });
    }
  });
  return spells.filter(({ name }) => states[name]?.tone !== "tone-none");
}
