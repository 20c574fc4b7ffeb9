// The traffic: octets over time, one lane for each direction, the states behind them, a cursor at the present.

const LANE = 62;
const GAP = 14;
const CEILING = 20;
const LEFT = 8;
const RIGHT = 12;

function trafficPane(record, goToTime) {
  const { section, note } = pane("traffic", "Traffic");
  const canvas = element("div", { class: "pp-canvas" });
  let frame = null;
  let plotted = null;
  let cursor = null;

  section.append(canvas);
  const stop = whenResized(canvas, () => {
    plotted = null;
    if (frame) draw(frame);
  });
  canvas.addEventListener("click", (click) => {
    const svg = canvas.querySelector("svg");
    if (svg && record.duration) goToTime(scale().time(click.clientX - svg.getBoundingClientRect().left));
  });

  function scale() {
    const width = Math.max(canvas.clientWidth, 120) - LEFT - RIGHT;
    const whole = Math.max(record.duration, 1);
    return {
      x: (time) => LEFT + (time / whole) * width,
      time: (x) => Math.max(0, Math.min(whole, ((x - LEFT) / width) * whole)),
      width,
    };
  }

  function draw(next) {
    frame = next;
    const key = `${frame.connection} ${record.events.length} ${frame.future || frame.index}`;
    if (plotted !== key) plot();
    plotted = key;
    const x = scale().x(frame.time);
    for (const line of cursor.querySelectorAll("line"))
      for (const end of ["x1", "x2"]) line.setAttribute(end, x);
    canvas.dataset.time = frame.time;
    const sent = ENDS.map((end) => `${end} ${grouped(frame.values[`${frame.connection}.${end}.sent`] ?? 0)}`);
    note.textContent = `${sent.join(", ")} octets`;
  }

  function plot() {
    const place = scale();
    const height = CEILING + 2 * LANE + GAP + 22;
    const last = frame.future ? record.events.length - 1 : frame.index;
    const bottom = CEILING + 2 * LANE + GAP;
    cursor = shape("g", { class: "pp-cursor" }, shape("line", { y1: CEILING - 4, y2: bottom }));
    canvas.replaceChildren(
      shape(
        "svg",
        {
          width: place.width + LEFT + RIGHT,
          height,
          role: "img",
          "aria-label": "Octets over time, in both directions",
        },
        ...bands(place, last, bottom),
        lane(place, last, 1, CEILING),
        lane(place, last, 0, CEILING + LANE + GAP),
        ...axis(place, bottom),
        cursor,
      ),
    );
  }

  /** The states of the session as bands behind the lanes; inner states count as their outer one. */
  function bands(place, last, bottom) {
    const key = `${frame.connection}.server.state`;
    const states = record.states(frame.connection);
    const outer = (name) => states[name]?.outer ?? name;
    const spells = [{ name: outer(record.head.initial[key] ?? record.head.start), from: 0 }];
    for (const event of record.events.slice(0, last + 1)) {
      const name = event.values && key in event.values ? outer(event.values[key]) : null;
      if (name && name !== spells[spells.length - 1].name) spells.push({ name, from: event.time });
    }
    const end = last >= 0 ? (frame.future ? record.duration : record.events[last].time) : 0;
    return spells.flatMap(({ name, from }, n) => {
      const [left, right] = [place.x(from), place.x(n + 1 < spells.length ? spells[n + 1].from : end)];
      const band = shape("rect", {
        class: "pp-band",
        x: left,
        y: CEILING,
        width: Math.max(right - left, 0),
        height: bottom - CEILING,
        style: `fill:${record.tone(name, frame.connection)}`,
      });
      return [
        shape(
          "g",
          {},
          shape("title", {}, name),
          band,
          shape("text", { class: "pp-band-name", x: left + 2, y: CEILING - 6 }, fitted(name, right - left)),
        ),
      ];
    });
  }

  function fitted(name, width) {
    const room = Math.floor((width - 4) / 7.6);
    if (room >= name.length) return name;
    return room >= 4 ? `${name.slice(0, room - 1)}\u2026` : "";
  }

  /** One direction: octets that have left (line) and that have arrived (area), as steps. */
  function lane(place, last, end, top) {
    const [sent, come] = [[], []];
    for (const event of points(last, end)) (event.kind === "Sent" ? sent : come).push([event.time, event.stop]);
    const most = Math.max(1, ...[...sent, ...come].map(([, octets]) => octets));
    const y = (octets) => top + LANE - (octets / most) * (LANE - 16);
    const stopAt = last >= 0 ? (frame.future ? record.duration : record.events[last].time) : 0;
    const path = (steps) =>
      steps.reduce((d, [time, octets]) => `${d}H${place.x(time)}V${y(octets)}`, `M${place.x(0)} ${y(0)}`) +
      `H${place.x(stopAt)}`;
    return shape(
      "g",
      { class: `pp-lane pp-${ENDS[end]}` },
      shape("line", {
        class: "pp-base",
        x1: place.x(0),
        x2: place.x(0) + place.width,
        y1: top + LANE,
        y2: top + LANE,
      }),
      shape("path", { class: "pp-area", d: `${path(come)}V${y(0)}Z` }),
      shape("path", { class: "pp-left", d: path(sent) }),
      shape(
        "text",
        { x: LEFT + 4, y: top + 12 },
        `${ENDS[end]} \u2192 ${ENDS[1 - end]}: ${formatOctets(sent.length || come.length ? most : 0)}`,
      ),
    );
  }

  /** The events that move octets of one end's stream: its segments, or its messages where no segment was recorded. */
  function points(last, end) {
    const moves = record.events.slice(0, last + 1).filter((event) => {
      const sender = event.kind === "Delivered" ? 1 - event.end : event.end;
      return (
        event.connection === frame.connection &&
        sender === end &&
        event.start < event.stop &&
        event.kind !== "Dropped"
      );
    });
    const segments = moves.filter((event) => event.layer === "segment");
    return segments.length ? segments : moves.filter((event) => event.layer === "message");
  }

  function axis(place, bottom) {
    const whole = Math.max(record.duration, 1);
    const rough = whole / Math.max(2, Math.floor(place.width / 90));
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * unit).find((n) => n >= rough);
    const marks = [];
    for (let time = 0; time <= whole; time += step) {
      const anchor = time === 0 ? "start" : place.x(time) > place.width - 20 ? "end" : "middle";
      marks.push(
        shape("line", { class: "pp-tick", x1: place.x(time), x2: place.x(time), y1: bottom, y2: bottom + 4 }),
      );
      marks.push(
        shape(
          "text",
          { class: "pp-tick-name", x: place.x(time), y: bottom + 16, "text-anchor": anchor },
          formatTime(time).replace(/\.0 /, " "),
        ),
      );
    }
    return marks;
  }

  return { section, draw, stop };
}
