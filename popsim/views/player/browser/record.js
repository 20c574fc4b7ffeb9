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

  /** The event in which a message was read in one piece with more of its sender's, or null. */
  reader(event) {
    if (event.layer !== "message") return null;
    const reads = (other) =>
      other.kind === "Delivered" && other.layer === "message" &&
      other.connection === event.connection && other.end === 1 - event.end &&
      other.start <= event.start && event.stop <= other.stop;
    return this.events.find(reads) ?? null;
  }

  /** What became of something sent that was never read or, of a segment, never arrived. */
  fate(event) {
    if (this.reader(event)) return "";
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

  /** The state of one end of a connection, at some values; the server's is the session's. */
  state(values, connection, end = "server") {
    return values[`${connection}.${end}.state`] ?? this.head.start;
  }

  /** The number of what is spoken on a connection. */
  speaks(connection) {
    return this.head.speaks[connection] ?? 0;
  }

  /** A connection's number, with what is spoken on it where that is not the same everywhere. */
  nameOf(connection) {
    const titles = this.head.protocols.map(({ title }) => title);
    return titles.length > 1 ? `${connection} ${titles[this.speaks(connection)]}` : String(connection);
  }

  /** The words for the states of what is spoken on a connection. */
  states(connection) {
    return this.head.protocols[this.speaks(connection)].states;
  }

  /** The words for a rule of what is spoken on a connection. */
  rule(connection, name) {
    return this.rules[`${this.speaks(connection)} ${name}`];
  }

  /** A state with its section; an inner state after its outer one. */
  stateWords(name, connection) {
    const state = this.states(connection)[name] ?? { outer: name, reference: "" };
    const full = state.outer === name ? name : `${state.outer}, ${name}`;
    return state.reference ? `${full} (${state.reference})` : full;
  }

  tone(name, connection) {
    return `var(--ps-${this.states(connection)[name]?.tone ?? "tone-none"})`;
  }
}
