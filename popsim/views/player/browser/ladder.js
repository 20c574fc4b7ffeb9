// The ladder: client and server, time downwards, a row for each step. Only the rows in sight are in the page.

const ROW = 23;
const DOT = 16; // where in its row an arrow begins or ends: below what is said
const GUTTER = 54;
const SPARE = 12;

function ladderPane(record, go) {
  const { section, note } = pane("ladder", "Ladder");
  const ends = element(
    "div",
    { class: "pp-ends", "aria-hidden": "true" },
    ...ENDS.map((end) => element("span", {}, end)),
  );
  const body = element("div", { class: "pp-body", role: "list", "aria-label": "Steps" });
  const scroller = element("div", { class: "pp-scroll", tabindex: "-1" }, ends, body);
  let frame = null;
  let steps = null;
  let arrows = [];
  let spells = [];

  section.append(scroller);
  scroller.addEventListener("scroll", paint, { passive: true });
  const stop = whenResized(scroller, () => {
    reveal();
    paint();
  });
  body.addEventListener("click", (click) => {
    const row = click.target.closest("[data-place]");
    if (row) go(Number(row.dataset.place) + 1);
  });

  function draw(next) {
    frame = next;
    if (steps !== frame.steps || arrows.count !== frame.steps.length) {
      steps = frame.steps;
      arrows = flightsAmong(record, steps);
      spells = spellsAmong(record, steps, frame.only);
      arrows.count = steps.length;
    }
    const shown = frame.future ? steps.length : frame.step;
    body.style.height = `${Math.max(shown, 1) * ROW + 8}px`;
    note.textContent = record.connections.length > 1 && frame.only === EVERY ? "all connections" : "";
    reveal();
    paint();
  }

  /** Bring the present step into sight, with a neighbour on each side; never scroll the page itself. */
  function reveal() {
    if (!frame) return;
    const top = (frame.step - 1) * ROW;
    const height = scroller.clientHeight - body.offsetTop;
    const whole = (place) => Math.max(0, Math.round(place / ROW) * ROW);
    if (top - ROW < scroller.scrollTop) scroller.scrollTop = whole(top - height / 3);
    else if (top + 3 * ROW > scroller.scrollTop + height) scroller.scrollTop = whole(top - height / 2);
  }

  function paint() {
    if (!frame) return;
    const shown = frame.future ? steps.length : frame.step;
    const from = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
    const to = Math.min(shown, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW) + SPARE);
    const rows = [];
    for (let place = from; place < to; place++) rows.push(row(place));
    if (!shown) rows.push(element("p", { class: "pp-empty" }, "Nothing has happened yet."));
    body.replaceChildren(picture(from, to, shown), ...rows);
  }

  function row(place) {
    const event = record.events[steps[place].event];
    const here = place === frame.step - 1;
    const when = here ? "now" : place < frame.step ? "past" : "future";
    const message = event.layer === "message" || event.layer === "ciphertext" ? record.messages[event.message] : null;
    const together = message && frame.message === event.message ? " pp-hand" : "";
    return element(
      "div",
      {
        class: `pp-row pp-${when} pp-at-${ENDS[event.end]} pp-${event.layer} pp-${event.kind}${together}`,
        style: `top:${place * ROW}px`,
        role: "listitem",
        "aria-current": here ? "step" : null,
        "data-place": place,
        "data-event": event.index,
        "data-when": when,
        title: `${formatTime(event.time)}: ${record.sentence(event)}`,
      },
      element("span", { class: "pp-time" }, event.end === 0 ? clock(event.time) : ""),
      element("span", { class: "pp-said" }, said(event, message)),
      element("span", { class: "pp-time" }, event.end === 1 ? clock(event.time) : ""),
    );
  }

  function said(event, message) {
    const whose = record.connections.length > 1 && frame.only === EVERY ? `${event.connection} \u00b7 ` : "";
    if (event.layer === "stream")
      return element("span", { class: "pp-words" }, `${whose}connection ${event.kind.toLowerCase()}`);
    if (event.layer === "segment") return element("span", { class: "pp-words" }, whose + segment(event));
    if (!message) return element("span", { class: "pp-words" }, whose + event.label);
    if (event.kind !== "Sent" && event.cause >= 0) return "";
    const more = message.body[0]
      ? element("span", { class: "pp-more" }, ` +${formatOctets(message.body[1])}`)
      : "";
    return element("span", { class: "pp-words" }, whose + printable(message.title), more);
  }

  /** A segment in short, where it leaves; where it arrives, the arrow says it all. */
  function segment(event) {
    if (event.kind === "Delivered" && event.cause >= 0) return "";
    const name = event.values?.[`${event.connection}.${ENDS[event.end]}.segment`] ?? "segment";
    return event.stop > event.start ? `${name}, ${formatOctets(event.stop - event.start)}` : name;
  }

  /** The two upright lines and the arrows that cross the part in sight. */
  function picture(from, to, shown) {
    const width = body.clientWidth;
    const [left, right] = [GUTTER, width - GUTTER];
    const y = (place) => place * ROW + DOT;
    const lines = [left, right].map((x) =>
      shape("line", { class: "pp-life", x1: x, x2: x, y1: 0, y2: shown * ROW + 8 }),
    );
    const bands = spells
      .filter(({ from: begin }) => begin < shown)
      .map(({ name, from: begin, to: end }) =>
        shape("rect", {
          class: "pp-spell",
          x: right - 4,
          width: 8,
          y: y(begin),
          height: Math.max(0, y(Math.min(end, shown)) - y(begin)),
          style: `--pp-tone:${record.tone(name, frame.connection)}`,
        }),
      );
    const crossing = arrows.filter((arrow) => Math.max(arrow.from, arrow.to) >= from && first(arrow) < to);
    const drawn = crossing
      .filter((arrow) => first(arrow) < shown)
      .map((arrow) => {
        const passed = first(arrow) < frame.step;
        const { layer, message } = record.events[arrow.event];
        const here = arrow.from === frame.step - 1 || arrow.to === frame.step - 1;
        const hand = here || (layer === "message" && message === frame.message);
        const cut = arrow.to >= shown ? { ...arrow, to: -1, fate: UNDER_WAY } : arrow;
        return arrowShape(
          cut,
          left,
          right,
          y,
          `pp-${layer} ${passed ? "pp-past" : "pp-future"}${hand ? " pp-hand" : ""}`,
        );
      });
    const dots = [];
    for (let place = from; place < to; place++) {
      const event = record.events[steps[place].event];
      const now = place === frame.step - 1 ? " pp-here" : "";
      dots.push(
        shape("circle", {
          class: `pp-dot pp-${event.layer} pp-${event.kind}${now}`,
          cx: event.end ? right : left,
          cy: y(place),
          r: now ? 5 : 3,
        }),
      );
    }
    return shape(
      "svg",
      { class: "pp-arrows", width, height: shown * ROW + 8, "aria-hidden": "true" },
      ...lines,
      ...bands,
      ...drawn,
      ...dots,
    );
  }

  function clock(time) {
    return formatTime(time).replace(/,| ms/g, "");
  }

  return { section, draw, stop };
}
