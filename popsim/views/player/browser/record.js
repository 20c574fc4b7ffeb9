// The record: events, messages, steps, and what is so at a moment. No protocol is known here or anywhere in this
// module: values are assigned, words are shown.

const CHECKPOINT = 128;
const EVERY = -1;
const ENDS = ["client", "server"];
const ENDINGS = ["Lost", "Closed"]; // of a connection
const LOST = "lost on its way";
const UNREAD = "arrived, never read";
const UNDER_WAY = "still under way";

class Record {
  constructor(head) {
    this.head = head;
    this.events = [];
    this.messages = [];
    this.rules = {};
    this.connections = [];
    this.messageSteps = [];
    this.checkpoints = [head.initial];
  }

  add(chunk) {
    for (const row of chunk.events) {
      const [time, connection, end, kind, cause, start, stop, message, label, values] = row;
      const [layer, name] = this.head.kinds[kind];
      const index = this.events.length;
      this.events.push({
        index,
        time,
        connection,
        end,
        layer,
        kind: name,
        cause,
        start,
        stop,
        message,
        label,
        values,
      });
      if (!this.connections.includes(connection)) this.connections.push(connection);
    }
    this.connections.sort((a, b) => a - b);
    this.messages.push(...chunk.messages);
    Object.assign(this.rules, chunk.rules);
    this.messageSteps.length = chunk.first_step;
    for (const [event, index] of chunk.steps) this.messageSteps.push({ event, index });
  }

  /** What is so right after an event; -1 is the beginning. */
  at(index) {
    const points = this.checkpoints;
    const wanted = Math.floor((index + 1) / CHECKPOINT);
    while (points.length <= wanted) {
      points.push(
        this.fold(points[points.length - 1], (points.length - 1) * CHECKPOINT, points.length * CHECKPOINT),
      );
    }
    return this.fold(points[wanted], wanted * CHECKPOINT, index + 1);
  }

  fold(before, first, end) {
    const values = { ...before };
    for (let i = first; i < end; i++) if (this.events[i].values) Object.assign(values, this.events[i].values);
    return values;
  }

  /** The places to stop at: at each message and connection, or at every event; of one connection or of all. */
  steps(detail, connection) {
    const all =
      detail === "event" ? this.events.map(({ index }) => ({ event: index, index })) : this.messageSteps;
    if (connection === EVERY) return all;
    return all.filter((step) => this.events[step.event].connection === connection);
  }

  get duration() {
    return this.events.length ? this.events[this.events.length - 1].time : 0;
  }

  /** What became of something sent that was never read or, of a segment, never arrived. */
  fate(event) {
    if (!this.recorded(event.connection, 1 - event.end)) return "";
    const now = this.at(this.events.length - 1);
    const come = now[`${event.connection}.${ENDS[event.end]}.delivered`] ?? 0;
    const reach = this.messages[event.message]?.reach ?? event.stop;
    if (event.layer === "message" && reach <= come) return UNREAD;
    const over = this.events.some(
      (other) => other.connection === event.connection && ENDINGS.includes(other.kind),
    );
    return over ? LOST : UNDER_WAY;
  }

  /** Whether anything was written down at this end: a server on a socket knows nothing of its client's. */
  recorded(connection, end) {
    return this.events.some(
      (event) => event.connection === connection && event.end === end && ["message", "stream"].includes(event.layer),
    );
  }

  /** An event in words, with its connection where there are several. */
  sentence(event) {
    return this.connections.length > 1 ? `connection ${event.connection}: ${event.label}` : event.label;
  }

  /** The state of the session on a connection, at some values. */
  state(values, connection) {
    return values[`${connection}.server.state`] ?? this.head.start;
  }

  /** A state with its section; an inner state after its outer one. */
  stateWords(name) {
    const state = this.head.states[name] ?? { outer: name, reference: "" };
    const full = state.outer === name ? name : `${state.outer}, ${name}`;
    return state.reference ? `${full} (${state.reference})` : full;
  }

  tone(name) {
    return `var(--ps-${this.head.states[name]?.tone ?? "tone-none"})`;
  }
}
