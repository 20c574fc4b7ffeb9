// The controls: buttons, slider and choices, and the keys that do the same.

const ICONS = {
  first: "M4 3h2v10H4zM13 3v10L7 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5 3v10l7-5z",
  last: "M3 3v10l6-5zM10 3h2v10h-2z",
};
const PACE = 1400; // milliseconds from step to step at speed 1
const SPEEDS = [0.5, 1, 2, 4];

function controlsBar(record, reader) {
  const buttons = {
    first: button("first", "First step", "Home", () => reader.go(0)),
    back: button("back", "Back", "Left arrow", () => reader.move(-1)),
    play: button("play", "Play", "Space", toggle),
    forward: button("forward", "Forward", "Right arrow", () => reader.move(1)),
    last: button("last", "Last step", "End", () => reader.go(Infinity)),
  };
  const slider = element("input", {
    type: "range",
    min: 0,
    max: 0,
    step: 1,
    value: 0,
    "aria-label": "Step",
    class: "pp-slider",
  });
  const speed = choice(
    "Speed",
    SPEEDS.map((n) => [n, `${n}\u00d7`]),
    1,
    () => {},
  );
  const detail = choice(
    "Detail",
    [
      ["message", "messages"],
      ["event", "every event"],
    ],
    "message",
    (v) => reader.choose({ detail: v }),
  );
  const only = choice("Connection", [[EVERY, "all"]], EVERY, (v) => reader.choose({ connection: Number(v) }));
  const future = element("input", { type: "checkbox" });
  const bar = element(
    "div",
    { class: "pp-controls", role: "group", "aria-label": "Stepping" },
    element("div", { class: "pp-buttons" }, ...Object.values(buttons)),
    slider,
    element(
      "div",
      { class: "pp-choices" },
      speed.label,
      detail.label,
      only.label,
      element("label", { class: "pp-toggle" }, future, "what comes next"),
    ),
  );
  let timer = null;

  slider.addEventListener("input", () => reader.go(Number(slider.value)));
  future.addEventListener("change", () => reader.choose({ future: future.checked }));

  function button(icon, name, key, act) {
    const picture = shape(
      "svg",
      { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
      shape("path", { d: ICONS[icon] }),
    );
    const made = element(
      "button",
      { type: "button", class: `pp-button pp-${icon}`, "aria-label": name, title: `${name} (${key})` },
      picture,
    );
    made.addEventListener("click", act);
    return made;
  }

  function choice(name, options, value, chosen) {
    const select = element("select", { "aria-label": name });
    const fill = (rows) =>
      select.replaceChildren(...rows.map(([v, text]) => element("option", { value: v }, text)));
    fill(options);
    select.value = value;
    select.addEventListener("change", () => chosen(select.value));
    return { select, fill, label: element("label", { class: "pp-choice" }, element("span", {}, name), select) };
  }

  function toggle() {
    if (timer === null && reader.step() >= reader.count()) reader.go(0);
    timer === null ? tick() : pause();
  }

  function tick() {
    timer = setTimeout(
      () => {
        reader.move(1, true);
        reader.step() < reader.count() ? tick() : pause();
      },
      PACE / Number(speed.select.value),
    );
    showPlaying();
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    showPlaying();
  }

  function showPlaying() {
    const playing = timer !== null;
    buttons.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    buttons.play.title = playing ? "Pause (Space)" : "Play (Space)";
    buttons.play.querySelector("path").setAttribute("d", playing ? ICONS.pause : ICONS.play);
    buttons.play.classList.toggle("pp-playing", playing);
  }

  function draw(frame) {
    slider.max = frame.steps.length;
    slider.value = frame.step;
    slider.setAttribute("aria-valuetext", frame.words);
    slider.style.setProperty(
      "--pp-done",
      `${frame.steps.length ? (100 * frame.step) / frame.steps.length : 0}%`,
    );
    // A disabled button would lose the focus of whoever has just reached the end with it.
    for (const name of ["first", "back"]) buttons[name].setAttribute("aria-disabled", frame.step === 0);
    for (const name of ["forward", "last"])
      buttons[name].setAttribute("aria-disabled", frame.step === frame.steps.length);
    only.label.hidden = record.connections.length < 2;
    if (only.select.options.length !== record.connections.length + 1) {
      only.fill([[EVERY, "all"], ...record.connections.map((n) => [n, record.nameOf(n)])]);
    }
    only.select.value = frame.only;
    detail.select.value = frame.detail;
    future.checked = frame.future;
  }

  /** Keys that the control in focus does not need for itself; true if the key did something. */
  function key(pressed) {
    if (pressed.altKey || pressed.ctrlKey || pressed.metaKey || pressed.shiftKey) return false;
    if (pressed.target.closest("select")) return false;
    const acts = {
      ArrowRight: () => reader.move(1),
      ArrowLeft: () => reader.move(-1),
      Home: () => reader.go(0),
      End: () => reader.go(Infinity),
    };
    if (!pressed.target.closest(".pp-scroll")) {
      acts.ArrowDown = acts.ArrowRight;
      acts.ArrowUp = acts.ArrowLeft;
    }
    if (!pressed.target.closest("button, input")) acts[" "] = toggle;
    acts[pressed.key]?.();
    return pressed.key in acts;
  }

  return { bar, draw, key, pause };
}
