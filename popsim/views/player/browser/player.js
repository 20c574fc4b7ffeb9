// The player: one place in the record, and the panes that show it. Stepping asks no kernel.

function render({ model, el }) {
  const root = element("div", {
    class: "popsim-player",
    tabindex: "0",
    role: "group",
    "aria-roledescription": "session player",
  });
  let record = null;
  let view = null;
  let read = 0;

  el.append(root);
  const save = () => {
    try {
      model.save_changes();
    } catch {
      // There is no kernel any more; the page goes on without it.
    }
  };
  const take = () => {
    for (; read < model.get("chunks"); read++) {
      const chunk = model.get(`chunk_${read}`);
      if (!chunk?.events) return;
      record.add(chunk);
    }
  };
  const begin = () => {
    view?.stop();
    read = 0;
    record = new Record(model.get("head"));
    take();
    view = viewOf(root, record, model, save);
    view.draw();
  };
  const grow = () => {
    take();
    view.grown();
    view.draw();
  };
  const draw = () => view.draw();

  begin();
  model.on("change:run", begin);
  model.on("change:chunks", grow);
  model.on("change:step change:detail change:connection change:future", draw);
  return () => {
    view.stop();
    model.off("change:run", begin);
    model.off("change:chunks", grow);
    model.off("change:step change:detail change:connection change:future", draw);
  };
}

/** All panes on one record. */
function viewOf(root, record, model, save) {
  let steps = null;
  let chosen = "";

  const reader = {
    step: () => Math.max(0, Math.min(model.get("step"), listed().length)),
    count: () => listed().length,
    move: (by, playing = false) => reader.go(reader.step() + by, playing),
    go(step, playing = false) {
      if (!playing) controls.pause();
      model.set("step", Math.max(0, Math.min(step, listed().length)));
      save();
    },
    /** Another list of steps: stay at the same moment. */
    choose(choice) {
      const at = listed()[reader.step() - 1]?.index ?? -1;
      for (const [name, value] of Object.entries(choice)) model.set(name, value);
      model.set("step", listed().filter((step) => step.event <= at).length);
      save();
    },
  };
  const listed = () => {
    const [detail, only] = [model.get("detail"), model.get("connection")];
    if (chosen !== `${detail} ${only}`) steps = null;
    chosen = `${detail} ${only}`;
    steps ??= record.steps(detail, only);
    return steps;
  };
  const goToTime = (time) =>
    reader.go(listed().filter((step) => record.events[step.event].time <= time).length);

  const status = element("p", { class: "pp-status", role: "status", "aria-live": "polite" });
  const controls = controlsBar(record, reader);
  const panes = [
    diagramPane(record, model.get("pictures")),
    ladderPane(record, reader.go),
    octetsPane(record),
    maildropPane(record),
    trafficPane(record, goToTime),
  ];
  const title = element("h2", { class: "pp-title" }, record.head.title);
  root.setAttribute("aria-label", `Player: ${record.head.title}`);
  root.replaceChildren(
    element("div", { class: "pp-top" }, title, controls.bar, status),
    element("div", { class: "pp-panes" }, ...panes.map((made) => made.section)),
  );
  const pressed = (event) => {
    if (!root.contains(event.target) || !controls.key(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // On the window, before the page around the player takes the same keys for something of its own.
  window.addEventListener("keydown", pressed, true);

  function frame() {
    const list = listed();
    const step = reader.step();
    const place = step ? list[step - 1] : { event: -1, index: -1 };
    const event = record.events[place.event] ?? null;
    const only = model.get("connection");
    const connection = event ? event.connection : only === EVERY ? (record.connections[0] ?? 0) : only;
    const values = record.at(place.index);
    const state = record.state(values, connection);
    const time = place.index >= 0 ? record.events[place.index].time : 0;
    const what = event ? record.sentence(event) : "nothing has happened yet";
    const words = `Step ${step} of ${list.length} \u00b7 ${formatTime(time)} \u00b7 ${what} \u00b7 state ${record.stateWords(state, connection)}`;
    return {
      steps: list,
      step,
      event,
      index: place.index,
      values,
      state,
      time,
      what,
      words,
      connection,
      only,
      message: event ? event.message : -1,
      detail: model.get("detail"),
      future: model.get("future"),
    };
  }

  function draw() {
    const now = frame();
    Object.assign(root.dataset, {
      step: now.step,
      steps: now.steps.length,
      index: now.index,
      event: now.event ? now.event.index : -1,
      state: now.state,
      connection: now.connection,
      detail: now.detail,
    });
    const [step, time] = now.words.split(" \u00b7 ");
    status.replaceChildren(
      element("span", {}, `${step} \u00b7 ${time} \u00b7 `),
      element("strong", { title: now.what }, now.what),
      element("span", {}, ` \u00b7 state ${record.stateWords(now.state, now.connection)}`),
    );
    controls.draw(now);
    for (const made of panes) made.draw(now);
  }

  return {
    draw,
    grown: () => {
      steps = null;
    },
    stop() {
      controls.pause();
      window.removeEventListener("keydown", pressed, true);
      for (const made of panes) made.stop?.();
    },
  };
}

export default { render };
